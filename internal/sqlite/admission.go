package sqlite

import (
	"context"
	"errors"
	"time"

	"muster"
)

// answersKept is how long the answer to a request can be asked for again.
const answersKept = 10 * time.Minute

// Admit files a new device, its credential and its attributes and counts it for Device.ProvisionedWith, whose
// MaxDevices it checks. Refused with ReasonDeviceNameTaken, ReasonCredentialInUse, ReasonProvisionKeyExhausted or
// ReasonDeviceProvisioned (the request has an answer that can be asked for, or the approval is used up). An admission without a
// key is not counted.
func (r *Registry) Admit(ctx context.Context, a muster.Admission) error {
	// Deleting the device undoes all but the answer to a request and the use of an approval.
	return r.writer.write(ctx, &pending{tidy: a.Request == nil && a.Approval.IsZero(), do: func(tx *conn) error {
		if err := ungranted(tx, a.Request, a.Device.CreatedAt); err != nil {
			return err
		}
		if !a.Approval.IsZero() {
			if err := useApproval(tx, a.Approval, a.Device.Name, a.Device.CreatedAt); err != nil {
				return err
			}
		}
		if err := insertDevice(tx, a.Device); err != nil {
			return err
		}
		err := furnishDevice(tx, a)
		if err == nil {
			return nil
		}
		if a.Credential.Issued != nil { // nobody has seen it, so it goes without a trace
			if _, undo := tx.exec(`DELETE FROM certificate WHERE credential = ?`, blob(a.Credential.ID[:])); undo != nil {
				return undo
			}
		}
		// The device takes along all that furnishDevice has filed.
		if _, undo := tx.exec(`DELETE FROM device WHERE id = ?`, blob(a.Device.ID[:])); undo != nil {
			return undo
		}
		return err
	}})
}

// ungranted refuses a request that was granted and may still ask for the answer: its twin has come first.
func ungranted(tx *conn, request *muster.LookupKey, at time.Time) error {
	if request == nil {
		return nil
	}
	_, err := one(tx, readAnswer, answerToRequest, blob(request[:]), millis(at.Add(-answersKept)), number(muster.CredentialRevoked))
	switch {
	case err == nil:
		return muster.Refuse(muster.ReasonDeviceProvisioned, "")
	case errors.Is(err, errNoRow):
		return nil
	}
	return err
}

// furnishDevice files what belongs to a device that was let in. The count comes last, as nothing would take it back.
func furnishDevice(tx *conn, a muster.Admission) error {
	if err := insertCredential(tx, a.Credential); err != nil {
		return err
	}
	if err := saveAttributes(tx, a.Device.ID, a.Attributes); err != nil {
		return err
	}
	if err := saveAnswer(tx, a.Request, a.Credential, a.Device.CreatedAt); err != nil {
		return err
	}
	if a.Device.ProvisionedWith.IsZero() {
		return nil
	}
	return countDevice(tx, a.Device.ProvisionedWith)
}

// Claim marks the listed device as provisioned, once: it sets the server attribute provisionState, which must be absent
// before, State, ProvisionedAt and ProvisionedWith, counts the device for the key and returns it with its live credentials,
// the oldest first, of which there is one at least; with Claim.Credential, with that alone. Refused with
// ReasonDeviceNotListed (no such device, or one of another profile), ReasonDeviceSuspended, ReasonDeviceProvisioned
// (provisionState is set), ReasonProvisionKeyExhausted or ReasonCredentialRevoked (none of its credentials is live).
func (r *Registry) Claim(ctx context.Context, c muster.Claim) (d muster.Device, live []muster.Credential, err error) {
	err = r.write(ctx, func(tx *conn) error {
		if d, err = claimDevice(tx, c); err != nil {
			return err
		}
		if c.Credential != nil {
			given, err := giveClaimed(tx, d.ID, *c.Credential)
			if err != nil {
				return err
			}
			live = append(live, given)
			return saveAnswer(tx, c.Request, given, c.At)
		}
		held, err := all(tx, readCredential, credentialsOfDevice, blob(d.ID[:]))
		if err != nil {
			return err
		}
		for _, credential := range held {
			if credential.Live(c.At) == nil {
				live = append(live, credential)
			}
		}
		if len(live) == 0 {
			return muster.Refuse(muster.ReasonCredentialRevoked, "the device was listed without a credential that works")
		}
		return saveAnswer(tx, c.Request, live[0], c.At)
	})
	if err != nil {
		return muster.Device{}, nil, err
	}
	return d, live, nil
}

