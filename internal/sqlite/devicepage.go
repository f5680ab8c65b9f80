package sqlite

import (
	"context"
	"strings"

	"muster"
)

// lookedAt bounds what one page looks at.
const lookedAt = 20_000

// paged has a page read on a connection of its own. What ctx ends is told as its error.
func paged[Q, P any](ctx context.Context, readers *readers, q *Q, read func(c *conn, q *Q, look int) (P, error)) (P, error) {
	var none P
	c, err := readers.take(ctx)
	if err != nil {
		return none, err
	}
	defer readers.giveBack(c)
	stop := c.watch(ctx)
	defer stop()
	page, err := read(c, q, lookedAt)
	if err != nil && ctx.Err() != nil {
		return none, ctx.Err()
	}
	return page, failure(err)
}

// Devices returns a page of devices. It follows an index of the order that is asked for, looks at so many devices at most,
// and sorts nothing.
func (r *Registry) Devices(ctx context.Context, q muster.DeviceQuery) (muster.DevicePage, error) {
	return paged(ctx, r.readers, &q, devicePage)
}

func devicePage(c *conn, q *muster.DeviceQuery, look int) (page muster.DevicePage, err error) {
	query, args := deviceSelect(q)
	stmt, err := c.prepare(query, args)
	if err != nil {
		return page, err
	}
	for looked := 1; q.Limit > 0; looked++ {
		some, err := stmt.Step()
		switch {
		case err != nil:
			return page, told(err)
		case !some:
			return page, told(stmt.Reset())
		}
		r := row{conn: c, stmt: stmt}
		hit := r.flag()
		if hit && q.Among != nil {
			first := r // the id stands before everything else
			hit = q.Among(id[muster.Device](&first))
		}
		if hit {
			page.Count++
		}
		wanted := hit && len(page.Devices) < q.Limit
		if wanted || looked == look && page.Next == nil {
			d := readDevice(&r)
			if wanted {
				page.Devices = append(page.Devices, d)
			}
			if len(page.Devices) == q.Limit || looked == look {
				page.Next = &muster.DeviceMark{Name: d.Name, At: d.ProvisionedAt, ID: d.ID}
			}
		}
		if r.err != nil {
			return muster.DevicePage{}, r.err
		}
		if looked == look || page.Next != nil && !q.Count {
			page.Least = q.Count
			break
		}
	}
	return page, told(stmt.Reset())
}

// deviceMatch is true of a device that meets the conditions. One that is NULL is none, so that few queries serve all.
const deviceMatch = `(?1 IS NULL OR d.profile = ?1)
	AND (?2 IS NULL OR d.state = ?2)
	AND (?3 IS NULL OR instr(d.folded, ?3) > 0)
	AND (?4 IS NULL OR d.name >= ?4 AND d.name < ?5)
	AND (?6 IS NULL OR instr(lower(d.label), lower(?6)) > 0)
	AND (?7 IS NULL OR d.provisioned_with IS ?7)
	AND (?8 IS NULL OR EXISTS (SELECT 1 FROM json_each(d.tags) t WHERE t.key = ?8 AND (?9 IS NULL OR t.value = ?9)))
	AND (?10 IS NULL AND ?11 IS NULL OR EXISTS (SELECT 1 FROM credential c WHERE c.device = d.id AND c.state <> 3
		AND (?10 IS NULL OR c.kind = ?10) AND (?11 IS NULL OR c.expires_at < ?11)))`

// deviceConditions are the parameters of deviceMatch.
func deviceConditions(q *muster.DeviceQuery) []value {
	where := make([]value, 11)
	where[0] = idOrNull(q.Profile)
	if q.State != nil {
		where[1] = number(*q.State)
	}
	if q.Search != "" {
		where[2] = text(strings.ToLower(q.Search))
	}
	if q.Prefix != "" {
		where[3], where[4] = text(q.Prefix), text(q.Prefix+"\U0010FFFF")
	}
	if q.Label != "" {
		where[5] = text(q.Label)
	}
	where[6] = idOrNull(q.Key)
	if q.Tag != "" {
		where[7] = text(q.Tag)
	}
	if q.TagValue != nil {
		where[8] = text(*q.TagValue)
	}
	if q.Kind != nil {
		where[9] = number(*q.Kind)
	}
	where[10] = millis(q.ExpiresBefore)
	return where
}

// deviceSelect returns the query that reads all devices in q's order, each with whether it meets q's conditions. What an
// index of that order is about narrows it.
func deviceSelect(q *muster.DeviceQuery) (string, []value) {
	args := deviceConditions(q)
	where, more, direction := ``, `>`, ``
	if q.Descending {
		more, direction = `<`, ` DESC`
	}
	order := `d.name` + direction
	switch q.Sort {
	case muster.ByName:
		where = namesWithin(q)
		if q.After != nil {
			where, args = where+` AND d.name `+more+` ?12`, append(args, text(q.After.Name))
		}
	case muster.ByCreation:
		order = `d.id` + direction
		if q.After != nil {
			where, args = ` AND d.id `+more+` ?12`, append(args, blob(q.After.ID[:]))
		}
	case muster.ByProvisioning:
		order = `d.provisioned_at` + direction + `, d.id` + direction
		where = ` AND d.provisioned_at IS NOT NULL`
		if !q.Key.IsZero() {
			where += ` AND d.provisioned_with = ?7`
		}
		if q.After != nil {
			where += ` AND (d.provisioned_at, d.id) ` + more + ` (?12, ?13)`
			args = append(args, millis(q.After.At), blob(q.After.ID[:]))
		}
	}
	return `SELECT ` + deviceMatch + `, ` + deviceFields + ` FROM device d WHERE 1` + where + ` ORDER BY ` + order, args
}

// namesWithin narrows an order by name.
func namesWithin(q *muster.DeviceQuery) (where string) {
	switch {
	case !q.Profile.IsZero():
		where = ` AND d.profile = ?1`
	case q.State != nil && *q.State != muster.DeviceActive:
		where = ` AND d.state <> 1 AND d.state = ?2`
	}
	if q.Prefix != "" {
		where += ` AND d.name >= ?4 AND d.name < ?5`
	}
	return where
}
