package httpd

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"muster"
)

// A script stands in for the dispatcher: it keeps what it was asked and answers what it was told to.
type script struct {
	hello   muster.Hello
	request muster.Request
	calls   int

	answer muster.Message
	err    error
	panics any
}

func (s *script) Do(_ context.Context, h *muster.Hello, r *muster.Request) (muster.Message, error) {
	s.calls++
	s.hello, s.request = *h, *r
	s.request.Path, s.request.Query, s.request.Body = slices.Clone(r.Path), slices.Clone(r.Query), bytes.Clone(r.Body)
	if s.panics != nil {
		panic(s.panics)
	}
	return s.answer, s.err
}

func ask(t *testing.T, s *script, o Options, r *http.Request) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	newHandler(s, nil, o).ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWhatAClientMaySend(t *testing.T) {
	const telemetry = "/api/v1/T0/telemetry"
	path := []string{"api", "v1", "T0", "telemetry"}
	for name, c := range map[string]struct {
		method, target, contentType, body string
		want                              muster.Request
	}{
		"a body without a content type": {
			"POST", telemetry, "", `{"a":1}`,
			muster.Request{Method: "POST", Path: path, Body: []byte(`{"a":1}`)},
		},
		"a body that says it is a form is taken as it is": {
			"POST", telemetry, "application/x-www-form-urlencoded", `{"a":"x&y=%20"}`,
			muster.Request{Method: "POST", Path: path, Body: []byte(`{"a":"x&y=%20"}`)},
		},
		"a body that says it is multipart is taken as it is": {
			"POST", telemetry, "multipart/form-data; boundary=x", `{}`,
			muster.Request{Method: "POST", Path: path, Body: []byte(`{}`)},
		},
		"no body": {
			"POST", telemetry, "application/json", "",
			muster.Request{Method: "POST", Path: path},
		},
		"an escaped slash stays in its segment": {
			"POST", "/api/v1/a%2Fb%20c/telemetry", "", "",
			muster.Request{Method: "POST", Path: []string{"api", "v1", "a/b c", "telemetry"}},
		},
		"a segment is unescaped once": {
			"POST", "/api/v1/a%252Fb/telemetry", "", "",
			muster.Request{Method: "POST", Path: []string{"api", "v1", "a%2Fb", "telemetry"}},
		},
		"an empty token is a segment": {
			"POST", "/api/v1//telemetry", "", "",
			muster.Request{Method: "POST", Path: []string{"api", "v1", "", "telemetry"}},
		},
		"a slash at the end": {
			"POST", telemetry + "/", "", "",
			muster.Request{Method: "POST", Path: path},
		},
		"a query": {
			"GET", "/api/v1/T0/attributes?clientKeys=a,b&sharedKeys=c%2Cd+e&&flag&bad=%zz", "", "",
			muster.Request{
				Method: "GET", Path: []string{"api", "v1", "T0", "attributes"},
				Query: []string{"clientKeys=a,b", "sharedKeys=c,d e", "flag=", "bad=%zz"},
			},
		},
		"HEAD asks for what GET does": {
			"HEAD", "/api/v1/T0/attributes", "", "",
			muster.Request{Method: "GET", Path: []string{"api", "v1", "T0", "attributes"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.target, strings.NewReader(c.body))
			if c.contentType != "" {
				r.Header.Set("Content-Type", c.contentType)
			}
			s := &script{}
			if got := ask(t, s, Options{}, r); got.StatusCode != http.StatusOK {
				t.Fatalf("answered %s", got.Status)
			}
			got := s.request
			if got.Transport != muster.HTTP || got.Method != c.want.Method || !slices.Equal(got.Path, c.want.Path) ||
				!slices.Equal(got.Query, c.want.Query) || !bytes.Equal(got.Body, c.want.Body) {
				t.Errorf("understood %+v, not %+v", got, c.want)
			}
		})
	}
}

