package node

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"sync"
	"time"

	"muster"
	"muster/internal/admin"
	"muster/internal/issuer"
	"muster/internal/revocation"
)

// What is not well, from inside.
const (
	lostLately  = 10 * time.Minute // ago, that the journal lost something
	nearlyFull  = 90               // percent of the queue
	measureSync = 10 * time.Second // at most so often: it takes the disk's time
)

// Health looks at everything on this machine that the node needs, and at what waits in it.
func (n *Node) Health() admin.Health {
	found := []admin.Finding{clockFinding(time.Now()), filesFinding(openFiles())}
	if info, err := os.Stat(n.dir.path); err == nil {
		found = append(found, directoryFinding(info))
	}
	found = append(found, keyFinding(n.dir.path), spaceFinding(n.dir.path), n.disk.finding(n.dir.path),
		storeFinding(admin.FindRegistry, n.registry.Healthy()), storeFinding(admin.FindReadings, errors.Join(n.readings.Healthy(), n.intake.Healthy())),
		queueFinding(n.intake.Queued()), journalFinding(n.journal.Lost()))
	for _, c := range n.issuer.Certificates() {
		found = append(found, expiryFinding(&c, time.Now()))
	}
	for _, l := range n.authority.ListAges() {
		found = append(found, ownListFinding(&l, time.Now()))
	}
	for _, l := range n.revocation.Lists() {
		found = append(found, listFinding(&l))
	}
	for _, r := range n.revocation.Responders() {
		found = append(found, responderFinding(&r))
	}
	h := admin.Health{OK: true}
	for _, f := range found {
		h.OK = h.OK && f.OK
		h.Findings = append(h.Findings, f)
	}
	return h
}

// A syncTimer remembers for a while how long the disk took to sync.
type syncTimer struct {
	mu   sync.Mutex // guards these
	at   time.Time
	last admin.Finding
}

func (s *syncTimer) finding(dir string) admin.Finding {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at.IsZero() || time.Since(s.at) >= measureSync {
		s.last, s.at = syncFinding(dir), time.Now()
	}
	return s.last
}

func storeFinding(code admin.FindingCode, err error) admin.Finding {
	f := admin.Finding{Code: code, About: string(code), OK: true, Says: "it takes what it is given"}
	if err != nil {
		r, message := muster.ReasonOf(err), muster.MessageOf(err)
		f.OK, f.Says, f.Fix, f.Reason, f.Detail = false, message, r.Advice(), string(r), message
	}
	return f
}

func queueFinding(bytes, most int) admin.Finding {
	f := admin.Finding{
		Code: admin.FindQueue, About: "queue", OK: bytes*100 <= most*nearlyFull,
		Says:    fmt.Sprintf("%d kB of readings wait for the disk, %d kB may", bytes>>10, most>>10),
		Figures: map[string]int64{"kilobytes": int64(bytes >> 10), "most": int64(most >> 10)},
	}
	if !f.OK {
		f.Fix = "Use a disk that syncs sooner; devices wait until there is room."
	}
	return f
}

func journalFinding(lost int64, last time.Time) admin.Finding {
	f := admin.Finding{
		Code: admin.FindJournal, About: "journal", OK: lost == 0 || time.Since(last) > lostLately,
		Says: fmt.Sprintf("%d attempts could not be kept since the start", lost), Figures: map[string]int64{"attempts": lost},
	}
	if !f.OK {
		f.Fix = "Look at the disk, and with `muster attempts` for who tries so often."
	}
	return f
}

func expiryFinding(c *issuer.Certificate, now time.Time) admin.Finding {
	f := admin.Finding{
		Code: certificateCode(c), About: c.Use + " certificate", OK: c.NotAfter.Sub(now) > enoughDays*24*time.Hour,
		Says: "it is valid until " + c.NotAfter.UTC().Format(time.DateOnly), At: c.NotAfter,
	}
	switch {
	case f.OK:
	case c.File != "":
		f.Fix = "Renew the files of --tls-cert and --tls-key; the server reads them again by itself."
	default:
		f.Fix = "The server renews it by itself: look at its log for why it cannot."
	}
	return f
}

// ownListFinding says how old a CRL of the authority is, for which others may come.
func ownListFinding(l *issuer.ListAge, now time.Time) admin.Finding {
	key := cmp.Or(l.Role, "key") + " " + l.ID
	f := admin.Finding{Code: admin.FindOwnListMissing, About: "CRL of " + key, OK: !l.Old(now), Says: "there is none", Name: key}
	if !l.ThisUpdate.IsZero() {
		f.Code, f.At = admin.FindOwnList, l.NextUpdate
		f.Says = fmt.Sprintf("it is of %s, and given until %s", l.ThisUpdate.UTC().Format(time.RFC3339), l.NextUpdate.UTC().Format(time.RFC3339))
	}
	if !f.OK {
		f.Detail = l.Failure
		if l.Failure != "" {
			f.Says += "; there is no newer one: " + l.Failure
		}
		f.Fix = "Look with `muster ca show` where the key is, and whether the program that keeps it runs; what was revoked meanwhile is not told to others."
	}
	return f
}

