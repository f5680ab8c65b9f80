package admin

import (
	_ "embed" // the page
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"muster"
)

//go:embed reference.html
var referenceHTML string

//go:embed reference.css
var referenceCSS string

// A reference is the OpenAPI document as a page.
type reference struct {
	Style   template.CSS
	Version string
	Nouns   []referenceNoun
	Schemas []referenceSchema
	Reasons []referenceReason
}

// A referenceNoun is a chapter.
type referenceNoun struct {
	Anchor, Name, About string
	Operations          []referenceOperation
}

// A referenceOperation is what one method of one path does.
type referenceOperation struct {
	ID, Method, Path, Summary, Description string

	Role    string // that it needs; none: it is for everybody
	Inputs  []referenceField
	Body    *referenceBody
	Answers []referenceBody
	Reasons []referenceReason
	Curl    string
}

// A referenceBody is what a request or an answer carries.
type referenceBody struct {
	Status, About, Kind string // Kind is the media type; empty: there is no body
	Type                referenceType
	Fields              []referenceField
	Example             string // indented JSON; empty: none
}

// A referenceReason is why something may be refused.
type referenceReason struct {
	Code, Title, Advice string
	Status              int
}

// reference serves the page. It is made once, of the operations that are registered by now.
func (a *api) reference() http.Handler {
	pages := newPages(referenceHTML, referenceCSS)
	text := sync.OnceValues(func() ([]byte, error) { return pages.render("reference", a.makeReference()) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, err := text()
		if err != nil {
			writeProblem(w, a.tell(r.Context(), "reference", err))
			return
		}
		pages.send(w, http.StatusOK, page)
	})
}

func (a *api) makeReference() reference {
	document := a.huma.OpenAPI()
	page := reference{
		Style:   template.CSS(referenceCSS), //nolint:gosec // our own
		Version: a.Version, Schemas: referenceSchemas(document.Components.Schemas),
	}
	chapters := map[string][]referenceOperation{}
	for path, item := range document.Paths {
		for _, method := range methods {
			if op := operationOf(item, method); op != nil {
				name := nounOf(path).name
				chapters[name] = append(chapters[name], a.referenceOperation(op))
			}
		}
	}
	for _, n := range nouns() {
		operations := chapters[n.name]
		slices.SortStableFunc(operations, func(a, b referenceOperation) int { // the methods of a path have their order already
			return strings.Compare(a.Path, b.Path)
		})
		page.Nouns = append(page.Nouns, referenceNoun{
			Anchor: strings.ReplaceAll(strings.ToLower(n.name), " ", "-"), Name: n.name, About: n.about, Operations: operations,
		})
	}
	reasons := muster.Reasons()
	slices.Sort(reasons)
	for _, r := range reasons {
		page.Reasons = append(page.Reasons, referenceReasonOf(r))
	}
	return page
}

func referenceReasonOf(r muster.Reason) referenceReason {
	return referenceReason{Code: string(r), Title: r.Title(), Advice: r.Advice(), Status: statusOf(r)}
}

func (a *api) referenceOperation(op *huma.Operation) referenceOperation {
	role, _ := op.Extensions[roleExtension].(muster.Role)
	shown := referenceOperation{
		ID: op.OperationID, Method: op.Method, Path: op.Path, Summary: op.Summary, Description: op.Description, Role: role.String(),
		Curl: curl(op, role),
	}
	for _, p := range op.Parameters {
		field := referenceFieldOf(p.Name, p.Schema, p.Required)
		field.In = p.In
		if p.Description != "" {
			field.About = p.Description
		}
		shown.Inputs = append(shown.Inputs, field)
	}
	for _, r := range reasonsOf(op) {
		shown.Reasons = append(shown.Reasons, referenceReasonOf(r))
	}
	if op.RequestBody != nil {
		for _, b := range referenceBodies("", &huma.Response{Content: op.RequestBody.Content}) {
			b.Fields = fieldsOf(a.huma.OpenAPI().Components.Schemas, b.Type.Schema)
			shown.Body = &b
			break
		}
	}
	for _, status := range []string{"200", "202", "204"} {
		if answer := op.Responses[status]; answer != nil {
			shown.Answers = append(shown.Answers, referenceBodies(status, answer)...)
		}
	}
	return shown
}

// referenceBodies returns what an answer may carry, one of each media type.
func referenceBodies(status string, answer *huma.Response) []referenceBody {
	if len(answer.Content) == 0 {
		return []referenceBody{{Status: status, About: answer.Description}}
	}
	var bodies []referenceBody
	for kind, media := range answer.Content {
		body := referenceBody{Status: status, About: answer.Description, Kind: kind, Type: referenceTypeOf(media.Schema)}
		if media.Example != nil {
			text, _ := json.MarshalIndent(media.Example, "", "  ") // of what encodes by itself
			body.Example = string(text)
		}
		bodies = append(bodies, body)
	}
	slices.SortFunc(bodies, func(a, b referenceBody) int { return strings.Compare(a.Kind, b.Kind) })
	return bodies
}

// curl returns a command that carries an operation out.
func curl(op *huma.Operation, role muster.Role) string {
	path := op.Path
	var query []string
	for _, p := range op.Parameters {
		switch text, _ := json.Marshal(p.Example); {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", strings.Trim(string(text), `"`))
		case p.In == "query" && p.Required && p.Schema != nil && len(p.Schema.Examples) > 0:
			text, _ := json.Marshal(p.Schema.Examples[0])
			query = append(query, p.Name+"="+strings.Trim(string(text), `"`))
		}
	}
	if len(query) > 0 {
		path += "?" + strings.Join(query, "&")
	}
	command := "curl"
	if op.Method != http.MethodGet && (op.Method != http.MethodPost || op.RequestBody == nil) {
		command += " -X " + op.Method
	}
	command += ` "$MUSTER_URL` + path + `"`
	if role != muster.RoleNone {
		command += " \\\n  -H \"Authorization: Bearer $MUSTER_TOKEN\""
	}
	return command + curlBody(op.RequestBody)
}

func curlBody(body *huma.RequestBody) string {
	if body == nil {
		return ""
	}
	media := body.Content["application/json"]
	if media == nil {
		return " \\\n  -H \"Content-Type: text/csv\" --data-binary @devices.csv"
	}
	text, _ := json.MarshalIndent(media.Example, "  ", "  ") // of what encodes by itself
	return " \\\n  --json '" + strings.ReplaceAll(string(text), "'", `'\''`) + "'"
}
