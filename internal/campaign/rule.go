package campaign

import (
	"fmt"
	"time"

	"muster"
)

// A step is what is due in a campaign.
type step uint8

const (
	rest     step = iota // nothing is
	ask                  // devices of a wave wait to be asked
	mark                 // devices have become overdue
	halt                 // too much has gone wrong
	end                  // no device is left
	withdraw             // what was asked for is taken back
)

// due is the pure rule: what a campaign does next. What has gone wrong is looked at before more devices are asked.
func due(c *muster.Campaign, now time.Time) step {
	switch {
	case c.State == muster.CampaignWithdrawing:
		return withdraw
	case c.State != muster.CampaignRunning && c.State != muster.CampaignPaused:
		return rest
	case !c.Oldest.IsZero() && now.Sub(c.Oldest) > c.Patience:
		return mark
	case c.State == muster.CampaignPaused:
		return rest
	case tooMuch(c):
		return halt
	case !c.Exhausted && (c.Left > 0 || !now.Before(c.NextAt)):
		return ask
	case c.Exhausted && c.Progress.Asked+c.Progress.Fetched == 0:
		return end
	}
	return rest
}

// wrong counts the devices that have failed or are overdue.
func wrong(c *muster.Campaign) int { return c.Progress.Failed + c.Progress.Overdue }

// asked counts the devices that were asked so far.
func asked(c *muster.Campaign) int { return c.Progress.Looked - c.Progress.Skipped }

func tooMuch(c *muster.Campaign) bool {
	return (wrong(c)-c.Forgiven)*100 > c.ErrorPercent*asked(c)
}

// pause has a campaign say why it pauses by itself.
func pause(c *muster.Campaign) {
	c.State = muster.CampaignPaused
	c.Detail = fmt.Sprintf("%d of %d devices that were asked have failed or are overdue, more than %d %%",
		wrong(c)-c.Forgiven, asked(c), c.ErrorPercent)
}

// advance has a campaign go on behind the devices of a page, of which so many were asked. A wave is over when as many were asked
// as belong to it; the next one begins after the pause.
func advance(c *muster.Campaign, p *page, asked int, now time.Time) {
	if c.Left == 0 {
		c.Left = c.Wave
		c.Waves++
	}
	c.Progress.Skipped += len(p.devices) - asked
	c.Left -= asked
	c.Mark, c.Exhausted = p.mark, p.last
	if c.Left == 0 || c.Exhausted {
		c.Left, c.NextAt = 0, now.Add(c.Pause)
	}
}
