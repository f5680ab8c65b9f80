package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	passwordOfAnna  = "password-never-seen-of-anna"
	passwordOfBerta = "password-never-seen-of-berta"
	guessedPassword = "password-never-seen-guessed"
)

// A browser keeps cookies and shows no token.
type browser struct {
	*server
	*http.Client
}

func (s *server) newBrowser() *browser {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &browser{s, &http.Client{Jar: jar, Timeout: time.Minute}}
}

// ask sends a request and returns the status and the body.
func (b *browser) ask(method, path string, body any) (status int, text string) {
	b.t.Helper()
	var sent io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			b.t.Error(err)
			return 0, ""
		}
		sent = bytes.NewReader(encoded)
	}
	req, err := http.NewRequest(method, b.url()+path, sent)
	if err != nil {
		b.t.Error(err)
		return 0, ""
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := b.Do(req)
	if err != nil {
		b.t.Error(err)
		return 0, ""
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Error(err)
	}
	return res.StatusCode, string(answer)
}

func (b *browser) wants(status int, method, path string, body any) string {
	b.t.Helper()
	got, text := b.ask(method, path, body)
	if got != status {
		b.t.Fatalf("%s %s: %d %s, want %d", method, path, got, text, status)
	}
	return text
}

func (b *browser) signIn(name, password string) (int, string) {
	b.t.Helper()
	return b.ask("POST", "/v1/login", map[string]string{"name": name, "password": password})
}

// secrets returns what the browser keeps.
func (b *browser) secrets() (all []string) {
	b.t.Helper()
	u, err := url.Parse(b.url())
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.Jar.Cookies(u) {
		all = append(all, c.Value)
	}
	return all
}

