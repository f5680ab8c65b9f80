package thingsboard

import (
	"encoding/base64"
	"encoding/pem"
	"strconv"
	"strings"
	"time"

	"muster"
)

// lwm2m stands for LWM2M_CREDENTIALS, which a request may name. The house has no such kind, so the request is granted a
// token if it brings no credential and is refused as credential-invalid if it does (ThingsBoard device API 1.4).
const lwm2m muster.CredentialKind = 0xff

// readProvision reads a provision request: JSON, or protobuf if it is no JSON (ThingsBoard device API 1.2). An empty
// payload is an empty protobuf message.
func readProvision(body []byte) (muster.Uplink, error) {
	request, err := readProvisionJSON(body)
	if muster.ReasonOf(err) == muster.ReasonPayloadInvalid {
		binary, ok, refused := readProvisionProtobuf(body)
		if ok {
			request, err = binary, refused
		}
	}
	if err != nil {
		return nil, err
	}
	return request, nil
}

// The members of a provision request (ThingsBoard device API 1.1); publicKey, csr, requestId, recoverySecret
// and proof are ours.
const (
	fieldName            = "deviceName"
	fieldKey             = "provisionDeviceKey"
	fieldSecret          = "provisionDeviceSecret"
	fieldCredentialsType = "credentialsType"
	fieldToken           = "token"
	fieldUsername        = "username"
	fieldPassword        = "password"
	fieldClientID        = "clientId"
	fieldHash            = "hash"
	fieldPublicKey       = "publicKey"
	fieldCSR             = "csr"
	fieldGateway         = "gateway"
	fieldRequestID       = "requestId"
	fieldRecovery        = "recoverySecret"
	fieldProof           = "proof"
)

func readProvisionJSON(body []byte) (*muster.ProvisionRequest, error) {
	fields, err := readFields(body, muster.ReasonRequestInvalid, fieldName, fieldKey, fieldSecret, fieldCredentialsType, fieldToken, fieldUsername,
		fieldPassword, fieldClientID, fieldHash, fieldPublicKey, fieldCSR, fieldGateway, fieldRequestID, fieldRecovery, fieldProof)
	if err != nil {
		return nil, err
	}
	keyless, err := checkKey(fields)
	if err != nil {
		return nil, err
	}
	kind := muster.AccessToken
	if word, ok := fields[fieldCredentialsType]; ok {
		if kind, err = parseKind(word); err != nil {
			return nil, err
		}
	}
	if len(fields[fieldRequestID]) > muster.MaxNameLength {
		return nil, muster.Refuse(muster.ReasonRequestInvalid, "the field %s is longer than %d bytes", fieldRequestID, muster.MaxNameLength)
	}
	return &muster.ProvisionRequest{
		Key:     fields[fieldKey],
		Secret:  muster.Secret(fields[fieldSecret]),
		Name:    fields[fieldName],
		Gateway: strings.EqualFold(fields[fieldGateway], "true"),
		Evidence: muster.Evidence{
			Kind:        kind,
			Token:       muster.Secret(fields[fieldToken]),
			ClientID:    fields[fieldClientID],
			Username:    fields[fieldUsername],
			Password:    muster.Secret(fields[fieldPassword]),
			Certificate: fields[fieldHash],
			PublicKey:   fields[fieldPublicKey],
			CSR:         fields[fieldCSR],
		},
		RequestID: fields[fieldRequestID],
		Recovery:  muster.Secret(fields[fieldRecovery]),
		Proof:     muster.Secret(fields[fieldProof]),
		Keyless:   keyless,
	}, nil
}

// checkKey refuses a request with a key and no secret, or the other way round. With neither it is one of a device that is in.
func checkKey(fields map[string]string) (keyless, err error) {
	for _, name := range []string{fieldKey, fieldSecret} {
		if _, ok := fields[name]; !ok && err == nil {
			err = muster.Refuse(muster.ReasonRequestInvalid, "Failed to find the field %s in JSON body!", name)
		}
	}
	_, key := fields[fieldKey]
	_, secret := fields[fieldSecret]
	if !key && !secret {
		return err, nil
	}
	return nil, err
}

