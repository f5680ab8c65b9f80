package admin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"muster"
	"muster/internal/admin"
)

// An idProvider is a small OpenID provider in which one person is signed in, with these claims.
type idProvider struct {
	*httptest.Server
	t      *testing.T
	key    *ecdsa.PrivateKey
	claims jwt.MapClaims
	codes  map[string]url.Values // what each code was asked with
	signer *ecdsa.PrivateKey     // signs the ID tokens
	nonce  string                // in place of the one that was asked with; empty: that one
}

const idSecret = "client-secret-never-seen"

func newIDProvider(t *testing.T) *idProvider {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &idProvider{t: t, key: key, signer: key, codes: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.describe)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("POST /token", p.token)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	p.claims = jwt.MapClaims{
		"iss": p.URL, "aud": "muster", "sub": "7", "email": "anna@example.org", "email_verified": true, "groups": []string{"staff", "ops"},
		"exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(),
	}
	return p
}

func (p *idProvider) answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		p.t.Error(err)
	}
}

func (p *idProvider) describe(w http.ResponseWriter, _ *http.Request) {
	p.answer(w, map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"ES256"},
	})
}

func (p *idProvider) keys(w http.ResponseWriter, _ *http.Request) {
	point, err := p.key.PublicKey.Bytes()
	if err != nil {
		p.t.Error(err)
		return
	}
	b := base64.RawURLEncoding
	p.answer(w, map[string]any{"keys": []any{map[string]string{
		"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "1", "x": b.EncodeToString(point[1:33]), "y": b.EncodeToString(point[33:]),
	}}})
}

// authorize is what the person does at the provider: it returns where the browser is sent back to.
func (p *idProvider) authorize(location string) *url.URL {
	p.t.Helper()
	u, err := url.Parse(location)
	if err != nil {
		p.t.Fatal(err)
	}
	q := u.Query()
	if !strings.HasPrefix(location, p.URL+"/authorize?") || q.Get("client_id") != "muster" || q.Get("response_type") != "code" ||
		q.Get("code_challenge_method") != "S256" || len(q.Get("state")) < 20 || len(q.Get("nonce")) < 20 || !strings.Contains(q.Get("scope"), "openid") {
		p.t.Fatalf("the provider is asked %s", location)
	}
	code := muster.RandomText(20)
	p.codes[code] = q
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil {
		p.t.Fatal(err)
	}
	back.RawQuery = url.Values{"code": {code}, "state": {q.Get("state")}}.Encode()
	return back
}

func (p *idProvider) token(w http.ResponseWriter, r *http.Request) {
	asked, ok := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	if !ok || id != "muster" || secret != idSecret || asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) ||
		r.PostFormValue("redirect_uri") != asked.Get("redirect_uri") {
		w.WriteHeader(http.StatusBadRequest)
		p.answer(w, map[string]string{"error": "invalid_grant"})
		return
	}
	claims := maps.Clone(p.claims)
	if claims["nonce"] = asked.Get("nonce"); p.nonce != "" {
		claims["nonce"] = p.nonce
	}
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	token.Header["kid"] = "1"
	text, err := token.SignedString(p.signer)
	if err != nil {
		p.t.Error(err)
	}
	p.answer(w, map[string]any{"access_token": "access", "token_type": "Bearer", "expires_in": 60, "id_token": text})
}

// withProvider lets people sign in with p.
func (h *house) withProvider(p *idProvider, change func(*admin.Provider)) {
	h.t.Helper()
	provider := admin.Provider{
		Issuer: p.URL, ClientID: "muster", ClientSecret: idSecret, URL: "https://muster.example.org/", RoleClaim: "groups",
		Roles: map[string]muster.Role{"ops": muster.RoleOperator, "staff": muster.RoleViewer}, Domains: []string{"example.org"},
	}
	if change != nil {
		change(&provider)
	}
	o := h.options
	o.Provider = &provider
	h.handler = admin.New(o)
}

