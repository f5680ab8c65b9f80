package sqlite

import (
	"context"
	"strings"
	"time"

	"muster"
)

const pendingFields = `p.id, p.request, p.profile, p.key, p.device, p.name, p.gateway, p.asks, p.proof, p.remote, p.state, p.created_at,
	p.expires_at, p.decided_at, p.decided_by, (SELECT count(*) FROM pending o WHERE o.name = p.name AND o.id <> p.id AND o.expires_at > ?1)`

func readPending(r *row) muster.Pending {
	return muster.Pending{
		ID: id[muster.Pending](r), Request: r.digest(), Profile: id[muster.Profile](r), Key: id[muster.ProvisionKey](r),
		Device: id[muster.Device](r), Name: r.text(), Gateway: r.flag(), Asks: r.text(), Proof: r.text(), Remote: r.addr(),
		State: integer[muster.PendingState](r), CreatedAt: r.time(), ExpiresAt: r.time(), DecidedAt: r.time(), DecidedBy: r.text(),
		Rivals: integer[int](r),
	}
}

// PendingRequest returns what is pending of the request of that digest at a time, or muster.NotFound.
func (r *Registry) PendingRequest(ctx context.Context, request muster.LookupKey, at time.Time) (muster.Pending, error) {
	return find(ctx, r.readers, readPending, `SELECT `+pendingFields+` FROM pending p WHERE p.request = ?2 AND p.expires_at > ?1`,
		millis(at), blob(request[:]))
}

// Pending returns requests that are pending, the oldest first.
func (r *Registry) Pending(ctx context.Context, q muster.PendingQuery) ([]muster.Pending, error) {
	query, args := `SELECT `+pendingFields+` FROM pending p WHERE p.expires_at > ?1 AND p.id > ?2`, []value{millis(q.At), blob(q.After[:])}
	where := func(condition string, v value) {
		query, args = query+` AND `+condition, append(args, v)
	}
	if !q.Profile.IsZero() {
		where(`p.profile = ?`, blob(q.Profile[:]))
	}
	if !q.ID.IsZero() {
		where(`p.id = ?`, blob(q.ID[:]))
	}
	if q.Name != "" {
		where(`p.name = ?`, text(q.Name))
	}
	if q.State != nil {
		where(`p.state = ?`, number(*q.State))
	}
	return list(ctx, r.readers, readPending, query+` ORDER BY p.id LIMIT ?`, append(args, number(max(q.Limit, 0)))...)
}

// Wait files a pending request, unless it is pending already. In a full room it takes the place of one that was rejected,
// else of the newest that waits of the source that has the most with this key, if that has more than its own; else it is
// refused with ReasonProvisionRoomFull.
func (r *Registry) Wait(ctx context.Context, p muster.Pending, room muster.WaitingRoom) error {
	return r.write(ctx, func(tx *conn) error {
		if _, err := tx.exec(`DELETE FROM pending WHERE expires_at <= ?`, millis(p.CreatedAt)); err != nil {
			return err
		}
		known, err := one(tx, (*row).flag, `SELECT EXISTS (SELECT 1 FROM pending WHERE request = ?)`, blob(p.Request[:]))
		if err != nil || known {
			return err
		}
		if err := makeRoom(tx, &p, room); err != nil {
			return err
		}
		_, err = tx.exec(`INSERT INTO pending (id, request, profile, key, device, name, gateway, asks, proof, remote, source, state,
			created_at, expires_at, decided_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')`,
			blob(p.ID[:]), blob(p.Request[:]), blob(p.Profile[:]), blob(p.Key[:]), idOrNull(p.Device), text(p.Name), flag(p.Gateway),
			text(p.Asks), text(p.Proof), addr(p.Remote), text(p.Source().String()), number(muster.PendingWaiting),
			millis(p.CreatedAt), millis(p.ExpiresAt))
		return refused(err, muster.ReasonInternal, muster.ReasonProvisionKeyUnknown) // the key was deleted meanwhile
	})
}