func parseKind(word string) (muster.CredentialKind, error) {
	if word == "LWM2M_CREDENTIALS" {
		return lwm2m, nil
	}
	kind, err := muster.ParseCredentialKind(word)
	if err != nil {
		return 0, errKind() // the word is not repeated: who errs may have put anything there
	}
	return kind, nil
}

func errKind() error {
	return muster.Refuse(muster.ReasonRequestInvalid, "the field %s names no type of credentials", fieldCredentialsType)
}

// The words for how provisioning went, and what goes with a failure (ThingsBoard device API 1.3 and 1.5).
const (
	statusSuccess  = "SUCCESS"
	statusNotFound = "NOT_FOUND"
	statusFailure  = "FAILURE"

	messageNotFound = "Provision data was not found!"
	messageFailure  = "Failed to provision device!"
	messagePending  = "Not yet: ask again later." // where ThingsBoard has nothing like it
)

// writeGrant writes the answer to a request that was let in. The three members that ThingsBoard sends come first; the
// others are those that its documentation shows.
func writeGrant(t muster.Transport, asked *muster.ProvisionRequest, grant *muster.Grant) muster.Message {
	if asked.Binary && t != muster.HTTP {
		return provisionMessage(t, grantProtobuf(grant), true, coapCreated)
	}
	value, kind := grant.Evidence.Value().Reveal(), grant.Evidence.Kind
	if grant.Chain != "" {
		value = certificatePEM(value)
	}
	b := []byte(`{"credentialsValue":`)
	if kind == muster.MQTTBasic {
		b = append(b, value...) // it is a JSON object
	} else {
		b = muster.AppendJSONString(b, value)
	}
	b = appendMember(b, fieldCredentialsType, kind.String())
	b = appendMember(b, "status", statusSuccess)
	b = appendMember(b, "provisionDeviceStatus", statusSuccess)
	b = appendMember(b, "deviceId", grant.Device.String())
	b = appendMember(b, "credentialsId", grant.CredentialID)
	if kind == muster.AccessToken {
		b = appendMember(b, "accessToken", value)
	}
	if grant.Chain != "" {
		b = appendMember(b, "caChain", grant.Chain)
	}
	if grant.Recovery != "" {
		b = appendMember(b, fieldRecovery, grant.Recovery.Reveal())
	}
	return provisionMessage(t, append(b, '}'), false, coapCreated)
}

// certificatePEM puts armour around a bare certificate: who asked by signing request keeps it in a file.
func certificatePEM(bare string) string {
	der, err := base64.StdEncoding.DecodeString(bare)
	if err != nil {
		return bare
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// writeDenial writes the answer to a request that was understood and not let in.
func writeDenial(t muster.Transport, asked *muster.ProvisionRequest, err error) muster.Message {
	status, message, coap := statusFailure, messageFailure, coapBadRequest
	refusal := muster.Public(err)
	if refusal.Reason == muster.ReasonProvisionDataNotFound {
		status, message = statusNotFound, messageNotFound
	}
	retry := int(refusal.Retry / time.Second)
	if retry > 0 {
		message, coap = messagePending, coapUnavailable // [RFC 7252, 5.9.3.4]
	}
	if asked.Binary {
		m := provisionMessage(t, denialProtobuf(status), true, coap)
		m.RetryAfter = retry
		return m
	}
	b := append([]byte(`{"errorMsg":`), '"')
	b = append(append(b, message...), '"')
	b = appendMember(b, "status", status)
	if !refusal.Quiet {
		b = appendMember(b, "reason", string(refusal.Reason))
	}
	if retry > 0 {
		b = strconv.AppendInt(append(b, `,"retryAfter":`...), int64(retry), 10)
	}
	m := provisionMessage(t, append(b, '}'), false, coap)
	m.RetryAfter = retry
	return m
}

func appendMember(b []byte, name, value string) []byte {
	b = muster.AppendJSONString(append(b, ','), name)
	return muster.AppendJSONString(append(b, ':'), value)
}

// provisionMessage addresses an answer: HTTP says 200 whatever the outcome (ThingsBoard device API 1.6).
func provisionMessage(t muster.Transport, body []byte, binary bool, coap int) muster.Message {
	m := muster.Message{Body: body, Binary: binary}
	switch t {
	case muster.MQTT:
		m.Address = provisionAnswer
	case muster.HTTP:
		m.Code = httpOK
	case muster.CoAP:
		m.Code = coap
	}
	return m
}
