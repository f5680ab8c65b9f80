package admin

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"muster"
)

// A Problem is how every refusal is told: a problem document (RFC 9457) with the reason's stable code.
type Problem struct {
	Type   string `json:"type" doc:"urn:muster:reason: and the reason"`
	Title  string `json:"title" doc:"what the reason means, in one sentence"`
	Status int    `json:"status" doc:"the HTTP status"`
	Detail string `json:"detail" doc:"what went wrong this time"`
	Reason string `json:"reason" doc:"a stable code" example:"device-name-taken"`
	Advice string `json:"advice,omitempty" doc:"what to do about it"`
}

const problemType = "application/problem+json"

// Error returns the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders returns when who comes too often should come back.
func (p *Problem) GetHeaders() http.Header {
	if p.Status != http.StatusTooManyRequests {
		return nil
	}
	return http.Header{"Retry-After": {"60"}}
}

// ContentType is that of a problem document.
func (*Problem) ContentType(string) string { return problemType }

// problemOf tells err to people. What err holds beyond its message is left out.
func problemOf(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	r, detail := muster.ReasonOf(err), muster.MessageOf(err)
	if r == muster.ReasonInternal && errors.Is(err, muster.NotFound) {
		r, detail = muster.ReasonNotFound, muster.ReasonNotFound.Title()
	}
	return newProblem(statusOf(r), r, detail)
}

func newProblem(status int, r muster.Reason, detail string) *Problem {
	return &Problem{
		Type: "urn:muster:reason:" + string(r), Title: r.Title(), Status: status, Detail: detail,
		Reason: string(r), Advice: r.Advice(),
	}
}

// statusOf is the HTTP column of the table of kinds, with the reasons that have a status of their own.
func statusOf(r muster.Reason) int {
	switch r {
	case muster.ReasonRateLimited, muster.ReasonSignInDelayed, muster.ReasonTooManyStreams:
		return http.StatusTooManyRequests
	case muster.ReasonStorageFull:
		return http.StatusInsufficientStorage
	case muster.ReasonPayloadTooLarge:
		return http.StatusRequestEntityTooLarge
	case muster.ReasonVersionStale:
		return http.StatusPreconditionFailed
	}
	switch r.Kind() {
	case muster.Invalid:
		return http.StatusBadRequest
	case muster.Unknown:
		return http.StatusUnauthorized
	case muster.Forbidden:
		return http.StatusForbidden
	case muster.NotFound:
		return http.StatusNotFound
	case muster.Conflict:
		return http.StatusConflict
	case muster.Unreachable:
		return http.StatusGatewayTimeout
	case muster.Overloaded:
		return http.StatusServiceUnavailable
	case muster.Internal:
	}
	return http.StatusInternalServerError
}

// reword turns the library's own refusals, made before a handler was reached, into problems. The refused value is left
// out: it may be a secret.
func reword(_ huma.Context, _ string, body any) (any, error) {
	m, ok := body.(*huma.ErrorModel)
	if !ok {
		return body, nil
	}
	parts := make([]string, 0, len(m.Errors))
	for _, e := range m.Errors {
		parts = append(parts, strings.TrimPrefix(e.Location+": "+e.Message, ": "))
	}
	detail := strings.Join(parts, "; ")
	if detail == "" {
		detail = m.Detail
	}
	r := muster.ReasonRequestInvalid
	switch {
	case m.Status == http.StatusRequestEntityTooLarge:
		r = muster.ReasonPayloadTooLarge
	case m.Status >= http.StatusInternalServerError:
		r, detail = muster.ReasonInternal, muster.ReasonInternal.Title()
	}
	return newProblem(plainStatus(m.Status), r, detail), nil
}

// plainStatus keeps to the table of kinds, where a request that can never succeed is 400.
func plainStatus(status int) int {
	if status == http.StatusUnprocessableEntity {
		return http.StatusBadRequest
	}
	return status
}

// refuse answers a request before its operation is reached.
func refuse(ctx huma.Context, p *Problem) {
	for name, values := range p.GetHeaders() {
		ctx.SetHeader(name, values[0])
	}
	ctx.SetHeader("Content-Type", problemType)
	ctx.SetStatus(p.Status)
	_ = json.NewEncoder(ctx.BodyWriter()).Encode(p) // the client is gone; there is nobody to tell
}

// writeProblem answers where no operation is known.
func writeProblem(w http.ResponseWriter, err error) {
	p := problemOf(err)
	maps.Copy(w.Header(), p.GetHeaders())
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client is gone; there is nobody to tell
}