func certificateCode(c *issuer.Certificate) admin.FindingCode {
	if c.File != "" {
		return admin.FindServerFile
	}
	return map[string]admin.FindingCode{
		"server": admin.FindServer, "intermediate": admin.FindIntermediate, "root": admin.FindRoot, "next root": admin.FindNextRoot,
	}[c.Use]
}

func listFinding(l *revocation.List) admin.Finding {
	f := admin.Finding{
		Code: admin.FindList, About: "revocation list " + l.Name, OK: !l.Outdated && l.Failure == "", Name: l.Name,
		Says: "the next one comes by " + l.NextUpdate.UTC().Format(time.RFC3339), At: l.NextUpdate,
	}
	switch {
	case f.OK:
	case l.Failure != "":
		f.Code, f.Says, f.Detail = admin.FindListFailed, l.Failure, l.Failure
		f.Fix = "Look whether its address answers, with `muster revocation-list refresh`; what was fetched before counts until its date."
	default:
		f.Code = admin.FindListOverdue
		f.Says = "the next one should have come by " + l.NextUpdate.UTC().Format(time.RFC3339)
		f.Fix = "Ask its authority for a newer one; profiles with the hard rule refuse its certificates until then."
	}
	return f
}

func responderFinding(r *revocation.Responder) admin.Finding {
	f := admin.Finding{Code: admin.FindResponder, About: "OCSP responder " + r.URL, OK: r.Failure == "", Name: r.URL, Says: "it answers"}
	if !f.OK {
		f.Code, f.At, f.Detail = admin.FindResponderFailed, r.Since, r.Failure
		f.Says = "since " + r.Since.UTC().Format(time.RFC3339) + ": " + r.Failure
		f.Fix = "Look whether it answers, with `openssl ocsp`, and whether responderNetworks has its network; profiles with the hard rule refuse certificates of which it has said nothing."
	}
	return f
}

// Listeners returns where the node listens.
func (n *Node) Listeners() []admin.Listener {
	var all []admin.Listener
	for _, l := range []admin.Listener{
		{Name: "http", Address: n.bound.HTTP},
		{Name: "https", Address: n.bound.HTTPS, TLS: true},
		{Name: "mqtt", Address: n.bound.MQTT},
		{Name: "mqtts", Address: n.bound.MQTTS, TLS: true},
		{Name: "coap", Address: n.bound.CoAP},
		{Name: "coaps", Address: n.bound.CoAPS, TLS: true},
	} {
		if l.Address != "" {
			all = append(all, l)
		}
	}
	return all
}

// Certificates returns the certificates that the node shows and signs with.
func (n *Node) Certificates() []admin.Certificate {
	var all []admin.Certificate
	for _, c := range n.issuer.Certificates() {
		shown := admin.Certificate{
			Use: c.Use, Subject: c.Subject.String(), Names: append([]string{}, c.DNSNames...), Issuer: c.Issuer.String(),
			NotBefore: c.NotBefore, NotAfter: c.NotAfter, DaysLeft: int(math.Floor(time.Until(c.NotAfter).Hours() / 24)),
			Fingerprint: c.Fingerprint(), File: c.File,
		}
		for _, a := range c.IPAddresses {
			shown.Names = append(shown.Names, a.String())
		}
		all = append(all, shown)
	}
	return all
}

// Limits returns the limits that hold for everybody.
func (n *Node) Limits() []admin.Limit {
	n.reloading.Lock()
	defer n.reloading.Unlock()
	var all []admin.Limit
	for _, f := range n.holds.Config.fields() {
		if key, is := strings.CutPrefix(f.key, "limits."); is {
			all = append(all, admin.Limit{Key: "limits." + key, Value: int(f.value.Int()), Reloads: f.reloads})
		}
	}
	files := openFiles()
	return append(all, admin.Limit{Key: "openFiles", Value: int(files)},
		admin.Limit{Key: "mqttConnections", Value: connections(files)}, admin.Limit{Key: "httpConnections", Value: int(requests(files))})
}

// Settings returns the settings that hold. Of secrets it says where they come from, and never what they are.
func (n *Node) Settings() []admin.Setting {
	n.reloading.Lock()
	defer n.reloading.Unlock()
	all := append([]admin.Setting{}, n.shown...)
	if _, source, err := findKey(n.dir.path); err == nil {
		all = append(all, admin.Setting{Key: "masterKey", Source: source, Secret: true})
	}
	if os.Getenv(clientSecretVariable) != "" {
		all = append(all, admin.Setting{Key: "oidc.clientSecret", Source: clientSecretVariable, Secret: true})
	}
	return all
}
