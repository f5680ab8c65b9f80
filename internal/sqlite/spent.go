package sqlite

import (
	"time"

	"muster"
)

// mostSpent is how many proofs of one device are remembered at once.
const mostSpent = 64

// spend uses up a proof that is good for once, and forgets those of the device that have ended and two of others: more than
// come in, so that what is kept stays bounded. Refused with ReasonJWTReplayed if the proof is used up, or ReasonRateLimited
// if the device has used up too many.
func spend(tx *conn, device muster.DeviceID, n *muster.Nonce, at time.Time) error {
	if n == nil {
		return nil
	}
	_, err := tx.exec(`DELETE FROM spent WHERE device = ? AND until <= ?`, blob(device[:]), millis(at))
	if err != nil {
		return err
	}
	_, err = tx.exec(`DELETE FROM spent WHERE (device, proof) IN (SELECT device, proof FROM spent WHERE until <= ? ORDER BY until LIMIT 2)`,
		millis(at))
	if err != nil {
		return err
	}
	added, err := tx.exec(`INSERT INTO spent (device, proof, until) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
		blob(device[:]), blob(n.Digest[:]), millis(n.Until))
	switch {
	case err != nil:
		return err
	case added == 0:
		return muster.Refuse(muster.ReasonJWTReplayed, "")
	}
	many, err := one(tx, (*row).flag, `SELECT count(*) > ? FROM spent WHERE device = ?`, number(mostSpent), blob(device[:]))
	if err == nil && many {
		return muster.Refuse(muster.ReasonRateLimited, "the device has proved itself %d times within minutes; try again later", mostSpent)
	}
	return err
}
