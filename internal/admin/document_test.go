package admin_test

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"muster"
	"muster/internal/admin"
)

// A contract is the OpenAPI document that the server serves, with what answers have to look like.
type contract struct {
	text    []byte
	paths   map[string]map[string]*operation
	mux     *http.ServeMux // knows which operation a request is for
	schemas *jsonschema.Compiler

	mu       sync.Mutex // guards compiled and the compiler
	compiled map[string]*jsonschema.Schema
}

// An operation is what the document says of one.
type operation struct {
	OperationID string
	Summary     string
	Tags        []string
	Role        string   `json:"x-role"`
	Reasons     []string `json:"x-reasons"`
	Parameters  []struct{ Name, In string }
	RequestBody *struct {
		Content map[string]struct{ Example any }
	}
	Responses map[string]struct {
		Content map[string]struct {
			Example any
			Schema  struct {
				Ref string `json:"$ref"`
			}
		}
	}
}

var theContract = sync.OnceValue(func() *contract {
	w := httptest.NewRecorder()
	admin.New(admin.Options{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/openapi.json", nil))
	c := &contract{text: w.Body.Bytes(), mux: http.NewServeMux(), schemas: jsonschema.NewCompiler(), compiled: map[string]*jsonschema.Schema{}}
	var document struct {
		Paths map[string]map[string]*operation
	}
	if err := json.Unmarshal(c.text, &document); err != nil {
		panic(err)
	}
	c.paths = document.Paths
	for path, methods := range c.paths {
		for method := range methods {
			c.mux.HandleFunc(strings.ToUpper(method)+" "+path, func(http.ResponseWriter, *http.Request) {})
		}
	}
	c.schemas.AssertFormat()
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(c.text))
	if err == nil {
		err = c.schemas.AddResource("openapi.json", raw)
	}
	if err != nil {
		panic(err)
	}
	return c
})

// each visits all operations, in an order.
func (c *contract) each(visit func(row string, op *operation)) {
	var rows []string
	byRow := map[string]*operation{}
	for path, methods := range c.paths {
		for method, op := range methods {
			row := strings.ToUpper(method) + " " + path
			rows, byRow[row] = append(rows, row), op
		}
	}
	slices.Sort(rows)
	for _, row := range rows {
		visit(row, byRow[row])
	}
}

// schema returns what the document has at a place.
func (c *contract) schema(place ...string) (*jsonschema.Schema, error) {
	escaped := strings.NewReplacer("~", "~0", "/", "~1")
	pointer := "openapi.json#"
	for _, p := range place {
		pointer += "/" + strings.ReplaceAll(strings.ReplaceAll(escaped.Replace(p), "{", "%7B"), "}", "%7D")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.compiled[pointer]; s != nil {
		return s, nil
	}
	s, err := c.schemas.Compile(pointer)
	if err == nil {
		c.compiled[pointer] = s
	}
	return s, err
}

// check holds an answer against what the document says of its operation.
func (c *contract) check(t testing.TB, r *http.Request, w *httptest.ResponseRecorder) {
	t.Helper()
	_, pattern := c.mux.Handler(r)
	method, path, found := strings.Cut(pattern, " ")
	if !found {
		return // what is no operation is refused
	}
	method = strings.ToLower(method)
	op, status := c.paths[path][method], strconv.Itoa(w.Code)
	answer, declared := op.Responses[status]
	if !declared {
		status, answer = "default", op.Responses["default"]
		if w.Code < 400 {
			t.Errorf("%s answers %d, which the document does not say", pattern, w.Code)
			return
		}
	}
	if len(answer.Content) == 0 {
		if w.Body.Len() > 0 {
			t.Errorf("%s answers %d with a body", pattern, w.Code)
		}
		return
	}
	kind, _, err := mime.ParseMediaType(w.Header().Get("Content-Type"))
	if _, declared := answer.Content[kind]; err != nil || !declared {
		t.Errorf("%s answers %d with %q, which the document does not say", pattern, w.Code, kind)
		return
	}
	if kind != "application/json" && kind != "application/problem+json" {
		return
	}
	schema, err := c.schema("paths", path, method, "responses", status, "content", kind, "schema")
	if err != nil {
		t.Fatal(err)
	}
	body, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.Body.Bytes()))
	if err == nil {
		err = schema.Validate(body)
	}
	if err != nil {
		t.Errorf("%s answers %d with what the document does not say: %v", pattern, w.Code, err)
	}
	var p admin.Problem
	if w.Code >= 400 && json.Unmarshal(w.Body.Bytes(), &p) == nil {
		if !slices.Contains(op.Reasons, p.Reason) && !slices.Contains(everywhere, muster.Reason(p.Reason)) {
			t.Errorf("%s is refused with %s, which the document does not say", pattern, p.Reason)
		}
	}
}

