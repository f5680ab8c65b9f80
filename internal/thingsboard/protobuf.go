package thingsboard

import (
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"muster"
)

// The numbers of ThingsBoard's enums (device API 1.2). Its CredentialsType ends with LWM2M_CREDENTIALS; the number of a
// public key is ours and only ever answered.
const (
	tokenNumber uint64 = iota
	certificateNumber
	basicNumber
	lwm2mNumber
	publicKeyNumber
)

const (
	successNumber uint64 = iota + 1
	notFoundNumber
	failureNumber
)

// readProvisionProtobuf reads a ProvisionDeviceRequestMsg; not ok if body is none. Absent fields are empty.
func readProvisionProtobuf(body []byte) (r *muster.ProvisionRequest, ok bool, err error) {
	r = &muster.ProvisionRequest{Binary: true}
	e, kind, gateway := &r.Evidence, tokenNumber, uint64(0)
	if !(message{
		1: &r.Name,
		2: &kind,
		3: message{1: &r.Key, 2: &r.Secret}, // ProvisionDeviceCredentialsMsg
		4: message{ // CredentialsDataProto
			1: message{1: &e.Token},
			2: message{1: &e.Certificate},
			3: message{1: &e.ClientID, 2: &e.Username, 3: &e.Password},
		},
		5: &gateway,
	}).read(body) {
		return nil, false, nil
	}
	r.Gateway = gateway != 0
	if r.Key == "" && r.Secret == "" {
		r.Keyless = muster.Refuse(muster.ReasonProvisionDataNotFound, "")
	}
	switch kind {
	case tokenNumber:
		e.Kind = muster.AccessToken
	case certificateNumber:
		e.Kind = muster.X509Certificate
	case basicNumber:
		e.Kind = muster.MQTTBasic
	case lwm2mNumber:
		e.Kind = lwm2m
	default:
		return nil, true, errKind()
	}
	return r, true, nil
}

// A message says where the fields of a protobuf message go: a *string, a *muster.Secret, a *uint64 for numbers, enums and
// booleans, or a message.
type message map[protowire.Number]any

// read reads the fields of b that m has a place for and skips the others, also those of another wire type; of repeated
// ones the last wins and messages merge, as protobuf has it. False: b is no protobuf, or a string is not UTF-8.
func (m message) read(b []byte) bool {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return false
		}
		value := b[n:]
		if n = protowire.ConsumeFieldValue(number, kind, value); n < 0 {
			return false
		}
		value, b = value[:n], value[n:]
		ok := true
		switch kind {
		case protowire.VarintType:
			if place, is := m[number].(*uint64); is {
				*place, _ = protowire.ConsumeVarint(value)
			}
		case protowire.BytesType:
			text, _ := protowire.ConsumeBytes(value)
			switch place := m[number].(type) {
			case *string:
				*place, ok = string(text), utf8.Valid(text)
			case *muster.Secret:
				*place, ok = muster.Secret(text), utf8.Valid(text)
			case message:
				ok = place.read(text)
			}
		}
		if !ok {
			return false
		}
	}
	return true
}

// grantProtobuf writes the ProvisionDeviceResponseMsg of a success.
func grantProtobuf(grant *muster.Grant) []byte {
	kind := tokenNumber
	switch grant.Evidence.Kind {
	case muster.AccessToken:
	case muster.X509Certificate:
		kind = certificateNumber
	case muster.MQTTBasic:
		kind = basicNumber
	case muster.PublicKey:
		kind = publicKeyNumber
	}
	b := appendNumber(nil, 1, successNumber)
	b = appendNumber(b, 2, kind)
	b = protowire.AppendTag(b, 3, protowire.BytesType)
	return protowire.AppendString(b, grant.Evidence.Value().Reveal())
}

// denialProtobuf writes the ProvisionDeviceResponseMsg of a failure.
func denialProtobuf(status string) []byte {
	if status == statusNotFound {
		return appendNumber(nil, 1, notFoundNumber)
	}
	return appendNumber(nil, 1, failureNumber)
}

// appendNumber appends a field, unless it is 0: absent means that.
func appendNumber(b []byte, field protowire.Number, v uint64) []byte {
	if v == 0 {
		return b
	}
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}
