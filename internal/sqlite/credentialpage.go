package sqlite

import (
	"context"
	"strings"

	"muster"
)

// FleetCredentials returns a page of the credentials of all devices. It follows an index of the order that is asked for,
// looks at so many credentials at most, and sorts nothing.
func (r *Registry) FleetCredentials(ctx context.Context, q muster.CredentialQuery) (muster.CredentialPage, error) {
	known := r.known.Load()
	return paged(ctx, r.readers, &q, func(c *conn, q *muster.CredentialQuery, look int) (muster.CredentialPage, error) {
		return credentialPage(c, known, q, look)
	})
}

func credentialPage(c *conn, known *known, q *muster.CredentialQuery, look int) (page muster.CredentialPage, err error) {
	query, args := credentialSelect(q)
	stmt, err := c.prepare(query, args)
	if err != nil {
		return page, err
	}
	for looked := 1; q.Limit > 0; looked++ {
		some, err := stmt.Step()
		if err != nil {
			return page, told(err)
		}
		if !some {
			break
		}
		r := row{conn: c, stmt: stmt}
		hit := r.flag()
		if !hit && looked < look {
			continue
		}
		h := known.readHolder(&r)
		if r.err != nil {
			return muster.CredentialPage{}, r.err
		}
		if hit {
			page.Credentials = append(page.Credentials, h)
		}
		if looked == look || len(page.Credentials) == q.Limit {
			page.Next = &muster.CredentialMark{At: h.Credential.ExpiresAt, ID: h.Credential.ID}
			break
		}
	}
	return page, told(stmt.Reset())
}

// credentialMatch is true of a credential that meets the conditions. One that is NULL is none. A standing has the number of
// the state, unless the dates of one that would open the door (1, 2) keep it from doing so.
const credentialMatch = `(?1 IS NULL OR d.profile = ?1)
	AND (?2 IS NULL OR instr(d.folded, ?2) > 0)
	AND (?3 IS NULL OR c.kind = ?3)
	AND (?4 IS NULL OR ?4 = CASE WHEN c.state NOT IN (1, 2) THEN c.state WHEN c.not_before > ?5 THEN 4
		WHEN c.expires_at <= ?5 THEN 5 ELSE c.state END)
	AND (?6 IS NULL OR c.expires_at < ?6)`

// credentialSelect returns the query that reads all credentials in q's order, each with whether it meets q's conditions.
func credentialSelect(q *muster.CredentialQuery) (string, []value) {
	args := make([]value, 6)
	args[0] = idOrNull(q.Profile)
	if q.Search != "" {
		args[1] = text(strings.ToLower(q.Search))
	}
	if q.Kind != nil {
		args[2] = number(*q.Kind)
	}
	if q.Standing != nil {
		args[3] = number(*q.Standing)
	}
	args[4], args[5] = millis(q.Now), millis(q.ExpiresBefore)
	where, more, direction := ``, `>`, ``
	if q.Descending {
		more, direction = `<`, ` DESC`
	}
	order := `c.id` + direction
	if q.Sort == muster.CredentialsByExpiry {
		order = `c.expires_at` + direction + `, c.id` + direction
		where = ` AND c.expires_at IS NOT NULL`
		if !q.ExpiresBefore.IsZero() {
			where += ` AND c.expires_at < ?6`
		}
	}
	switch {
	case q.After != nil && q.Sort == muster.CredentialsByExpiry:
		where += ` AND (c.expires_at, c.id) ` + more + ` (?7, ?8)`
		args = append(args, millis(q.After.At), blob(q.After.ID[:]))
	case q.After != nil:
		where += ` AND c.id ` + more + ` ?7`
		args = append(args, blob(q.After.ID[:]))
	}
	// The order of the tables is that of the loops: SQLite keeps it in a CROSS JOIN.
	return `SELECT ` + credentialMatch + `, ` + holderFields + ` FROM credential c CROSS JOIN device d ON d.id = c.device
		WHERE 1` + where + ` ORDER BY ` + order, args
}
