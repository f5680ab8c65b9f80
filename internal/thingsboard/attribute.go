package thingsboard

import (
	"net/url"
	"strings"

	"muster"
)

// attributeQuery is the address that Route gives to reading attributes over HTTP and CoAP; a query string may follow. No
// device can publish to it: a topic's name has no # in it.
const attributeQuery = "v1/devices/me/attributes#"

// What a request for attributes may name: lists of keys of a scope.
const (
	clientKeys = "clientKeys"
	sharedKeys = "sharedKeys"
)

// readAttributeRequest reads {"clientKeys":"a,b","sharedKeys":"c"}; either member may be absent.
func readAttributeRequest(id, topic string, body []byte) (muster.Uplink, error) {
	to, err := replyTo(topic, id)
	if err != nil {
		return nil, err
	}
	fields, err := readFields(body, muster.ReasonPayloadInvalid, clientKeys, sharedKeys)
	if err != nil {
		return nil, err
	}
	return newAttributeRequest(fields, to)
}

// readAttributeQuery reads ?clientKeys=a,b&sharedKeys=c, as Route writes it; an empty list is an absent one.
func readAttributeQuery(query string) (muster.Uplink, error) {
	text, ok := strings.CutPrefix(query, "?")
	if !ok && query != "" {
		return nil, muster.Refuse(muster.ReasonTopicUnknown, "")
	}
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, muster.Refuse(muster.ReasonTopicUnknown, "the query cannot be read")
	}
	fields := make(map[string]string)
	for _, name := range []string{clientKeys, sharedKeys} {
		if list := strings.Join(values[name], ","); list != "" {
			fields[name] = list
		}
	}
	return newAttributeRequest(fields, "")
}

func newAttributeRequest(fields map[string]string, to string) (muster.Uplink, error) {
	client, err := splitKeys(fields, clientKeys)
	if err != nil {
		return nil, err
	}
	shared, err := splitKeys(fields, sharedKeys)
	if err != nil {
		return nil, err
	}
	return &muster.AttributeRequest{ClientKeys: client, SharedKeys: shared, ReplyTo: to}, nil
}

// splitKeys takes a list of keys apart, leaving out those that no attribute can have. It is nil only if there is no list.
func splitKeys(fields map[string]string, name string) ([]string, error) {
	list, ok := fields[name]
	if !ok {
		return nil, nil
	}
	keys := []string{}
	for key := range strings.SplitSeq(list, ",") {
		if key == "" || len(key) > muster.MaxKeyLength {
			continue
		}
		if len(keys) == muster.MaxKeys {
			return nil, muster.Refuse(muster.ReasonPayloadInvalid, "more than %d keys are asked for", muster.MaxKeys)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// writeAttributes writes {"client":{…},"shared":{…}} without the scopes that are empty (ThingsBoard device API 3.4).
func writeAttributes(t muster.Transport, asked *muster.AttributeRequest, answer *muster.AttributeValues) muster.Message {
	switch {
	case t == muster.MQTT && asked.ReplyTo == "":
		return muster.Message{} // the request's id was negative
	case t == muster.CoAP && len(answer.Client)+len(answer.Shared) == 0:
		return muster.Message{Code: coapNotFound} // 5.1
	}
	body := appendScope([]byte("{"), "client", answer.Client)
	body = append(appendScope(body, "shared", answer.Shared), '}')
	m := muster.Message{Address: asked.ReplyTo, Body: body}
	if t == muster.CoAP {
		m.Code = coapContent
	}
	return m
}

func appendScope(body []byte, name string, attributes []muster.Attribute) []byte {
	if len(attributes) == 0 {
		return body
	}
	if len(body) > 1 {
		body = append(body, ',')
	}
	body = append(muster.AppendJSONString(body, name), ':', '{')
	return append(appendMembers(body, attributes), '}')
}

func appendMembers(body []byte, attributes []muster.Attribute) []byte {
	for i, a := range attributes {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(muster.AppendJSONString(body, a.Key), ':')
		body = a.Value.AppendJSON(body)
	}
	return body
}