// everywhere are the reasons that any operation may be refused with.
var everywhere = []muster.Reason{
	muster.ReasonAPITokenWrong, muster.ReasonAPITokenExpired, muster.ReasonAPITokenRevoked, muster.ReasonAPITokenNetwork,
	muster.ReasonLoginOver, muster.ReasonUserDisabled, muster.ReasonOtherSite, muster.ReasonRoleTooLow, muster.ReasonRateLimited,
	muster.ReasonInternal, muster.ReasonServerBusy, muster.ReasonStopping, muster.ReasonStorageUnavailable, muster.ReasonStorageFull,
}

func TestTheDocumentIsOneOfOpenAPI(t *testing.T) {
	text, err := os.ReadFile("testdata/openapi-3.1.json") // as https://spec.openapis.org/oas/3.1/schema/2022-10-07 has it
	if err != nil {
		t.Fatal(err)
	}
	meta, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("meta.json", meta); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("meta.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(theContract().text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(document); err != nil {
		t.Errorf("%#v", err)
	}
	document.(map[string]any)["paths"] = []any{}
	if schema.Validate(document) == nil {
		t.Error("a document without paths is taken for one, too")
	}
}

func TestEveryOperationIsDescribed(t *testing.T) {
	c := theContract()
	id := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	c.each(func(row string, op *operation) {
		if !id.MatchString(op.OperationID) || op.Summary == "" {
			t.Errorf("%s has the id %q and the summary %q", row, op.OperationID, op.Summary)
		}
		if len(op.Tags) != 1 || op.Tags[0] == "" {
			t.Errorf("%s is about no noun: %q", row, op.Tags)
		}
		if op.RequestBody != nil {
			if media, plain := op.RequestBody.Content["application/json"]; plain && media.Example == nil {
				t.Errorf("%s has a body and no example of it", row)
			}
		}
		done := false
		for status, answer := range op.Responses {
			good := status[0] == '2' || status[0] == '3'
			done = done || good
			for kind, media := range answer.Content {
				if !good && (kind != "application/problem+json" || media.Schema.Ref != "#/components/schemas/Problem") {
					t.Errorf("%s answers %s with %s and not with a problem", row, status, kind)
				}
				if good && kind == "application/json" && media.Example == nil {
					t.Errorf("%s has no example of an answer", row)
				}
			}
		}
		if _, refused := op.Responses["default"]; !done || !refused {
			t.Errorf("%s does not say what it answers", row)
		}
	})
}

func TestExamplesAreWhatTheirSchemasSay(t *testing.T) {
	c := theContract()
	c.each(func(row string, op *operation) {
		method, path, _ := strings.Cut(row, " ")
		method = strings.ToLower(method)
		validate := func(example any, place ...string) {
			t.Helper()
			schema, err := c.schema(append(append([]string{"paths", path, method}, place...), "schema")...)
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(example); err != nil {
				t.Errorf("%s: %v", row, err)
			}
		}
		if op.RequestBody != nil {
			for kind, media := range op.RequestBody.Content {
				if media.Example != nil {
					validate(media.Example, "requestBody", "content", kind)
				}
			}
		}
		for status, answer := range op.Responses {
			for kind, media := range answer.Content {
				if media.Example != nil {
					validate(media.Example, "responses", status, "content", kind)
				}
			}
		}
	})
}

func TestTheReferenceShowsEveryOperation(t *testing.T) {
	h := newHouse(t)
	w := h.askAs("", "GET", "/docs/api", "")
	page := w.Body.String()
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") {
		t.Errorf("the policy is %s", policy)
	}
	for _, foreign := range []string{"<script", "src=", `href="http`, "@import", "url("} {
		if strings.Contains(page, foreign) {
			t.Errorf("the page has %s in it", foreign)
		}
	}
	theContract().each(func(row string, op *operation) {
		if !strings.Contains(page, `<article id="`+op.OperationID+`">`) || !strings.Contains(page, `href="#`+op.OperationID+`"`) {
			t.Errorf("%s is not on the page, or not among its contents", row)
		}
	})
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("the anchor %s is there twice", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(` href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !ids[m[1]] {
			t.Errorf("the link to %s leads nowhere", m[1])
		}
	}
}
