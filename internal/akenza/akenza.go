// Package akenza is the dialect of devices that speak akenza's: topics that carry the device's own name, and a JWT in the
// place of the MQTT password.
package akenza

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"muster"
	"muster/internal/payload"
)

const (
	uplink   = "/up/device/id/"
	downlink = "/down/device/id/"
)

// A Dialect translates between akenza's device API and the words of the house. The zero Dialect is ready for use. It
// keeps nothing and is safe for concurrent use.
type Dialect struct{}

// Owns reports whether address is an uplink topic.
func (Dialect) Owns(address []byte) bool { return bytes.HasPrefix(address, []byte(uplink)) }

// maxHeader bounds the first part of a JWS, in bytes.
const maxHeader = 4 << 10

// Proof reads a JWT from the password of an MQTT client; the user name means nothing. It is proof only if the client id
// names a device that signs JWTs, which others decide.
func (Dialect) Proof(h *muster.Hello) (muster.Proof, bool) {
	if h.Transport != muster.MQTT || !isJWS(h.Password.Reveal()) {
		return muster.Proof{}, false
	}
	return muster.Proof{JWT: h.Password.Reveal(), ClientID: h.ClientID}, true
}

// isJWS reports whether text has the shape of a compact JWS: three parts, of which the first is a JSON object in base64 that
// names an algorithm. Padding, the standard alphabet, an empty signature and any length count as that shape: such a token
// is refused for what it is, and never taken for the password of another device.
func isJWS(text string) bool {
	first, _, _ := strings.Cut(text, ".")
	if strings.Count(text, ".") != 2 || len(first) > maxHeader {
		return false
	}
	header, err := base64.RawURLEncoding.DecodeString(strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(first, "=")))
	var named struct {
		Algorithm string `json:"alg"`
	}
	return err == nil && json.Unmarshal(header, &named) == nil && named.Algorithm != ""
}

// Grants reports whether filter is below the device's own downlink.
func (Dialect) Grants(who *muster.Identity, filter string) bool {
	rest, ok := strings.CutPrefix(filter, downlink+who.Name+"/")
	return ok && rest != "" && who.Name != "" && !strings.ContainsAny(who.Name, "+#")
}

// Read understands readings on the device's own uplink topic or one below it. The sub-topic names akenza's topic; the
// readings keep their plain keys whatever it is. A member timestamp that holds an ISO-8601 time is the time of the
// readings and none of them; it is in UTC if it says no zone.
func (Dialect) Read(who *muster.Identity, address, body []byte, now time.Time) (muster.Uplink, error) {
	own, ok := bytes.CutPrefix(address, []byte(uplink))
	if !ok || !belongs(own, who.Name) {
		return nil, muster.Refuse(muster.ReasonTopicUnknown, "")
	}
	t := muster.NewTelemetry()
	values, err := payload.Object(body, t.Arena)
	if err != nil {
		t.Release()
		return nil, err
	}
	t.Arena = values // the arena was empty, so they are all of it
	sample := muster.Sample{TS: now.UnixMilli(), Values: values}
	if at, rest, ok := cutTimestamp(values); ok {
		sample = muster.Sample{TS: at.UnixMilli(), Stamped: true, Values: rest}
	}
	if len(sample.Values) > 0 {
		t.Samples = append(t.Samples, sample)
	}
	return t, nil
}

// belongs reports whether the part of a topic behind the prefix is name, or below it.
func belongs(own []byte, name string) bool {
	return name != "" && len(own) >= len(name) && string(own[:len(name)]) == name && (len(own) == len(name) || own[len(name)] == '/')
}

// Write says nothing: a device is acknowledged and no more.
func (Dialect) Write(muster.Transport, muster.Uplink, muster.Downlink, error) muster.Message {
	return muster.Message{}
}