// cross makes the browser's requests what they are when a page of the provider leads to them.
func (b *browser) cross() { b.header.Set("Sec-Fetch-Site", "cross-site") }

// visit signs in with the provider and returns the last answer.
func (b *browser) visit(p *idProvider) *httptest.ResponseRecorder {
	b.t.Helper()
	begun := b.wants("GET", "/oidc/login", "", http.StatusSeeOther)
	back := p.authorize(begun.Header().Get("Location"))
	if back.Scheme+"://"+back.Host+back.Path != "https://muster.example.org/oidc/callback" {
		b.t.Errorf("the provider sends back to %s", back)
	}
	b.cross()
	return b.send("GET", back.RequestURI(), "")
}

func TestOneSignsInWithAProvider(t *testing.T) {
	h, p := newHouse(t), newIDProvider(t)
	h.withProvider(p, nil)
	b := h.newBrowser()
	var ways admin.Ways
	if err := json.Unmarshal(b.wants("GET", "/v1/login", "", http.StatusOK).Body.Bytes(), &ways); err != nil || ways.URL != "/oidc/login" || ways.Provider != p.URL {
		t.Errorf("%+v, %v", ways, err)
	}
	w := b.visit(p)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" {
		t.Fatalf("%d %s %s", w.Code, w.Body, h.log)
	}
	for _, c := range w.Result().Cookies() {
		if c.Name == "muster" && (c.SameSite != http.SameSiteStrictMode || !c.HttpOnly) {
			t.Errorf("the cookie is %+v", c)
		}
	}
	if len(b.cookies) != 2 { // signed in, and marked
		t.Errorf("the browser keeps %d cookies", len(b.cookies))
	}
	b.header.Set("Sec-Fetch-Site", "same-origin")
	var me admin.Me
	if err := json.Unmarshal(b.wants("GET", "/v1/me", "", http.StatusOK).Body.Bytes(), &me); err != nil || me.Name != "anna@example.org" || me.Role != "operator" {
		t.Errorf("%+v, %v", me, err)
	}
	var u admin.User
	h.must("GET", "/v1/users/anna@example.org", "", &u)
	if !u.Elsewhere {
		t.Errorf("%+v", u)
	}
	p.claims["groups"] = "staff" // as one text
	again := h.newBrowser()
	again.visit(p)
	again.header.Set("Sec-Fetch-Site", "same-origin")
	h.problem(again.send("POST", "/v1/devices", `{"name":"pump"}`), http.StatusForbidden, muster.ReasonRoleTooLow)
	var audit admin.List[admin.AuditEntry]
	h.must("GET", "/v1/audit?noun=user", "", &audit)
	if len(audit.Items) != 2 || audit.Items[0].Action != "update" || audit.Items[1].Actor != "anna@example.org" {
		t.Errorf("the audit log has %+v", audit.Items)
	}
}

