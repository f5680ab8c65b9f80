package sqlite

import (
	"context"
	"time"

	"muster"
)

const campaignFields = `c.id, c.state, c.selection, c.wave, c.pause, c.error_percent, c.patience, c.asked_by, c.created_at, c.finished_at,
	c.detail, c.mark, c.exhausted, c.waves, c.remaining, c.next_at, c.forgiven, c.selected, c.skipped, c.asked, c.fetched, c.overdue, c.done,
	c.failed, c.withdrawn, min(
		ifnull((SELECT min(asked_at) FROM campaign_device WHERE campaign = c.id AND step = 1), 9223372036854775807),
		ifnull((SELECT min(asked_at) FROM campaign_device WHERE campaign = c.id AND step = 2), 9223372036854775807))`

func readCampaign(r *row) muster.Campaign {
	c := muster.Campaign{ID: id[muster.Campaign](r), State: integer[muster.CampaignState](r)}
	r.json(&c.Selection)
	c.CampaignPace = muster.CampaignPace{Wave: integer[int](r), Pause: r.span(), ErrorPercent: integer[int](r), Patience: r.span()}
	c.By, c.CreatedAt, c.FinishedAt, c.Detail = r.text(), r.time(), r.time(), r.text()
	c.Mark, c.Exhausted, c.Waves, c.Left, c.NextAt = id[muster.Device](r), r.flag(), integer[int](r), integer[int](r), r.time()
	c.Forgiven = integer[int](r)
	p := &c.Progress
	p.Selected, p.Skipped = integer[int](r), integer[int](r)
	p.Asked, p.Fetched, p.Overdue, p.Done = integer[int](r), integer[int](r), integer[int](r), integer[int](r)
	p.Failed, p.Withdrawn = integer[int](r), integer[int](r)
	p.Looked = p.Skipped + p.Asked + p.Fetched + p.Overdue + p.Done + p.Failed + p.Withdrawn
	if p.Asked+p.Fetched > 0 {
		c.Oldest = r.time()
	}
	return c
}

// span reads a length of time in milliseconds.
func (r *row) span() time.Duration { return time.Duration(integer[int64](r)) * time.Millisecond }

func span(d time.Duration) value { return number(d.Milliseconds()) }

func campaignView(c muster.Campaign) view {
	return view{
		"state": c.State.String(), "selection": c.Selection, "wave": c.Wave, "pause": c.Pause.String(), "errorPercent": c.ErrorPercent,
		"overdueAfter": c.Patience.String(), "detail": c.Detail,
	}
}

// CreateCampaign files a campaign that has asked nobody yet.
func (r *Registry) CreateCampaign(ctx context.Context, c muster.Campaign) error {
	selection, err := jsonText(c.Selection)
	if err != nil {
		return err
	}
	return r.write(ctx, func(tx *conn) error {
		_, err := tx.exec(`INSERT INTO campaign (id, state, selection, wave, pause, error_percent, patience, asked_by, created_at, detail,
			next_at, selected) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			blob(c.ID[:]), number(c.State), selection, number(c.Wave), span(c.Pause), number(c.ErrorPercent), span(c.Patience), text(c.By),
			millis(c.CreatedAt), text(c.Detail), millis(c.NextAt), number(c.Progress.Selected))
		if err != nil {
			return err
		}
		return audited(ctx, tx, act{"create", "campaign", c.ID.String(), nil, campaignView(c)})
	})
}

const campaignByID = `SELECT ` + campaignFields + ` FROM campaign c WHERE c.id = ?`

// Campaign returns a campaign, or muster.NotFound.
func (r *Registry) Campaign(ctx context.Context, id muster.CampaignID) (muster.Campaign, error) {
	return find(ctx, r.readers, readCampaign, campaignByID, blob(id[:]))
}

// Campaigns returns all campaigns that are remembered, the newest first.
func (r *Registry) Campaigns(ctx context.Context) ([]muster.Campaign, error) {
	return list(ctx, r.readers, readCampaign, `SELECT `+campaignFields+` FROM campaign c ORDER BY c.id DESC`)
}

// UpdateCampaign changes what a campaign says of itself, but for its selection, its pace and what is counted of the devices
// that it has asked. NotFound if it is forgotten; refused with ReasonVersionStale if it is none of the versions that were seen.
func (r *Registry) UpdateCampaign(ctx context.Context, id muster.CampaignID, change func(*muster.Campaign) error, seen ...muster.Version) (muster.Campaign, error) {
	var after muster.Campaign
	err := r.write(ctx, func(tx *conn) error {
		before, err := one(tx, readCampaign, campaignByID, blob(id[:]))
		if err != nil {
			return err
		}
		if err := before.Version().Expect(seen); err != nil {
			return err
		}
		after = before
		if err := change(&after); err != nil {
			return err
		}
		if err := saveCampaign(tx, &after); err != nil {
			return err
		}
		return audited(ctx, tx, act{"update", "campaign", id.String(), campaignView(before), campaignView(after)})
	})
	if err != nil {
		return muster.Campaign{}, err
	}
	return after, nil
}

func saveCampaign(tx *conn, c *muster.Campaign) error {
	_, err := tx.exec(`UPDATE campaign SET state = ?, finished_at = ?, detail = ?, mark = ?, exhausted = ?, waves = ?, remaining = ?, next_at = ?,
		forgiven = ?, skipped = ? WHERE id = ?`,
		number(c.State), millis(c.FinishedAt), text(c.Detail), idOrNull(c.Mark), flag(c.Exhausted), number(c.Waves), number(c.Left),
		millis(c.NextAt), number(c.Forgiven), number(c.Progress.Skipped), blob(c.ID[:]))
	return err
}

// CountDevices counts those devices behind a mark that a query finds, in the order of their birth. It looks at so many at
// most; next is where to go on, nil: there is no more.
func (r *Registry) CountDevices(ctx context.Context, q muster.DeviceQuery, after muster.DeviceID) (count int, next *muster.DeviceID, err error) {
	type page struct {
		count, looked int
		last          muster.DeviceID
	}
	read := func(r *row) page { return page{integer[int](r), integer[int](r), id[muster.Device](r)} }
	args := append(deviceConditions(&q), blob(after[:]), number(lookedAt))
	p, err := find(ctx, r.readers, read, `SELECT sum(`+deviceMatch+`), count(*), max(d.id)
		FROM (SELECT * FROM device WHERE id > ?12 ORDER BY id LIMIT ?13) d`, args...)
	if p.looked == lookedAt {
		next = &p.last
	}
	return p.count, next, err
}
