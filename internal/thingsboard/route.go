package thingsboard

import (
	"net/url"
	"strings"

	"muster"
)

// Route finds the token and the address in a path of the device API. Refused with ReasonTopicUnknown; with
// ReasonMethodNotAllowed if there is such a path for another method; with ReasonPayloadInvalid if HTTP brings no body where
// one belongs.
func (d *Dialect) Route(r *muster.Request) (token muster.Secret, address string, err error) {
	path := r.Path
	if n := len(path) - 2; r.Transport == muster.HTTP && n >= 2 && path[n] == "attributes" && path[n+1] == "updates" {
		path = append(path[:n:n], updates)
	}
	if len(path) < 3 || len(path) > 4 || path[0] != "api" || path[1] != "v1" {
		return "", "", muster.Refuse(muster.ReasonTopicUnknown, "")
	}
	feature, owner := path[len(path)-1], path[2:len(path)-1]
	if r.Transport == muster.CoAP {
		feature = strings.ToLower(feature) // ThingsBoard device API 5.1
	}
	switch {
	case len(owner) == 1 && (owner[0] == "" || len(owner[0]) > muster.MaxEvidence):
		return "", "", muster.Refuse(muster.ReasonTopicUnknown, "no device can have this token")
	case r.Transport == muster.CoAP:
		address, err = routeCoAP(r, feature)
	default:
		address, err = routeHTTP(r, feature)
	}
	if err != nil || len(owner) == 0 {
		return "", address, err
	}
	return muster.Secret(owner[0]), address, nil
}

// updates is the feature of waiting for changes, whose path has two segments: no other has a slash.
const updates = "attributes/updates"

// routeHTTP finds the address of a feature (ThingsBoard device API 4).
func routeHTTP(r *muster.Request, feature string) (address string, err error) {
	address = featureTopic(feature)
	switch {
	case feature == updates && r.Method == "GET":
		return updatesAddress(r.Query), nil
	case feature == updates:
		return "", muster.Refuse(muster.ReasonMethodNotAllowed, "")
	case address == "":
		return "", muster.Refuse(muster.ReasonTopicUnknown, "")
	case r.Method == "GET" && address == attributesTopic:
		return queryAddress(r.Query), nil
	case r.Method != "POST":
		return "", muster.Refuse(muster.ReasonMethodNotAllowed, "")
	case len(r.Body) == 0:
		return "", muster.Refuse(muster.ReasonPayloadInvalid, bodyMissing)
	}
	return address, nil
}

// routeCoAP finds the address of a feature. Here a method is not allowed anywhere or everywhere, and a known feature
// without GET is as good as none (ThingsBoard device API 5.1).
func routeCoAP(r *muster.Request, feature string) (address string, err error) {
	address = featureTopic(feature)
	switch {
	case r.Method != "GET" && r.Method != "POST":
		return "", muster.Refuse(muster.ReasonMethodNotAllowed, "")
	case r.Method == "GET" && address == attributesTopic && r.Observe:
		return attributeUpdates, nil
	case r.Method == "GET" && address == attributesTopic:
		return queryAddress(r.Query), nil
	case r.Method == "GET" || address == "":
		return "", muster.Refuse(muster.ReasonTopicUnknown, "")
	}
	return address, nil
}

func featureTopic(feature string) string {
	switch feature {
	case "telemetry":
		return telemetryTopic
	case "attributes":
		return attributesTopic
	case joiner:
		return provisionRequest
	}
	return ""
}

// queryAddress is the address of reading attributes, with what the query asks for in a form that Read understands.
func queryAddress(query []string) string {
	values := url.Values{}
	for _, item := range query {
		name, value, _ := strings.Cut(item, "=")
		if name == clientKeys || name == sharedKeys {
			values.Add(name, value)
		}
	}
	if len(values) == 0 {
		return attributeQuery
	}
	return attributeQuery + "?" + strings.ReplaceAll(values.Encode(), "%2C", ",")
}
