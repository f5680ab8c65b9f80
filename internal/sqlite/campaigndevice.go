package sqlite

import (
	"context"
	"errors"
	"time"

	"muster"
)

// standing finds the name of a device and why it cannot follow, empty if it can: it must not be suspended, have a credential
// that opens the door, may ask for another one by its profile, and not be asked by a campaign that goes on.
const standing = `SELECT d.name, CASE
	WHEN d.state = ?3 THEN '` + string(muster.ReasonDeviceSuspended) + `'
	WHEN p.settings ->> '$.rotation' IS 'refuse' THEN '` + string(muster.ReasonRotationRefused) + `'
	WHEN NOT EXISTS (SELECT 1 FROM credential c WHERE c.device = d.id AND c.state IN (1, 2) AND (c.expires_at IS NULL OR c.expires_at > ?2))
		THEN '` + string(muster.ReasonDeviceUnequipped) + `'
	WHEN EXISTS (SELECT 1 FROM campaign_device x JOIN campaign y ON y.id = x.campaign
		WHERE x.device = d.id AND x.step <= 3 AND y.finished_at IS NULL) THEN '` + string(muster.ReasonCampaignOther) + `'
	ELSE '' END FROM device d JOIN profile p ON p.id = d.profile WHERE d.id = ?1`

// AskDevices has a campaign ask the devices: each that can follow is given the shared attribute muster.RotationWanted with the
// value. It returns those. change is told how many these are, together with those that
// have no room for the attribute and fail at once, and changes the campaign in the same transaction as in UpdateCampaign; if it
// refuses, nobody is asked. NotFound if the campaign is forgotten.
func (r *Registry) AskDevices(
	ctx context.Context, id muster.CampaignID, devices []muster.DeviceID, value muster.Value, at time.Time, change func(c *muster.Campaign, taken int) error,
) (asked []muster.DeviceID, err error) {
	err = r.write(ctx, func(tx *conn) error {
		asked = nil
		taken := 0 // those that failed at once, too
		wanted := []muster.Attribute{{Scope: muster.SharedScope, Key: muster.RotationWanted, Value: value, UpdatedAt: at}}
		for _, device := range devices {
			can, err := file(tx, id, device, at)
			if err != nil {
				return err
			}
			if !can {
				continue
			}
			taken++
			if err := saveAttributes(tx, device, wanted); err != nil {
				return err
			}
			switch err := attributesBounded(tx, device); {
			case err == nil:
				asked = append(asked, device)
			case muster.ReasonOf(err) != muster.ReasonPayloadInvalid:
				return err
			default: // there is no room for the attribute
				if err := fail(tx, device, err); err != nil {
					return err
				}
			}
		}
		c, err := one(tx, readCampaign, campaignByID, blob(id[:]))
		if err != nil {
			return err
		}
		if err := change(&c, taken); err != nil {
			return err
		}
		return saveCampaign(tx, &c)
	})
	if err != nil {
		return nil, err
	}
	return asked, nil
}

// file notes that a device's turn has come, and reports whether it can follow.
func file(tx *conn, campaign muster.CampaignID, device muster.DeviceID, at time.Time) (can bool, err error) {
	type found struct {
		name   string
		reason muster.Reason
	}
	d, err := one(tx, func(r *row) found { return found{r.text(), muster.Reason(r.text())} }, standing,
		blob(device[:]), millis(at), number(muster.DeviceSuspended))
	switch {
	case errors.Is(err, errNoRow):
		d.reason = muster.ReasonDeviceDeleted
	case err != nil:
		return false, err
	}
	step := muster.StepAsked
	if d.reason != "" {
		step = muster.StepSkipped
	}
	n, err := tx.exec(`INSERT INTO campaign_device (campaign, device, step, asked_at, name, reason) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`, blob(campaign[:]), blob(device[:]), number(step), millis(at), text(d.name), text(d.reason))
	if err != nil {
		return false, refused(err, muster.ReasonInternal, muster.ReasonNotFound)
	}
	return n > 0 && step == muster.StepAsked, nil
}

// fail notes why a device does not follow that campaigns ask: it is asked no more.
func fail(tx *conn, device muster.DeviceID, why error) error {
	_, err := tx.exec(`UPDATE campaign_device SET step = ?, reason = ?, detail = ? WHERE device = ? AND step <= 3`,
		number(muster.StepFailed), text(muster.ReasonOf(why)), text(muster.MessageOf(why)), blob(device[:]))
	if err != nil {
		return err
	}
	return unask(tx, device)
}

// RotationFailed has campaigns note that a device which they ask was refused another credential, and ask it no more. It reports
// whether any did: one that has a fresh credential already has not failed.
func (r *Registry) RotationFailed(ctx context.Context, device muster.DeviceID, why error) (failed bool, err error) {
	const asked = `SELECT EXISTS (SELECT 1 FROM campaign_device WHERE device = ?1 AND step <= 3)
		AND NOT EXISTS (SELECT 1 FROM campaign_device WHERE device = ?1 AND step <= 3 AND credential IS NOT NULL)`
	if failed, err = find(ctx, r.readers, (*row).flag, asked, blob(device[:])); err != nil || !failed {
		return false, err
	}
	err = r.write(ctx, func(tx *conn) error {
		if failed, err = one(tx, (*row).flag, asked, blob(device[:])); err != nil || !failed {
			return err
		}
		return fail(tx, device, why)
	})
	return failed && err == nil, err
}

func unask(tx *conn, device muster.DeviceID) error {
	_, err := tx.exec(`DELETE FROM attribute WHERE device = ? AND scope = ? AND key = ?`,
		blob(device[:]), number(muster.SharedScope), text(muster.RotationWanted))
	return err
}