func TestWhoTheProviderDoesNotVouchForIsRefused(t *testing.T) {
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for says, c := range map[string]struct {
		provider func(*idProvider)
		settings func(*admin.Provider)
		status   int
		reason   muster.Reason
	}{
		"a token for another client":          {provider: func(p *idProvider) { p.claims["aud"] = "other" }},
		"a token of another provider":         {provider: func(p *idProvider) { p.claims["iss"] = "https://other.example" }},
		"a token that is over":                {provider: func(p *idProvider) { p.claims["exp"] = time.Now().Add(-time.Hour).Unix() }},
		"a token that another key has signed": {provider: func(p *idProvider) { p.signer = other }},
		"a token for another sign-in":         {provider: func(p *idProvider) { p.nonce = "another" }},
		"nobody":                              {provider: func(p *idProvider) { p.claims["sub"] = "" }},
		"another domain":                      {provider: func(p *idProvider) { p.claims["email"] = "anna@example.com" }},
		"a domain inside another":             {provider: func(p *idProvider) { p.claims["email"] = "anna@example.org@evil.example" }},
		"an address that is not verified":     {provider: func(p *idProvider) { p.claims["email_verified"] = false }},
		"without a name":                      {settings: func(p *admin.Provider) { p.NameClaim = "nickname" }},
		"without a role":                      {func(p *idProvider) { p.claims["groups"] = []string{"guests"} }, nil, http.StatusForbidden, muster.ReasonRoleTooLow},
		"a name that is another's": {
			func(p *idProvider) { p.claims["preferred_username"] = "Local" },
			func(p *admin.Provider) { p.NameClaim = "preferred_username" },
			http.StatusConflict, muster.ReasonUserNameTaken,
		},
		"a wrong client secret": {settings: func(p *admin.Provider) { p.ClientSecret = "other" }},
		"another issuer":        {nil, func(p *admin.Provider) { p.Issuer += "/" }, http.StatusGatewayTimeout, muster.ReasonOIDCUnreachable},
	} {
		t.Run(says, func(t *testing.T) {
			h, p := newHouse(t), newIDProvider(t)
			h.newUser("local", muster.RoleViewer)
			if c.provider != nil {
				c.provider(p)
			}
			h.withProvider(p, c.settings)
			b := h.newBrowser()
			w := b.send("GET", "/oidc/login", "")
			if w.Code == http.StatusSeeOther {
				w = b.send("GET", p.authorize(w.Header().Get("Location")).RequestURI(), "")
			}
			if c.reason == "" {
				c.status, c.reason = http.StatusUnauthorized, muster.ReasonOIDCRefused
			}
			if w.Code != c.status || !strings.Contains(w.Body.String(), string(c.reason)) {
				t.Errorf("%d %s, want %d %s; %s", w.Code, w.Body, c.status, c.reason, h.log)
			}
			if b.cookies["muster"] != "" {
				t.Error("the browser is signed in")
			}
			if text := w.Body.String() + h.log.String(); strings.Contains(text, idSecret) {
				t.Errorf("the secret is in %s", text)
			}
		})
	}
}

func TestAnAnswerOfTheProviderIsForTheBrowserThatAsked(t *testing.T) {
	h, p := newHouse(t), newIDProvider(t)
	h.withProvider(p, nil)
	b, victim := h.newBrowser(), h.newBrowser()
	begin := func(b *browser) string {
		t.Helper()
		return p.authorize(b.wants("GET", "/oidc/login", "", http.StatusSeeOther).Header().Get("Location")).RequestURI()
	}
	refuse := func(b *browser, path string) {
		t.Helper()
		if w := b.send("GET", path, ""); w.Code != http.StatusUnauthorized || b.cookies["muster"] != "" {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	link := begin(b)
	refuse(victim, link) // who did not begin is not signed in as somebody else
	begin(victim)
	refuse(victim, link)
	refuse(h.newBrowser(), "/oidc/callback")
	begin(b)
	refuse(b, "/oidc/callback?error=access_denied")
	used := begin(b)
	keep := maps.Clone(b.cookies)
	if w := b.send("GET", used, ""); w.Code != http.StatusSeeOther {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	b.cookies = keep
	refuse(b, used) // the code is spent
	h.cutOff(p)
}

// cutOff checks that a provider that does not answer is said so.
func (h *house) cutOff(p *idProvider) {
	h.t.Helper()
	p.Close()
	h.withProvider(p, nil)
	if w := h.newBrowser().send("GET", "/oidc/login", ""); w.Code != http.StatusGatewayTimeout || !strings.Contains(w.Body.String(), "oidc-unreachable") {
		h.t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestWithoutAProviderThereIsNoneToSignInWith(t *testing.T) {
	h := newHouse(t)
	b := h.newBrowser()
	b.wants("GET", "/oidc/login", "", http.StatusNotFound)
	if w := b.wants("GET", "/v1/login", "", http.StatusOK); strings.Contains(w.Body.String(), "url") {
		t.Error(w.Body)
	}
}