func TestWhatAClientIsAnswered(t *testing.T) {
	for name, c := range map[string]struct {
		answer muster.Message
		err    error
		code   int
		body   string
		json   bool
	}{
		"success without a word":         {muster.Message{}, nil, 200, "", false},
		"success with a body":            {muster.Message{Body: []byte(`{}`)}, nil, 200, `{}`, true},
		"the dialect's own code":         {muster.Message{Code: 500, Body: []byte(`"x"`)}, errors.New("x"), 500, `"x"`, true},
		"a refusal said by the dialect":  {muster.Message{Code: 200, Body: []byte(`{"status":"FAILURE"}`)}, muster.Refuse(muster.ReasonDeviceNameTaken, ""), 200, `{"status":"FAILURE"}`, true},
		"an unknown token hears nothing": {muster.Message{}, muster.Refuse(muster.ReasonTokenUnknown, ""), 401, "", false},
		"a large body": {
			muster.Message{},
			muster.Refuse(muster.ReasonPayloadTooLarge, "Payload size exceeds the limit of 5 bytes"), 413,
			`"Payload size exceeds the limit of 5 bytes"`, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/api/v1/T/telemetry", nil)
			r.Header.Set("Origin", "https://example.com")
			got := ask(t, &script{answer: c.answer, err: c.err}, Options{}, r)
			text := body(t, got)
			if got.StatusCode != c.code || text != c.body {
				t.Errorf("answered %d %q, not %d %q", got.StatusCode, text, c.code, c.body)
			}
			if isJSON := got.Header.Get("Content-Type") == "application/json"; isJSON != c.json {
				t.Errorf("the content type is %q", got.Header.Get("Content-Type"))
			}
			if got.Header.Get("Access-Control-Allow-Origin") != "*" {
				t.Error("a browser may not read the answer")
			}
		})
	}
}

func TestRefusalsHaveThingsBoardsShapeAndOurReason(t *testing.T) {
	for _, c := range []struct {
		err       error
		code      int
		errorCode int
		reason    string
	}{
		{muster.Refuse(muster.ReasonPayloadInvalid, "no"), 400, 31, "payload-invalid"},
		{muster.Refuse(muster.ReasonDeviceSuspended, ""), 403, 20, "device-suspended"},
		{muster.Refuse(muster.ReasonTopicUnknown, ""), 404, 32, "topic-unknown"},
		{muster.Refuse(muster.ReasonMethodNotAllowed, ""), 405, 31, "method-not-allowed"},
		{muster.Refuse(muster.ReasonDeviceNameTaken, ""), 409, 2, "device-name-taken"},
		{muster.Refuse(muster.ReasonRateLimited, ""), 429, 33, "rate-limited"},
		{errors.New("secret detail"), 500, 2, "internal"},
		{muster.Because(muster.ReasonStorageUnavailable, errors.New("secret detail")), 503, 2, "storage-unavailable"},
		{muster.Refuse(muster.ReasonServerUnreachable, ""), 504, 2, "server-unreachable"},
		{muster.Because(muster.ReasonStorageFull, errors.New("secret detail")), 507, 2, "storage-full"},
		{muster.Refuse(muster.ReasonProvisionSecretWrong, ""), 404, 32, "provision-data-not-found"},
	} {
		got := ask(t, &script{err: c.err}, Options{}, httptest.NewRequest("POST", "/api/v1/T/telemetry", nil))
		text := body(t, got)
		var shape struct {
			Status    int    `json:"status"`
			Message   string `json:"message"`
			ErrorCode int    `json:"errorCode"`
			Timestamp int64  `json:"timestamp"`
			Reason    string `json:"reason"`
		}
		if err := json.Unmarshal([]byte(text), &shape); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		if got.StatusCode != c.code || shape.Status != c.code || shape.ErrorCode != c.errorCode || shape.Reason != c.reason ||
			shape.Message == "" || shape.Timestamp == 0 || strings.Contains(text, "secret") {
			t.Errorf("%v is answered %d %s", c.err, got.StatusCode, text)
		}
	}
}

func TestARefusedMethodIsToldWhichAreServed(t *testing.T) {
	for path, want := range map[string]string{
		"/api/v1/provision":    "POST, OPTIONS",
		"/api/v1/time":         "GET, HEAD, OPTIONS",
		"/api/v1/T/telemetry":  "POST, OPTIONS",
		"/api/v1/T/attributes": "GET, HEAD, POST, OPTIONS",
	} {
		got := ask(t, &script{err: muster.Refuse(muster.ReasonMethodNotAllowed, "")}, Options{}, httptest.NewRequest("PUT", path, nil))
		if allow := got.Header.Get("Allow"); got.StatusCode != 405 || allow != want {
			t.Errorf("%s: %s, Allow: %s", path, got.Status, allow)
		}
	}
}

