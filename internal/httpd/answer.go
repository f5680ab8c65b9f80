package httpd

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"muster"
)

// Header values that answers share; nobody changes them.
var (
	anyone        = []string{"*"}
	methods       = []string{"GET, HEAD, POST, OPTIONS"} // of attributes, which can be read
	getOnly       = []string{"GET, HEAD, OPTIONS"}       // of waiting for their changes, and of the time
	postOnly      = []string{"POST, OPTIONS"}            // of everything else
	jsonContent   = []string{"application/json"}
	binaryContent = []string{"application/octet-stream"}
	noLength      = []string{"0"}
	inBase64      = []string{"base64"}
	whoIsIt       = []string{`Basic realm="EST", charset="UTF-8"`}
	notKept       = []string{"no-store"}
)

// timePath is that of the time, which is read and needs no token.
const timePath = Prefix + "time"

// allowed returns the methods that a path is served with.
func allowed(path string) []string {
	switch {
	case strings.HasSuffix(path, "/attributes"):
		return methods
	case waits(path), path == timePath, readsEnrolment(path):
		return getOnly
	}
	return postOnly
}

// waits reports whether requests to a path may wait for longer than any other.
func waits(path string) bool { return strings.HasSuffix(path, "/attributes/updates") }

// readsEnrolment reports whether a path is of what devices may know before they ask for a certificate.
func readsEnrolment(path string) bool {
	return strings.HasPrefix(path, EnrolPrefix) && (strings.HasSuffix(path, "/cacerts") || strings.HasSuffix(path, "/csrattrs"))
}

// answer writes what came of a request to a path. A body is what the dialect has to say, also where it says a refusal.
func (h *handler) answer(w http.ResponseWriter, path string, m muster.Message, err error) {
	code := status(m, err)
	if code == http.StatusOK && err == nil && len(m.Body) == 0 {
		h.metrics.count(code)
		return // net/http says so by itself, and for less
	}
	if err != nil && muster.KindOf(err) == muster.Internal {
		h.log.Error("a request failed", "error", err)
	}
	header := w.Header()
	if code == http.StatusMethodNotAllowed {
		header["Allow"] = allowed(path)
	}
	if code == http.StatusUnauthorized && strings.HasPrefix(path, EnrolPrefix) {
		header["Www-Authenticate"] = whoIsIt
	}
	if m.RetryAfter > 0 {
		header["Retry-After"] = []string{strconv.Itoa(m.RetryAfter)}
	}
	if m.Fresh {
		header["Cache-Control"] = notKept
	}
	if err != nil && len(m.Body) == 0 {
		h.refuse(w, code, err)
		return
	}
	switch {
	case len(m.Body) == 0:
		header["Content-Length"] = noLength
	case m.Type != "":
		header["Content-Type"] = []string{m.Type}
		if strings.HasPrefix(m.Type, "application/") { // RFC 7030, 3.2.4
			header["Content-Transfer-Encoding"] = inBase64
		}
	case m.Binary:
		header["Content-Type"] = binaryContent
	default:
		header["Content-Type"] = jsonContent
	}
	h.metrics.count(code)
	w.WriteHeader(code)
	_, _ = w.Write(m.Body) // whoever went away does not hear it
}

// refuse writes a refusal in the shape that ThingsBoard gives it, with the reason beside it (ThingsBoard device API 1.6
// and 4). Who cannot be told apart from a stranger is told nothing.
func (h *handler) refuse(w http.ResponseWriter, code int, err error) {
	var body []byte
	switch {
	case code == http.StatusUnauthorized, muster.Public(err).Quiet:
	case errors.Is(err, muster.ReasonPayloadTooLarge):
		body = muster.AppendJSONString(nil, muster.MessageOf(err))
	default:
		body = errorBody(code, muster.Public(err), time.Now())
	}
	header := w.Header()
	if len(body) > 0 {
		header["Content-Type"] = jsonContent
	}
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	h.metrics.count(code)
	w.WriteHeader(code)
	_, _ = w.Write(body) // whoever went away does not hear it
}

func errorBody(code int, err *muster.Error, at time.Time) []byte {
	b := append(make([]byte, 0, 256), `{"status":`...)
	b = strconv.AppendInt(b, int64(code), 10)
	b = append(b, `,"message":`...)
	b = muster.AppendJSONString(b, err.Message)
	b = append(b, `,"errorCode":`...)
	b = strconv.AppendInt(b, int64(errorCode(code)), 10)
	b = append(b, `,"timestamp":`...)
	b = strconv.AppendInt(b, at.UnixMilli(), 10)
	b = append(b, `,"reason":`...)
	b = muster.AppendJSONString(b, string(err.Reason))
	return append(b, '}')
}

// errorCode returns the number that ThingsBoard writes beside a status.
func errorCode(status int) int {
	switch status {
	case http.StatusBadRequest, http.StatusMethodNotAllowed:
		return 31
	case http.StatusForbidden:
		return 20
	case http.StatusNotFound:
		return 32
	case http.StatusTooManyRequests:
		return 33
	}
	return 2
}

// status returns the status of an answer: the dialect's where it has one, else that of the error's kind.
func status(m muster.Message, err error) int {
	switch {
	case m.Code != 0:
		return m.Code
	case err == nil:
		return http.StatusOK
	}
	switch muster.ReasonOf(err) {
	case muster.ReasonMethodNotAllowed:
		return http.StatusMethodNotAllowed
	case muster.ReasonPayloadTooLarge:
		return http.StatusRequestEntityTooLarge
	case muster.ReasonRateLimited:
		return http.StatusTooManyRequests
	case muster.ReasonStorageFull:
		return http.StatusInsufficientStorage
	}
	switch muster.KindOf(err) {
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
	}
	return http.StatusInternalServerError
}
