package admin

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"muster"
)

// An about says more of an operation than its path and its summary do.
type about func(*huma.Operation)

// explained says in more words what an operation does.
func explained(text string) about {
	return func(op *huma.Operation) { op.Description = text }
}

// refusing says which reasons of its own an operation may have to refuse.
func refusing(reasons ...muster.Reason) about {
	return func(op *huma.Operation) {
		for _, r := range reasons {
			addReason(op, r)
		}
	}
}

// streaming says of which media types the answer may be, if it is no JSON.
func streaming(types ...string) about {
	return func(op *huma.Operation) {
		content := make(map[string]*huma.MediaType, len(types))
		for _, t := range types {
			content[t] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
		}
		op.Responses["200"] = &huma.Response{Description: "written as it is made; cut off if something goes wrong on the way", Content: content}
	}
}

// serve adds an operation. Its path names its nouns, so that id may be the operation's name in generated clients. It
// needs a viewer's role if it changes nothing, else an operator's.
func serve[I, O any](a *api, method, path, id, summary string, handle func(context.Context, *I) (*O, error), more ...about) {
	role := muster.RoleOperator
	if method == http.MethodGet || method == http.MethodHead {
		role = muster.RoleViewer
	}
	serveTo(a, role, method, path, id, summary, handle, more...)
}

// serveAdmin adds an operation that needs an admin's role.
func serveAdmin[I, O any](a *api, method, path, id, summary string, handle func(context.Context, *I) (*O, error), more ...about) {
	serveTo(a, muster.RoleAdmin, method, path, id, summary, handle, more...)
}

// serveTo adds an operation that needs that role; RoleNone: it is for everybody.
func serveTo[I, O any](a *api, role muster.Role, method, path, id, summary string, handle func(context.Context, *I) (*O, error), more ...about) {
	problem := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "")
	op := huma.Operation{
		Method: method, Path: path, OperationID: id, Summary: summary, MaxBodyBytes: maxBody,
		Extensions: map[string]any{roleExtension: role},
		Responses: map[string]*huma.Response{"default": {
			Description: "Refused",
			Content:     map[string]*huma.MediaType{problemType: {Schema: problem}},
		}},
	}
	if method == http.MethodPost && role != muster.RoleNone && reflect.TypeFor[O]() != reflect.TypeFor[huma.StreamResponse]() {
		op.Parameters = append(op.Parameters, onceParameter())
	}
	if role == muster.RoleNone {
		a.public = append(a.public, method+" "+path)
		op.Security = []map[string][]string{}
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, a.tell(ctx, id, err)
		}
		return out, nil
	})
	registered := operationOf(a.huma.OpenAPI().Paths[path], method)
	for _, say := range more {
		say(registered)
	}
}

// operationOf returns what a path does for a method, or nil.
func operationOf(item *huma.PathItem, method string) *huma.Operation {
	switch method {
	case http.MethodGet:
		return item.Get
	case http.MethodPost:
		return item.Post
	case http.MethodPut:
		return item.Put
	case http.MethodPatch:
		return item.Patch
	case http.MethodDelete:
		return item.Delete
	}
	return nil
}