// unsized hides its length, as a chunked body does.
type unsized struct{ io.Reader }

func TestABodyIsReadToTheLimitAndNoFurther(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		code int
	}{
		"as large as allowed": {"12345678", 200},
		"a byte too large":    {"123456789", 413},
		"far too large":       {strings.Repeat("x", 100_000), 413},
	} {
		for _, chunked := range []bool{false, true} {
			var reader io.Reader = strings.NewReader(c.body)
			if chunked {
				reader = unsized{reader}
			}
			s := &script{}
			got := ask(t, s, Options{MaxBody: 8}, httptest.NewRequest("POST", "/api/v1/T/telemetry", reader))
			if got.StatusCode != c.code || (s.calls == 1) != (c.code == 200) {
				t.Errorf("%s, chunked %v: %s", name, chunked, got.Status)
			}
			if text := body(t, got); c.code == 413 && text != `"Payload size exceeds the limit of 8 bytes"` {
				t.Errorf("%s, chunked %v: %s", name, chunked, text)
			}
		}
	}
}

func TestABodyThatEndsEarlyIsRefused(t *testing.T) {
	s := &script{}
	broken := io.MultiReader(strings.NewReader("{"), iotestError{})
	got := ask(t, s, Options{}, httptest.NewRequest("POST", "/api/v1/T/telemetry", broken))
	if got.StatusCode != 400 || s.calls != 0 {
		t.Errorf("%s after %d calls", got.Status, s.calls)
	}
}

type iotestError struct{}

func (iotestError) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestOnlyTheConnectionSaysWhereAClientIs(t *testing.T) {
	r := httptest.NewRequest("POST", "/api/v1/T/telemetry", nil)
	r.RemoteAddr = "192.0.2.1:4711"
	r.Header.Set("X-Forwarded-For", "10.0.0.1")
	r.Header.Set("Forwarded", "for=10.0.0.1")
	leaf := &x509.Certificate{}
	r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}}
	s := &script{}
	ask(t, s, Options{}, r)
	if s.hello.Remote.String() != "192.0.2.1" || !s.hello.Secure || len(s.hello.Chain) != 1 || s.hello.Transport != muster.HTTP {
		t.Errorf("introduced as %+v", s.hello)
	}
	s.hello = muster.Hello{}
	plain := httptest.NewRequest("POST", "/api/v1/T/telemetry", nil)
	ask(t, s, Options{}, plain)
	if s.hello.Secure || s.hello.Chain != nil {
		t.Errorf("a plain request inherits the certificate of another: %+v", s.hello)
	}
}

func TestABrowserIsToldWhatItMayAsk(t *testing.T) {
	s := &script{}
	r := httptest.NewRequest("OPTIONS", "/api/v1/T/telemetry", nil)
	r.Header.Set("Access-Control-Request-Headers", "content-type")
	got := ask(t, s, Options{}, r)
	if got.StatusCode != 204 || s.calls != 0 || got.Header.Get("Access-Control-Allow-Headers") != "*" ||
		!strings.Contains(got.Header.Get("Access-Control-Allow-Methods"), "POST") {
		t.Errorf("%s %v", got.Status, got.Header)
	}
}

func TestAPanicIsAnsweredCountedAndLogged(t *testing.T) {
	var log bytes.Buffer
	metrics := prometheus.NewRegistry()
	o := Options{Registerer: metrics, Logger: slog.New(slog.NewTextHandler(&log, nil))}
	got := ask(t, &script{panics: "boom"}, o, httptest.NewRequest("POST", "/api/v1/T/telemetry", nil))
	if got.StatusCode != 500 || strings.Contains(body(t, got), "boom") {
		t.Errorf("answered %s", got.Status)
	}
	if !strings.Contains(log.String(), "boom") {
		t.Error("the panic is not logged")
	}
	families, err := metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted := map[string]float64{}
	for _, f := range families {
		for _, m := range f.Metric {
			counted[f.GetName()] += m.GetCounter().GetValue()
		}
	}
	if counted["muster_http_panics_total"] != 1 || counted["muster_http_requests_total"] != 1 {
		t.Errorf("counted %v", counted)
	}
}

