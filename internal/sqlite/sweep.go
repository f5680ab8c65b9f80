package sqlite

import (
	"context"
	"math"
	"time"

	"muster"
)

// sweepsKept bounds the sweeps that are remembered after they are finished.
const sweepsKept = 1000

const sweepFields = `s.id, s.key, s.action, s.since, s.until, s.expected, s.devices, s.created_at, s.finished_at`

func readSweep(r *row) muster.Sweep {
	return muster.Sweep{
		ID: id[muster.Sweep](r), Key: id[muster.ProvisionKey](r), Action: integer[muster.SweepAction](r), From: r.time(), To: r.time(),
		Expected: integer[int](r), Devices: integer[int](r), CreatedAt: r.time(), FinishedAt: r.time(),
	}
}

// CreateSweep files a sweep and changes its provision key in one transaction. ID, Profile, Key and CreatedAt of the key
// stay.
func (r *Registry) CreateSweep(ctx context.Context, s muster.Sweep, change func(*muster.ProvisionKey) error) (muster.ProvisionKey, error) {
	var after muster.ProvisionKey
	err := r.writeKnown(ctx, func(tx *conn) (err error) {
		var before muster.ProvisionKey
		if before, after, err = changeProvisionKey(tx, s.Key, change); err != nil {
			return err
		}
		if err := insertSweep(tx, s); err != nil {
			return err
		}
		was, is := provisionKeyView(before), provisionKeyView(after)
		is["sweep"], is["sweepFrom"], is["sweepTo"], is["sweepDevices"] = s.Action.String(), s.From, s.To, s.Expected
		return audited(ctx, tx, act{"sweep", "provision-key", after.Key, was, is})
	})
	if err != nil {
		return muster.ProvisionKey{}, err
	}
	return after, nil
}

func insertSweep(tx *conn, s muster.Sweep) error {
	_, err := tx.exec(`DELETE FROM sweep WHERE finished_at IS NOT NULL
		AND id NOT IN (SELECT id FROM sweep ORDER BY id DESC LIMIT ?)`, number(sweepsKept))
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO sweep (id, key, action, since, until, expected, devices, created_at, finished_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		blob(s.ID[:]), blob(s.Key[:]), number(s.Action), millis(s.From), millis(s.To), number(s.Expected), number(s.Devices),
		millis(s.CreatedAt), millis(s.FinishedAt))
	return err
}

// Sweep returns the sweep of that id, or muster.NotFound.
func (r *Registry) Sweep(ctx context.Context, id muster.SweepID) (muster.Sweep, error) {
	return find(ctx, r.readers, readSweep, `SELECT `+sweepFields+` FROM sweep s WHERE s.id = ?`, blob(id[:]))
}

// Sweeps returns the sweeps that go on and those that were finished last, the newest first.
func (r *Registry) Sweeps(ctx context.Context, limit int) ([]muster.Sweep, error) {
	return list(ctx, r.readers, readSweep, `SELECT `+sweepFields+` FROM sweep s ORDER BY s.finished_at IS NOT NULL, s.id DESC LIMIT ?`,
		number(max(limit, 0)))
}

// AdvanceSweep does to devices what the sweep is for and counts those that it changes. Without devices, the sweep is
// finished. A device that is gone, or that its key does not count as let in any more, is passed over.
func (r *Registry) AdvanceSweep(ctx context.Context, s muster.SweepID, devices []muster.DeviceID, at time.Time) error {
	return r.write(ctx, func(tx *conn) error {
		if len(devices) == 0 {
			_, err := tx.exec(`UPDATE sweep SET finished_at = ? WHERE id = ?`, millis(at), blob(s[:]))
			return err
		}
		sweep, err := one(tx, readSweep, `SELECT `+sweepFields+` FROM sweep s WHERE s.id = ?`, blob(s[:]))
		if err != nil {
			return err
		}
		swept := 0
		for _, id := range devices {
			n, err := sweepDevice(tx, &sweep, id, at)
			if err != nil {
				return err
			}
			swept += n
		}
		_, err = tx.exec(`UPDATE sweep SET devices = devices + ? WHERE id = ?`, number(swept), blob(s[:]))
		return err
	})
}

// sweepDevice returns how many devices it has changed: one or none.
func sweepDevice(tx *conn, s *muster.Sweep, device muster.DeviceID, at time.Time) (int, error) {
	switch s.Action {
	case muster.SweepSuspend:
		return tx.exec(`UPDATE device SET state = ?2 WHERE id = ?1 AND provisioned_with = ?3 AND state <> ?2`,
			blob(device[:]), number(muster.DeviceSuspended), blob(s.Key[:]))
	case muster.SweepRelease:
		return releaseDevice(tx, s.Key, device, at)
	case muster.SweepKeep:
	}
	return 0, nil
}

// releaseDevice puts a device back to where it was before the key let it in, but that it may provision once more whatever
// its profile's strategy. One that is suspended stays suspended.
func releaseDevice(tx *conn, key muster.ProvisionKeyID, device muster.DeviceID, at time.Time) (int, error) {
	n, err := tx.exec(`UPDATE device SET state = iif(state = ?2, ?2, ?3), provisioned_at = NULL, provisioned_with = NULL
		WHERE id = ?1 AND provisioned_with = ?4`,
		blob(device[:]), number(muster.DeviceSuspended), number(muster.DeviceListed), blob(key[:]))
	if err != nil || n == 0 {
		return 0, err
	}
	if _, err := tx.exec(`UPDATE credential SET state = ?2 WHERE device = ?1`, blob(device[:]), number(muster.CredentialRevoked)); err != nil {
		return 0, err
	}
	_, err = tx.exec(`DELETE FROM attribute WHERE device = ? AND scope = ? AND key = ?`,
		blob(device[:]), number(muster.ServerScope), text(muster.ProvisionState))
	if err != nil {
		return 0, err
	}
	_, err = tx.exec(`INSERT INTO released (device, released_at) VALUES (?, ?) ON CONFLICT DO NOTHING`, blob(device[:]), millis(at))
	return 1, err
}

const letIn = ` FROM device d WHERE d.provisioned_with = ?1 AND (d.provisioned_at, d.id) > (?2, ?3) AND d.provisioned_at < ?4
	AND (?5 <> ?6 OR d.state <> ?7)`

func letInBy(q *muster.LetInQuery) []value {
	after := muster.DeviceMark{At: q.From}
	if q.After != nil && !q.After.At.Before(q.From) {
		after = *q.After
	}
	from, to := number[int64](math.MinInt64), number[int64](math.MaxInt64)
	if !after.At.IsZero() {
		from = millis(after.At)
	}
	if !q.To.IsZero() {
		to = millis(q.To)
	}
	return []value{
		blob(q.Key[:]), from, blob(after.ID[:]), to,
		number(q.Left), number(muster.SweepSuspend), number(muster.DeviceSuspended),
	}
}

// LetIn returns devices that a provision key let in, as they came. It follows an index of that order and sorts nothing.
func (r *Registry) LetIn(ctx context.Context, q muster.LetInQuery) ([]muster.Device, error) {
	return list(ctx, r.readers, readDevice, `SELECT `+deviceFields+letIn+` ORDER BY d.provisioned_at, d.id LIMIT ?8`,
		append(letInBy(&q), number(max(q.Limit, 0)))...)
}

// CountLetIn returns how many devices q finds, whatever its limit.
func (r *Registry) CountLetIn(ctx context.Context, q muster.LetInQuery) (int, error) {
	return find(ctx, r.readers, integer[int], `SELECT count(*)`+letIn, letInBy(&q)...)
}