// giveClaimed files a credential for the device that is claimed.
func giveClaimed(tx *conn, device muster.DeviceID, c muster.Credential) (muster.Credential, error) {
	if c.Device != device { // another one has taken the name meanwhile
		return c, muster.Refuse(muster.ReasonDeviceNotListed, "")
	}
	err := insertCredential(tx, c)
	c.Issued = nil
	return c, err
}

func claimDevice(tx *conn, c muster.Claim) (muster.Device, error) {
	d, err := one(tx, readDevice, deviceByName, text(c.Name))
	if err != nil {
		return d, absent(err, muster.ReasonDeviceNotListed)
	}
	if err := muster.StandingOf(&d, c.Profile).Refusal(muster.StrategyCheckPreProvisioned); err != nil {
		return d, err
	}
	n, err := tx.exec(`INSERT INTO attribute (device, scope, key, value, updated_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		blob(d.ID[:]), number(muster.ServerScope), text(muster.ProvisionState),
		blob(muster.StringValue(muster.Provisioned).Encode(nil)), millis(c.At))
	if err != nil {
		return d, err
	}
	if n == 0 {
		return d, muster.StandingEnrolled.Refusal(muster.StrategyCheckPreProvisioned)
	}
	if err := unrelease(tx, d.ID); err != nil {
		return d, err
	}
	if err := countDevice(tx, c.Key); err != nil {
		return d, err
	}
	d.State, d.ProvisionedAt, d.ProvisionedWith = muster.DeviceActive, c.At, c.Key
	return d, updateDevice(tx, d)
}

// saveAnswer remembers what a request was granted, if it may ask again, and forgets two that are too old: more than come
// in, so that what is kept stays bounded and nobody waits for a great clearing.
func saveAnswer(tx *conn, request *muster.LookupKey, granted muster.Credential, at time.Time) error {
	if request == nil {
		return nil
	}
	_, err := tx.exec(`DELETE FROM answer WHERE request IN (SELECT request FROM answer WHERE created_at < ? ORDER BY created_at LIMIT 2)`,
		millis(at.Add(-answersKept)))
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT OR REPLACE INTO answer (request, device, credential, created_at) VALUES (?, ?, ?, ?)`,
		blob(request[:]), blob(granted.Device[:]), blob(granted.ID[:]), millis(at))
	return err
}

// answer is what a request was granted.
type answer struct {
	device     muster.Device
	credential muster.Credential
}

func readAnswer(r *row) answer { return answer{readDevice(r), readCredential(r)} }

const answerToRequest = `SELECT ` + deviceFields + `, ` + credentialFields + ` FROM answer a
	JOIN device d ON d.id = a.device JOIN credential c ON c.id = a.credential
	WHERE a.request = ? AND a.created_at >= ? AND c.device = d.id AND c.state <> ?
	AND NOT EXISTS (SELECT 1 FROM credential u WHERE u.device = d.id AND u.last_used_at IS NOT NULL AND u.created_at >= c.created_at)`

// Answered returns what the request of that digest was granted since then, or muster.NotFound: no such request, or the
// device has authenticated with what it was granted or with what came later, or the device or its credential is gone or revoked.
func (r *Registry) Answered(ctx context.Context, request muster.LookupKey, since time.Time) (muster.Device, muster.Credential, error) {
	found, err := find(ctx, r.readers, readAnswer, answerToRequest, blob(request[:]), millis(since), number(muster.CredentialRevoked))
	return found.device, found.credential, err
}