func TestAnInternalErrorIsLoggedAndARefusalIsNot(t *testing.T) {
	var log bytes.Buffer
	o := Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}
	ask(t, &script{err: errors.New("disk on fire")}, o, httptest.NewRequest("POST", "/api/v1/T/telemetry", nil))
	if !strings.Contains(log.String(), "disk on fire") {
		t.Error("an internal error is not logged")
	}
	log.Reset()
	ask(t, &script{err: muster.Refuse(muster.ReasonTokenUnknown, "")}, o, httptest.NewRequest("POST", "/api/v1/T/telemetry", nil))
	if log.Len() != 0 {
		t.Errorf("a refusal is logged: %s", &log)
	}
}

func TestARealClientAndAnEscapedToken(t *testing.T) {
	s := &script{answer: muster.Message{Body: []byte(`{"client":{}}`)}}
	server := httptest.NewServer(newHandler(s, nil, Options{}))
	defer server.Close()
	got, err := http.Get(server.URL + "/api/v1/a%2Fb/attributes?clientKeys=x")
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if body(t, got) != `{"client":{}}` || s.request.Path[2] != "a/b" || s.request.Query[0] != "clientKeys=x" {
		t.Errorf("understood %+v", s.request)
	}
	head, err := http.Head(server.URL + "/api/v1/T/attributes")
	if err != nil {
		t.Fatal(err)
	}
	defer head.Body.Close()
	if head.StatusCode != 200 || body(t, head) != "" || head.Header.Get("Content-Type") != "application/json" {
		t.Errorf("HEAD: %s %v", head.Status, head.Header)
	}
}

func TestLargeBodiesTogetherAreBounded(t *testing.T) {
	s := &script{}
	h := newHandler(s, nil, Options{})
	post := func(size int) int {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", "/api/v1/T/telemetry", strings.NewReader(strings.Repeat("x", size))))
		return w.Code
	}
	if got := post(DefaultMaxBody); got != 200 || h.large.Load() != 0 {
		t.Errorf("a large body: %d, %d bytes are held", got, h.large.Load())
	}
	s.panics = "boom"
	if got := post(DefaultMaxBody); got != 500 || h.large.Load() != 0 {
		t.Errorf("a panic: %d, %d bytes are held", got, h.large.Load())
	}
	s.panics = nil
	h.large.Store(maxLarge - keepBuffer)
	if got := post(DefaultMaxBody); got != 503 || h.large.Load() != maxLarge-keepBuffer {
		t.Errorf("a large body too many: %d, %d bytes are held", got, h.large.Load())
	}
	if got := post(keepBuffer / 2); got != 200 {
		t.Errorf("a body as devices send it: %d", got)
	}
}

func FuzzRequest(f *testing.F) {
	f.Add("POST", "/api/v1/T/telemetry", "", []byte(`{"a":1}`))
	f.Add("GET", "/api/v1/a%2Fb/attributes", "clientKeys=%zz&&=&a", []byte(nil))
	f.Add("POST", "/api/v1//%2e%2e/", "x", []byte("{"))
	f.Fuzz(func(t *testing.T, method, path, query string, content []byte) {
		r, err := http.NewRequest(method, "http://h"+path+"?"+query, bytes.NewReader(content))
		if err != nil {
			return // no client can send this
		}
		s := &script{}
		w := httptest.NewRecorder()
		newHandler(s, nil, Options{MaxBody: 64}).ServeHTTP(w, r)
		if w.Code == http.StatusInternalServerError {
			t.Errorf("%s %q panicked", method, path)
		}
		if len(s.request.Path) > maxSegments || len(s.request.Query) > maxParameters || len(s.request.Body) > 64 {
			t.Errorf("a bound is broken: %+v", s.request)
		}
		if s.calls == 1 && len(content) > 0 && !bytes.Equal(s.request.Body, content) {
			t.Errorf("the body %q became %q", content, s.request.Body)
		}
	})
}

func BenchmarkRequest(b *testing.B) {
	h := newHandler(quiet{}, nil, Options{})
	r := httptest.NewRequest("POST", "/api/v1/0123456789abcdefghij/telemetry", nil)
	content := strings.NewReader("")
	r.Body = io.NopCloser(content)
	w := httptest.NewRecorder()
	b.ReportAllocs()
	for b.Loop() {
		content.Reset(`{"temperature":25.5,"humidity":60}`)
		h.ServeHTTP(w, r)
	}
}

type quiet struct{}

func (quiet) Do(context.Context, *muster.Hello, *muster.Request) (muster.Message, error) {
	return muster.Message{}, nil
}
