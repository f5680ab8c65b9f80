package thingsboard

import (
	"math"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"muster"
)

// attributeUpdates is the address that Route gives to waiting for changes of shared attributes over HTTP, and to observing
// them over CoAP; how long to wait may follow. No device can publish to it.
const attributeUpdates = "v1/devices/me/attributes/updates#"

// How long a request over HTTP waits (ThingsBoard device API 4).
const (
	usualWait   = 60 * time.Second
	longestWait = 300 * time.Second
)

// Watch returns what a subscription to filter has a device told without a request: changes of its shared attributes, on
// the topic of the form that it subscribed to (ThingsBoard device API 3.3), and that it is asked for another credential on a
// topic of its own. nil: nothing.
func (d *Dialect) Watch(filter string) *muster.AttributeWatch {
	switch filter {
	case attributesTopic, "v2/a", "v2/a/j":
		return &muster.AttributeWatch{TellAt: filter}
	case credentialNotice:
		return &muster.AttributeWatch{TellAt: filter, Key: muster.RotationWanted}
	case "v2/a/p":
		return &muster.AttributeWatch{TellAt: filter, Binary: true}
	}
	return nil
}

// updatesAddress is the address of waiting for as long as the query asks.
func updatesAddress(query []string) string {
	for _, item := range query {
		if wait, ok := strings.CutPrefix(item, "timeout="); ok {
			return attributeUpdates + wait
		}
	}
	return attributeUpdates
}

// readWatch reads how many milliseconds to wait: longestWait at most, and usualWait where that is not said, or is 0 or less.
func readWatch(wait string) (muster.Uplink, error) {
	if wait == "" {
		return &muster.AttributeWatch{Wait: usualWait}, nil
	}
	n, err := strconv.ParseInt(wait, 10, 64)
	switch {
	case err != nil:
		return nil, muster.Refuse(muster.ReasonPayloadInvalid, timeoutInvalid)
	case n <= 0:
		return &muster.AttributeWatch{Wait: usualWait}, nil
	}
	return &muster.AttributeWatch{Wait: time.Duration(min(n, longestWait.Milliseconds())) * time.Millisecond}, nil
}

// timeoutInvalid is the message of a refusal that HTTP answers with 400 instead of 500, as bodyMissing is.
const timeoutInvalid = "the timeout is not a number of milliseconds"

// writeWatched writes {"k":v} and {"deleted":["k"]}, or both in one (ThingsBoard device API 3.4). That nothing has changed in
// time is told over HTTP alone (4).
func writeWatched(t muster.Transport, asked *muster.AttributeWatch, answer muster.Downlink) muster.Message {
	change, ok := answer.(*muster.AttributeChange)
	switch {
	case !ok:
		return muster.Message{Code: httpRequestTimeout}
	case asked.Binary:
		return muster.Message{Address: asked.TellAt, Body: changeProtobuf(change), Binary: true}
	}
	m := muster.Message{Address: asked.TellAt, Body: changeJSON(change)}
	if t == muster.CoAP {
		m.Code = coapContent
	}
	return m
}

func changeJSON(c *muster.AttributeChange) []byte {
	body := appendMembers([]byte("{"), c.Set)
	if len(c.Removed) > 0 {
		if len(c.Set) > 0 {
			body = append(body, ',')
		}
		body = append(body, `"deleted":[`...)
		for i, key := range c.Removed {
			if i > 0 {
				body = append(body, ',')
			}
			body = muster.AppendJSONString(body, key)
		}
		body = append(body, ']')
	}
	return append(body, '}')
}

// The numbers of ThingsBoard's KeyValueType, each one less than that of the field that holds the value.
const (
	boolNumber uint64 = iota
	longNumber
	doubleNumber
	stringNumber
	jsonNumber
)

// changeProtobuf writes an AttributeUpdateNotificationMsg.
func changeProtobuf(c *muster.AttributeChange) (b []byte) {
	for _, a := range c.Set {
		var of []byte // TsKvProto
		of = appendNumber(of, 1, uint64(a.UpdatedAt.UnixMilli()))
		of = protowire.AppendBytes(protowire.AppendTag(of, 2, protowire.BytesType), pairProtobuf(&a))
		b = protowire.AppendBytes(protowire.AppendTag(b, 1, protowire.BytesType), of)
	}
	for _, key := range c.Removed {
		b = protowire.AppendString(protowire.AppendTag(b, 2, protowire.BytesType), key)
	}
	return b
}

// pairProtobuf writes a KeyValueProto.
func pairProtobuf(a *muster.Attribute) []byte {
	b := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), a.Key)
	v := a.Value
	switch v.Kind {
	case muster.Bool:
		return appendNumber(appendNumber(b, 2, boolNumber), 3, protowire.EncodeBool(v.Bool()))
	case muster.Long:
		return appendNumber(appendNumber(b, 2, longNumber), 4, uint64(v.Long()))
	case muster.Double:
		b = appendNumber(b, 2, doubleNumber)
		return protowire.AppendFixed64(protowire.AppendTag(b, 5, protowire.Fixed64Type), math.Float64bits(v.Double()))
	case muster.String:
		b = appendNumber(b, 2, stringNumber)
		return protowire.AppendString(protowire.AppendTag(b, 6, protowire.BytesType), v.Text())
	case muster.JSON:
		b = appendNumber(b, 2, jsonNumber)
		return protowire.AppendString(protowire.AppendTag(b, 7, protowire.BytesType), v.Text())
	case muster.NoValue:
	}
	return b
}
