package admin

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"muster"
)

// reasonsExtension is where the OpenAPI document says for which reasons an operation may be refused, beside those that
// any may be refused for.
const reasonsExtension = "x-reasons"

// methods are those that operations have, in the order in which they are shown.
var methods = [...]string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// document serves the OpenAPI document.
func (a *api) document() http.Handler {
	text := sync.OnceValues(func() ([]byte, error) { return json.Marshal(a.huma.OpenAPI()) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		document, err := text()
		if err != nil {
			writeProblem(w, a.tell(r.Context(), "openapi", err))
			return
		}
		w.Header().Set("Content-Type", "application/vnd.oai.openapi+json;version=3.1")
		_, _ = w.Write(document)
	})
}

// describe completes the OpenAPI document, once all operations are registered: with what follows for each from its path,
// its parameters and its body.
func (a *api) describe() {
	document := a.huma.OpenAPI()
	schemas := document.Components.Schemas.Map()
	delete(schemas, "ErrorModel") // the library's refusal, which reword replaces
	delete(schemas, "ErrorDetail")
	for _, n := range nouns() {
		document.Tags = append(document.Tags, &huma.Tag{Name: n.name, Description: n.about})
	}
	for path, item := range document.Paths {
		for _, method := range methods {
			if op := operationOf(item, method); op != nil {
				a.describeOperation(op, path)
			}
		}
	}
	describeReasons(schemas)
}

// describeReasons names the reasons that there are, and the fields that have one of them. Examples are made before: the
// fields' own count in them.
func describeReasons(schemas map[string]*huma.Schema) {
	codes := muster.Reasons()
	slices.Sort(codes)
	all := &huma.Schema{Type: huma.TypeString, Description: "a stable code; later versions may have more"}
	for _, code := range codes {
		all.Enum = append(all.Enum, string(code))
	}
	schemas["Reason"] = all
	for _, name := range [...]string{"Problem", "Attempt", "AttemptStory", "Verdict", "Naming", "CampaignDevice", "Import", "Failure", "Finding"} {
		field := schemas[name].Properties["reason"]
		field.Type, field.Ref = "", "#/components/schemas/Reason"
	}
}

func (a *api) describeOperation(op *huma.Operation, path string) {
	n := nounOf(path)
	op.Tags = []string{n.name}
	for _, p := range op.Parameters {
		if p.In == "path" {
			p.Description, p.Example = n.parameter(p.Name)
			addReason(op, muster.ReasonNotFound)
		}
	}
	for _, implied := range []struct {
		holds  bool
		reason muster.Reason
	}{
		{op.RequestBody != nil || len(op.Parameters) > 0, muster.ReasonRequestInvalid},
		{op.RequestBody != nil, muster.ReasonPayloadTooLarge},
		{slices.ContainsFunc(op.Parameters, isMatchParameter), muster.ReasonVersionStale},
		{remembers(op), muster.ReasonKeyReused},
		{remembers(op), muster.ReasonKeyUnfinished},
	} {
		if implied.holds {
			addReason(op, implied.reason)
		}
	}
	a.describeRefusals(op)
	schemas := a.huma.OpenAPI().Components.Schemas
	if op.RequestBody != nil {
		addExample(schemas, op.RequestBody.Content)
	}
	for _, answer := range op.Responses {
		addExample(schemas, answer.Content)
	}
}

// describeRefusals gives an operation an answer for each status that one of its reasons has.
func (a *api) describeRefusals(op *huma.Operation) {
	refused := op.Responses["default"]
	refused.Description = "Refused for a reason that any operation may be refused for: see its code"
	for _, r := range reasonsOf(op) {
		status := strconv.Itoa(statusOf(r))
		known := op.Responses[status]
		if known == nil {
			known = &huma.Response{Content: map[string]*huma.MediaType{problemType: {Schema: refused.Content[problemType].Schema}}}
			op.Responses[status] = known
		}
		known.Description = strings.TrimPrefix(known.Description+"; "+string(r)+": "+r.Title(), "; ")
	}
}

// reasonsOf returns what was said with addReason.
func reasonsOf(op *huma.Operation) []muster.Reason {
	reasons, _ := op.Extensions[reasonsExtension].([]muster.Reason)
	return reasons
}

func addReason(op *huma.Operation, r muster.Reason) {
	if known := reasonsOf(op); !slices.Contains(known, r) {
		op.Extensions[reasonsExtension] = append(known, r)
	}
}

func isMatchParameter(p *huma.Param) bool { return p.Name == "If-Match" }
