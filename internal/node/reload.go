package node

import (
	"context"
	"time"

	"muster/internal/admin"
)

// Reload reads the settings again, and the files of certificates. What can be changed while the node serves counts when it
// returns: new handshakes are shown the new certificate, sessions stay as they are. What needs a restart is named and stays.
// If a setting or a certificate cannot be used, nothing changes.
func (n *Node) Reload(ctx context.Context) (admin.Reloaded, error) {
	n.reloading.Lock()
	defer n.reloading.Unlock()
	fresh := Settings{Config: n.holds.Config}
	if n.load != nil {
		var err error
		if fresh, err = n.load(); err != nil {
			return admin.Reloaded{}, err
		}
	}
	if err := fresh.Config.Check(); err != nil {
		return admin.Reloaded{}, err
	}
	next, shown, done := n.holds.reloaded(&fresh)
	before := n.issuer.Certificates()[0].Raw
	if err := n.issuer.Reload(next.TLSNames, next.TLSCert, next.TLSKey); err != nil {
		return admin.Reloaded{}, err
	}
	done.Certificate = string(before) != string(n.issuer.Certificates()[0].Raw)
	n.apply(&next)
	n.holds.Config, n.shown = next, shown
	n.log.InfoContext(ctx, "settings are reloaded", "changed", done.Changed, "needsRestart", done.NeedsRestart, "certificate", done.Certificate)
	return done, nil
}

// reloaded returns what holds once fresh is read: its settings where they can change, else those that held before.
func (s *Settings) reloaded(fresh *Settings) (next Config, shown []admin.Setting, done admin.Reloaded) {
	next = s.Config
	done = admin.Reloaded{Changed: []string{}, NeedsRestart: []string{}}
	wanted := fresh.Config.fields()
	for i, f := range next.fields() {
		view := fresh.shown(&wanted[i])
		switch {
		case same(f.value, wanted[i].value):
		case f.reloads:
			f.value.Set(wanted[i].value)
			done.Changed = append(done.Changed, f.key)
		default:
			view.Value, view.Pending = f.value.Interface(), view.Value
			done.NeedsRestart = append(done.NeedsRestart, f.key)
		}
		shown = append(shown, view)
	}
	return next, shown, done
}

// apply has the settings count that can be changed while the node serves. None of it fails.
func (n *Node) apply(c *Config) {
	if level, err := c.level(); err == nil && n.level != nil {
		n.level.Set(level)
	}
	l := &c.Limits
	n.identity.SetServerNames(c.TLSNames)
	n.provision.SetLimits(unlimited(l.ProvisionPerKey), l.ProvisionBurst)
	n.dispatcher.SetLimits(unlimited(l.ProvisionFailures), unlimited(l.AuthFailures))
	n.intake.SetMaxBytes(l.QueueBytes)
	n.journal.SetBounds(l.JournalEntries, time.Duration(l.JournalDays)*24*time.Hour)
}