func TestPeopleComeInAndNothingOfThemIsWritten(t *testing.T) {
	s := newServer(t, "")
	s.configure("logLevel: debug\n")
	s.start()
	t.Cleanup(s.kill)
	anna := s.newBrowser()
	anna.wants(200, "POST", "/v1/setup", map[string]string{"link": s.setup, "name": "anna", "password": passwordOfAnna})
	var token struct{ Secret string }
	if err := json.Unmarshal([]byte(anna.wants(200, "POST", "/v1/tokens", map[string]any{"name": "ci", "role": "viewer"})), &token); err != nil {
		t.Fatal(err)
	}
	anna.wants(200, "POST", "/v1/users", map[string]string{"name": "berta", "role": "operator", "password": passwordOfBerta})
	berta := s.newBrowser()
	if status, text := berta.signIn("berta", guessedPassword); status != 401 || !strings.Contains(text, "sign-in-wrong") {
		t.Errorf("a wrong password: %d %s", status, text)
	}
	if status, text := berta.signIn(guessedPassword, guessedPassword); status != 401 {
		t.Errorf("a password for a name: %d %s", status, text)
	}
	if status, text := berta.signIn("berta", passwordOfBerta); status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	berta.wants(200, "POST", "/v1/devices", map[string]string{"name": "pump"})
	berta.wants(403, "GET", "/v1/audit", nil)
	secrets := append(berta.secrets(), anna.secrets()...)
	if len(secrets) != 4 {
		t.Fatalf("the browsers keep %d cookies", len(secrets))
	}

	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	var places strings.Builder
	places.WriteString(s.log.String())
	s.start()
	berta.wants(200, "GET", "/v1/me", nil) // a login outlasts the server
	anna.wants(200, "PATCH", "/v1/users/berta", map[string]any{"disabled": true})
	berta.wants(401, "GET", "/v1/me", nil)
	for _, path := range []string{"/v1/audit?limit=1000", "/v1/users", "/v1/tokens", "/v1/logins", "/v1/attempts?limit=1000", "/metrics", "/v1/openapi.json"} {
		places.WriteString(anna.wants(200, "GET", path, nil))
	}
	places.WriteString(s.must("audit", "--json") + s.must("user", "list", "-o", "csv") + s.must("token", "list", "-o", "yaml"))
	for _, done := range []string{`"noun": "user"`, `"noun": "token"`, `"noun": "login"`, `"actor": "setup:link"`, `"actor": "berta"`} {
		if !strings.Contains(places.String(), done) {
			t.Errorf("the audit log has no %s", done)
		}
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	places.WriteString(s.log.String())
	for _, file := range []string{"registry.db", "registry.db-wal"} {
		text, err := os.ReadFile(s.data + "/" + file)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		places.Write(text)
	}
	for _, secret := range append(secrets, s.setup, token.Secret, s.token, passwordOfAnna, passwordOfBerta, guessedPassword) {
		if before, _, found := strings.Cut(places.String(), secret); found {
			t.Errorf("%.12s… is written behind %.80q", secret, before[max(0, len(before)-80):])
		}
	}
}

// TestTheConfiguredProviderIsWhereBrowsersAreSent asks for nothing but the first step: what follows is tested where it is made.
func TestTheConfiguredProviderIsWhereBrowsersAreSent(t *testing.T) {
	var provider *httptest.Server
	provider = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":%q,"token_endpoint":%q,"jwks_uri":%q}`,
			provider.URL, provider.URL+"/authorize", provider.URL+"/token", provider.URL+"/keys")
	}))
	defer provider.Close()
	s := newServer(t, "")
	s.configure(fmt.Sprintf("oidc:\n  issuer: %s\n  clientID: fleet\n  url: https://muster.example.org\n  roleClaim: groups\n  scopes: [groups]\n", provider.URL))
	s.start()
	t.Cleanup(s.kill)
	b := s.newBrowser()
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if text := b.wants(200, "GET", "/v1/login", nil); !strings.Contains(text, `"url":"/oidc/login"`) {
		t.Errorf("the ways to sign in are %s", text)
	}
	res, err := b.Get(s.url() + "/oidc/login")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	to, err := res.Location()
	if err != nil || !strings.HasPrefix(to.String(), provider.URL+"/authorize?") {
		t.Fatalf("%s to %v, %v", res.Status, to, err)
	}
	for key, want := range map[string]string{
		"client_id": "fleet", "redirect_uri": "https://muster.example.org/oidc/callback", "code_challenge_method": "S256",
		"scope": "openid profile email groups", "response_type": "code",
	} {
		if got := to.Query().Get(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}

var peak = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// TestAFloodOfSignInsTakesNeitherMemoryNorAnybodysTurn sends more sign-ins at once than there is memory for their hashes.
func TestAFloodOfSignInsTakesNeitherMemoryNorAnybodysTurn(t *testing.T) {
	s := startServer(t)
	owner := s.newBrowser()
	owner.wants(200, "POST", "/v1/setup", map[string]string{"link": s.setup, "name": "anna", "password": passwordOfAnna})
	var flood sync.WaitGroup
	var mu sync.Mutex
	answers := map[int]int{}
	for i := range 200 {
		flood.Go(func() {
			status, _ := s.newBrowser().signIn("name-"+strconv.Itoa(i), guessedPassword)
			mu.Lock()
			defer mu.Unlock()
			answers[status]++
		})
	}
	for range 5 {
		if status, text := owner.signIn("anna", passwordOfAnna); status != 200 {
			t.Errorf("the owner: %d %s", status, text)
		}
	}
	flood.Wait()
	if answers[401]+answers[429]+answers[503] != 200 || answers[401] == 0 {
		t.Errorf("the flood is answered %v", answers)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	found := peak.FindSubmatch(status)
	if found == nil {
		t.Fatal("it is not said how much memory was taken")
	}
	if kB, err := strconv.Atoi(string(found[1])); err != nil || kB > 512<<10 {
		t.Errorf("%d MB were taken (%v)", kB>>10, err)
	}
}