// fetched notes that a device was given a fresh credential, which campaigns may have asked it for.
func fetched(tx *conn, device muster.DeviceID, c muster.CredentialID) error {
	_, err := tx.exec(`UPDATE campaign_device SET step = max(step, ?), credential = ? WHERE device = ? AND step <= 3`,
		number(muster.StepFetched), blob(c[:]), blob(device[:]))
	return err
}

// followed notes that a device has used a fresh credential, which campaigns may have asked it for.
func followed(tx *conn, device muster.DeviceID) error {
	_, err := tx.exec(`UPDATE campaign_device SET step = ? WHERE device = ? AND step <= 3`, number(muster.StepDone), blob(device[:]))
	return err
}

// CampaignDevices returns the devices of a campaign whose turn has come, in the order of their birth.
func (r *Registry) CampaignDevices(ctx context.Context, q muster.CampaignDeviceQuery) ([]muster.CampaignDevice, error) {
	read := func(r *row) muster.CampaignDevice {
		return muster.CampaignDevice{
			Device: id[muster.Device](r), Name: r.text(), Step: integer[muster.CampaignStep](r), At: r.time(),
			Reason: muster.Reason(r.text()), Detail: r.text(),
		}
	}
	of, args := ``, []value{blob(q.Campaign[:]), blob(q.After[:]), number(max(q.Limit, 0))}
	if q.Step != nil {
		of, args = ` AND x.step = ?4`, append(args, number(*q.Step))
	}
	return list(ctx, r.readers, read, `SELECT x.device, ifnull(d.name, x.name), x.step, x.asked_at, x.reason, x.detail
		FROM campaign_device x LEFT JOIN device d ON d.id = x.device
		WHERE x.campaign = ?1 AND x.device > ?2`+of+` ORDER BY x.device LIMIT ?3`, args...)
}

// OverdueDevices notes of up to limit devices that they were asked before that time and have not followed, and returns how
// many these are.
func (r *Registry) OverdueDevices(ctx context.Context, id muster.CampaignID, before time.Time, limit int) (n int, err error) {
	err = r.write(ctx, func(tx *conn) (err error) {
		n, err = tx.exec(`UPDATE campaign_device SET step = 3 WHERE campaign = ?1 AND device IN
			(SELECT device FROM campaign_device WHERE campaign = ?1 AND step IN (1, 2) AND asked_at < ?2 LIMIT ?3)`,
			blob(id[:]), millis(before), number(max(limit, 0)))
		return err
	})
	return n, err
}

// WithdrawDevices has a campaign take back what it asks of up to limit devices, and returns these: the attribute is removed, and
// a credential that the device was given and has not used is revoked, so that the one before stays. A device that another
// campaign asks by now keeps both.
func (r *Registry) WithdrawDevices(ctx context.Context, id muster.CampaignID, limit int) (all []muster.Withdrawal, err error) {
	err = r.write(ctx, func(tx *conn) error {
		found, err := listAsked(tx, id, limit)
		if err != nil {
			return err
		}
		all = nil
		for _, w := range found {
			_, err := tx.exec(`UPDATE campaign_device SET step = ? WHERE campaign = ? AND device = ?`,
				number(muster.StepWithdrawn), blob(id[:]), blob(w.Device[:]))
			if err != nil {
				return err
			}
			if w.Credential, err = withdraw(tx, w); err != nil {
				return err
			}
			all = append(all, w)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

func listAsked(tx *conn, campaign muster.CampaignID, limit int) ([]muster.Withdrawal, error) {
	read := func(r *row) muster.Withdrawal {
		return muster.Withdrawal{Device: id[muster.Device](r), Credential: id[muster.Credential](r)}
	}
	return all(tx, read, `SELECT device, credential FROM campaign_device WHERE campaign = ? AND step <= 3 LIMIT ?`,
		blob(campaign[:]), number(max(limit, 0)))
}

// withdraw returns which credential it has revoked; the zero id: none.
func withdraw(tx *conn, w muster.Withdrawal) (none muster.CredentialID, err error) {
	other, err := one(tx, (*row).flag, `SELECT EXISTS (SELECT 1 FROM campaign_device x JOIN campaign y ON y.id = x.campaign
		WHERE x.device = ? AND x.step <= 3 AND y.finished_at IS NULL)`, blob(w.Device[:]))
	if err != nil || other {
		return none, err
	}
	if err := unask(tx, w.Device); err != nil || w.Credential.IsZero() {
		return none, err
	}
	n, err := tx.exec(`UPDATE credential SET state = 3 WHERE id = ? AND last_used_at IS NULL AND state IN (1, 2)`, blob(w.Credential[:]))
	if err != nil || n == 0 {
		return none, err
	}
	_, err = tx.exec(`UPDATE credential SET state = 1, successor = NULL WHERE successor = ? AND state = 2`, blob(w.Credential[:]))
	return w.Credential, err
}

// ForgetCampaign forgets up to limit devices of a campaign that has ended, and when none is left, the campaign.
func (r *Registry) ForgetCampaign(ctx context.Context, id muster.CampaignID, limit int) error {
	return r.write(ctx, func(tx *conn) error {
		n, err := tx.exec(`DELETE FROM campaign_device WHERE campaign = ?1 AND device IN
			(SELECT device FROM campaign_device WHERE campaign = ?1 LIMIT ?2)
			AND EXISTS (SELECT 1 FROM campaign WHERE id = ?1 AND finished_at IS NOT NULL)`, blob(id[:]), number(max(limit, 0)))
		if err != nil || n > 0 {
			return err
		}
		_, err = tx.exec(`DELETE FROM campaign WHERE id = ? AND finished_at IS NOT NULL`, blob(id[:]))
		return err
	})
}
