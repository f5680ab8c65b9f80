package sqlite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"time"

	"muster"
)

const (
	auditKept = 100_000 // so many entries are kept
	longField = 1 << 10 // a field of more JSON than this is kept as its length and digest
)

// A view is what the audit log shows of a noun: its plain fields, and nothing that could open a door. Fields that are
// empty are left out. A nil view is nothing at all.
type view map[string]any

// An act is what the audit log says was done.
type act struct {
	action, noun, name string
	before, after      view
}

// audited files an act in the transaction that makes it, if somebody has asked for it and it changes anything. What the
// views have in common is left out where both are there. The oldest entries beyond auditKept are dropped.
func audited(ctx context.Context, tx *conn, a act) error {
	actor, ok := muster.ActorOf(ctx)
	if !ok {
		return nil
	}
	before, after, err := difference(a.before, a.after)
	if err != nil {
		return err
	}
	if a.before != nil && a.after != nil && len(before) == 0 && len(after) == 0 {
		return nil
	}
	was, err := auditText(before)
	if err != nil {
		return err
	}
	is, err := auditText(after)
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO audit (at, actor, remote, action, noun, name, before, after) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		millis(time.Now()), text(actor.Name), addr(actor.Remote), text(a.action), text(a.noun), text(a.name), was, is)
	if err != nil {
		return err
	}
	_, err = tx.exec(`DELETE FROM audit WHERE number <= (SELECT max(number) FROM audit) - ?`, number(auditKept))
	return err
}

// fields are those of a view, each as JSON.
type fields map[string]json.RawMessage

// difference returns the fields in which two views differ, or all of one that stands alone.
func difference(before, after view) (was, is fields, err error) {
	if was, err = before.fields(); err != nil {
		return nil, nil, err
	}
	if is, err = after.fields(); err != nil {
		return nil, nil, err
	}
	for name, value := range was {
		if bytes.Equal(value, is[name]) {
			delete(was, name)
			delete(is, name)
		}
	}
	return was, is, nil
}

func (v view) fields() (fields, error) {
	if v == nil {
		return nil, nil
	}
	f := make(fields, len(v))
	for name, value := range v {
		b, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("audit %s: %w", name, err)
		}
		switch string(b) {
		case `""`, `0`, `false`, `null`, `{}`, `[]`, `"0001-01-01T00:00:00Z"`:
			continue
		}
		f[name] = shortened(b)
	}
	return f, nil
}

// shortened keeps of a long field what tells it from others.
func shortened(b json.RawMessage) json.RawMessage {
	if len(b) <= longField {
		return b
	}
	sum := sha256.Sum256(b)
	return fmt.Appendf(nil, `"%d bytes, SHA-256 %s"`, len(b), hex.EncodeToString(sum[:8]))
}

// auditText is empty for nothing at all, which is not the same as no fields.
func auditText(f fields) (value, error) {
	if f == nil {
		return text(""), nil
	}
	b, err := json.Marshal(f)
	return text(string(b)), err
}

func readAuditEntry(r *row) muster.AuditEntry {
	return muster.AuditEntry{
		Number: integer[int64](r), At: r.time(), Actor: r.text(), Remote: r.addr(), Action: r.text(), Noun: r.text(), Name: r.text(),
		Before: rawJSON(r.text()), After: rawJSON(r.text()),
	}
}

func rawJSON(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}

// AuditEntries returns the newest entries first.
func (r *Registry) AuditEntries(ctx context.Context, q muster.AuditQuery) ([]muster.AuditEntry, error) {
	query, args := `SELECT number, at, actor, remote, action, noun, name, before, after FROM audit WHERE 1`, []value(nil)
	where := func(condition string, v value) {
		query, args = query+` AND `+condition, append(args, v)
	}
	if q.Before > 0 {
		where(`number < ?`, number(q.Before))
	}
	if q.Actor != "" {
		where(`actor = ?`, text(q.Actor))
	}
	if q.Noun != "" {
		where(`noun = ?`, text(q.Noun))
	}
	if q.Name != "" {
		where(`name = ?`, text(q.Name))
	}
	if !q.From.IsZero() {
		where(`at >= ?`, millis(q.From))
	}
	if !q.To.IsZero() {
		where(`at < ?`, millis(q.To))
	}
	return list(ctx, r.readers, readAuditEntry, query+` ORDER BY number DESC LIMIT ?`, append(args, number(max(q.Limit, 0)))...)
}