// makeRoom takes out of a full room what p may take the place of.
func makeRoom(tx *conn, p *muster.Pending, room muster.WaitingRoom) error {
	count := func(query string, args ...value) (int, error) {
		return one(tx, integer[int], `SELECT count(*) FROM pending WHERE `+query, args...)
	}
	ofKey, err := count(`key = ?`, blob(p.Key[:]))
	if err != nil {
		return err
	}
	if ofKey < room.PerKey {
		ofProfile, err := count(`profile = ?`, blob(p.Profile[:]))
		if err != nil || ofProfile < room.PerProfile {
			return err
		}
	}
	n, err := tx.exec(`DELETE FROM pending WHERE id = (SELECT id FROM pending WHERE key = ? AND state = ? ORDER BY id LIMIT 1)`,
		blob(p.Key[:]), number(muster.PendingRejected))
	if err != nil || n > 0 {
		return err
	}
	own, err := count(`key = ? AND state = ? AND source = ?`, blob(p.Key[:]), number(muster.PendingWaiting), text(p.Source().String()))
	if err != nil {
		return err
	}
	n, err = tx.exec(`DELETE FROM pending WHERE id = (SELECT max(id) FROM pending WHERE key = ?1 AND state = ?2 AND source =
		(SELECT source FROM pending WHERE key = ?1 AND state = ?2 GROUP BY source HAVING count(*) > ?3 + 1 ORDER BY count(*) DESC LIMIT 1))`,
		blob(p.Key[:]), number(muster.PendingWaiting), number(own))
	if err == nil && n == 0 {
		err = muster.Refuse(muster.ReasonProvisionRoomFull, "")
	}
	return err
}

// DecidePending decides about requests that are pending and returns them as they were; those that are not are passed over.
func (r *Registry) DecidePending(ctx context.Context, d muster.PendingDecision) (decided []muster.Pending, err error) {
	err = r.write(ctx, func(tx *conn) error {
		if decided, err = pendingMeant(tx, &d); err != nil {
			return err
		}
		names := make([]string, 0, len(decided))
		for _, p := range decided {
			_, err := tx.exec(`UPDATE pending SET state = ?, decided_at = ?, decided_by = ?, expires_at = ? WHERE id = ?`,
				number(d.State), millis(d.At), text(d.By), millis(d.Until), blob(p.ID[:]))
			if err != nil {
				return err
			}
			names = append(names, p.Name)
		}
		if len(decided) == 0 {
			return nil
		}
		return auditedDecision(ctx, tx, &d, decided, names)
	})
	if err != nil {
		return nil, err
	}
	return decided, nil
}

// pendingMeant returns the requests that a decision is about.
func pendingMeant(tx *conn, d *muster.PendingDecision) (meant []muster.Pending, err error) {
	if !d.Profile.IsZero() {
		waiting, err := all(tx, readPending, `SELECT `+pendingFields+` FROM pending p WHERE p.expires_at > ?1 AND p.profile = ?2 AND p.state = ?3`,
			millis(d.At), blob(d.Profile[:]), number(muster.PendingWaiting))
		for _, p := range waiting {
			if p.Rivals == 0 {
				meant = append(meant, p)
			}
		}
		return meant, err
	}
	for _, id := range d.IDs {
		found, err := all(tx, readPending, `SELECT `+pendingFields+` FROM pending p WHERE p.expires_at > ?1 AND p.id = ?2`,
			millis(d.At), blob(id[:]))
		if err != nil {
			return nil, err
		}
		meant = append(meant, found...)
	}
	return meant, nil
}

// auditedDecision files one entry, however many requests were decided about.
func auditedDecision(ctx context.Context, tx *conn, d *muster.PendingDecision, decided []muster.Pending, names []string) error {
	action := "reject"
	if d.State == muster.PendingApproved {
		action = "approve"
	}
	if len(decided) == 1 {
		p := decided[0]
		before := view{"state": p.State.String(), "asks": p.Asks, "proof": p.Proof, "remote": p.Remote, "device": p.Device}
		return audited(ctx, tx, act{action, "pending", p.Name, before, view{"state": d.State.String()}})
	}
	after := view{"state": d.State.String(), "requests": len(decided), "names": names}
	return audited(ctx, tx, act{action, "pending", shortList(names), nil, after})
}

// shortList returns the first names of many.
func shortList(names []string) string {
	const few = 3
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:few], ", ") + ", …"
}

// useApproval uses up an approval, so that it lets in one device once, and drops all else that is pending under the name:
// who asks for it now asks for another thing. Refused with ReasonDeviceProvisioned if it is used up.
func useApproval(tx *conn, approval muster.PendingID, name string, at time.Time) error {
	n, err := tx.exec(`DELETE FROM pending WHERE id = ? AND state = ? AND expires_at > ?`,
		blob(approval[:]), number(muster.PendingApproved), millis(at))
	switch {
	case err != nil:
		return err
	case n == 0:
		return muster.Refuse(muster.ReasonDeviceProvisioned, "the approval is used up")
	}
	_, err = tx.exec(`DELETE FROM pending WHERE name = ?`, text(name))
	return err
}