// ReadingsRemoved notes in the audit log that somebody has the readings of a key in a range removed.
func (r *Registry) ReadingsRemoved(ctx context.Context, device, key string, within muster.Range) error {
	return r.write(ctx, func(tx *conn) error {
		v := view{"key": key}
		if within.From != math.MinInt64 {
			v["from"] = timeText(within.From)
		}
		if within.To != math.MaxInt64 {
			v["to"] = timeText(within.To)
		}
		return audited(ctx, tx, act{"remove", "readings", device, v, nil})
	})
}

// TraceSwitched notes in the audit log that somebody has a device traced until then, or, at the zero time, no more.
func (r *Registry) TraceSwitched(ctx context.Context, device string, until time.Time) error {
	return r.write(ctx, func(tx *conn) error {
		if until.IsZero() {
			return audited(ctx, tx, act{"trace-end", "device", device, nil, view{}})
		}
		return audited(ctx, tx, act{"trace", "device", device, nil, view{"until": until.UTC().Truncate(time.Second)}})
	})
}

// ServerReloaded notes in the audit log that somebody has had the settings and certificates read again, and what came of it.
func (r *Registry) ServerReloaded(ctx context.Context, changed, needRestart []string, certificate bool) error {
	return r.write(ctx, func(tx *conn) error {
		return audited(ctx, tx, act{"reload", "server", "", nil, view{"changed": changed, "needsRestart": needRestart, "certificate": certificate}})
	})
}

// timeText is a time in epoch milliseconds as JSON has it, though its year may be beyond what JSON's may.
func timeText(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339Nano) }

func profileView(p muster.Profile) view {
	return view{
		"name": p.Name, "description": p.Description, "strategy": p.Strategy, "chain": p.Settings.Chain,
		"retentionDays": p.Settings.RetentionDays, "hideReasons": p.Settings.HideReasons, "jwt": p.Settings.JWT,
		"sessions": p.Settings.Sessions, "reprovision": p.Settings.Reprovision.String(), "certificates": p.Settings.Certificates, "holdNew": p.Settings.HoldNew,
		"rotation": p.Settings.Rotation.String(), "graceDays": p.Settings.GraceDays,
	}
}

func provisionKeyView(k muster.ProvisionKey) view {
	return view{
		"key": k.Key, "profile": k.Profile, "secret": secretMark(k.Secret), "notBefore": k.NotBefore, "expiresAt": k.ExpiresAt,
		"maxDevices": k.MaxDevices, "networks": prefixes(k.Networks), "namePattern": k.NamePattern, "revokedAt": k.RevokedAt,
		"formerSecret": formerMark(k), "formerUntil": k.FormerUntil, "rate": k.Rate, "suspendedAt": k.SuspendedAt,
	}
}

func deviceView(d muster.Device) view {
	return view{
		"name": d.Name, "profile": d.Profile, "state": d.State, "gateway": d.Gateway, "label": d.Label, "description": d.Description,
		"tags": d.Tags, "provisionedAt": d.ProvisionedAt,
	}
}

func credentialView(c muster.Credential) view {
	return view{
		"id": c.ID, "kind": c.Kind.String(), "hint": c.Hint, "state": c.State.String(), "notBefore": c.NotBefore, "expiresAt": c.ExpiresAt,
	}
}

// secretMark tells one sealed secret from another: the box, and not what is in it, is digested.
func secretMark(s muster.Sealed) string {
	sum := sha256.Sum256(s)
	return "sealed " + hex.EncodeToString(sum[:4])
}

// formerMark is nothing where there is no secret before the last rotation.
func formerMark(k muster.ProvisionKey) string {
	if len(k.Former) == 0 {
		return ""
	}
	return secretMark(k.Former)
}

func prefixes(networks []netip.Prefix) []string {
	return slices.Collect(func(yield func(string) bool) {
		for _, n := range networks {
			if !yield(n.String()) {
				return
			}
		}
	})
}
