package admin

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"muster"
	"muster/internal/people"
)

// A Provider is an OpenID provider that people may sign in with, and what it says of them that is believed.
type Provider struct {
	Issuer       string
	ClientID     string
	ClientSecret muster.Secret // empty: a public client
	URL          string        // of this server, as browsers see it
	Scopes       []string      // asked for besides openid, profile and email
	NameClaim    string        // what a new user is called by; empty: email
	RoleClaim    string        // a text or a list of texts; empty: the provider says no roles
	Roles        map[string]muster.Role
	DefaultRole  muster.Role // of whom the provider gives none; RoleNone: they are refused
	Domains      []string    // of the verified e-mail addresses that are let in; none: all
}

const (
	callbackPath   = "/oidc/callback"
	signInPath     = "/oidc/login"
	flowTime       = 10 * time.Minute // so long may signing in with the provider take
	providerTime   = 10 * time.Second // and so long an answer of the provider
	discoverAgain  = 5 * time.Second  // after it failed
	maxFlow        = 4 << 10          // bytes of the cookie that a flow is kept in
	maxFromOutside = 1 << 20          // bytes of an answer of the provider
)

// A flow is a sign-in with the provider that has begun. The browser keeps it, sealed, so that strangers who begin many use
// up nothing here. The key is forgotten when the server stops.
type flow struct {
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"`
	Until    time.Time `json:"until"`
}

// provider signs people in with a Provider, which is asked for its addresses and keys when somebody needs them.
type provider struct {
	Provider
	api  *api
	keys *muster.Keyring
	http *http.Client

	mu     sync.Mutex // guards all below, and lets one ask for the rest
	found  *oidc.Provider
	failed error
	asked  time.Time
}

func newProvider(a *api, p Provider) *provider {
	master := make([]byte, muster.MasterKeySize)
	_, _ = rand.Read(master)             // never fails since Go 1.24
	keys, _ := muster.NewKeyring(master) // of that size it never fails
	return &provider{Provider: p, api: a, keys: keys, http: &http.Client{
		Timeout:       providerTime,
		Transport:     bounded{http.DefaultTransport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// bounded reads no more of an answer than maxFromOutside.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = http.MaxBytesReader(nil, res.Body, maxFromOutside)
	}
	return res, err
}

// discover returns the provider as it describes itself.
func (p *provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil || p.failed != nil && time.Since(p.asked) < discoverAgain {
		return p.found, p.failed
	}
	p.found, p.failed = oidc.NewProvider(p.context(context.WithoutCancel(ctx)), p.Issuer) // others wait for it, too
	p.asked = time.Now()
	if p.failed != nil {
		p.failed = muster.Because(muster.ReasonOIDCUnreachable, p.failed)
	}
	return p.found, p.failed
}

// context makes the library ask with the client of p.
func (p *provider) context(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, p.http)
}

func (p *provider) oauth(found *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret.Reveal(), Endpoint: found.Endpoint(),
		RedirectURL: strings.TrimRight(p.URL, "/") + callbackPath,
		Scopes:      append([]string{oidc.ScopeOpenID, "profile", "email"}, p.Scopes...),
	}
}

// begin sends a browser to the provider.
func (p *provider) begin(w http.ResponseWriter, r *http.Request) error {
	found, err := p.discover(r.Context())
	if err != nil {
		return err
	}
	f := flow{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Until: p.api.Now().Add(flowTime)}
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	sealed := base64.RawURLEncoding.EncodeToString(p.keys.Seal(muster.Secret(text), "flow"))
	http.SetCookie(w, flowCookie(r, sealed, int(flowTime/time.Second)))
	http.Redirect(w, r, p.oauth(found).AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), http.StatusSeeOther)
	return nil
}

// flowCookie keeps a flow. It comes back with the provider's redirect, which a strict cookie would not.
func flowCookie(r *http.Request, value string, age int) *http.Cookie {
	secure := secure(r)
	return &http.Cookie{
		Name: cookieName(secure) + "-flow", Value: value, Path: "/", MaxAge: age, Secure: secure, HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	}
}

// finish signs in whom the provider has sent back.
func (p *provider) finish(w http.ResponseWriter, r *http.Request) error {
	f, err := p.flow(r)
	http.SetCookie(w, flowCookie(r, "", -1)) // it may be used once
	if err != nil {
		return err
	}
	q := r.URL.Query()
	switch {
	case !muster.SameSecret(muster.Secret(q.Get("state")), muster.Secret(f.State)):
		return unvouched("the answer is for another sign-in")
	case q.Get("error") != "":
		return unvouched("the provider says: %.60q", q.Get("error"))
	}
	found, err := p.discover(r.Context())
	if err != nil {
		return err
	}
	claims, err := p.exchange(r.Context(), found, q.Get("code"), f)
	if err != nil {
		return err
	}
	e, err := p.person(claims)
	if err != nil {
		return err
	}
	e.Attempt = attempt(r.Context(), e.Name, "")
	s, err := p.api.People.SignInElsewhere(r.Context(), e)
	if err != nil {
		return err
	}
	signInBy(w, r, s)
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

func unvouched(format string, args ...any) error {
	return muster.Refuse(muster.ReasonOIDCRefused, format, args...)
}

// flow opens the flow that the browser kept.
func (p *provider) flow(r *http.Request) (f flow, err error) {
	lost := unvouched("the sign-in was not begun in this browser, or too long ago")
	c, err := r.Cookie(cookieName(secure(r)) + "-flow")
	if err != nil || len(c.Value) > maxFlow {
		return f, lost
	}
	sealed, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return f, lost
	}
	text, err := p.keys.Open(sealed, "flow")
	if err != nil || json.Unmarshal([]byte(text.Reveal()), &f) != nil || !p.api.Now().Before(f.Until) {
		return flow{}, lost
	}
	return f, nil
}

// exchange takes the code to the provider and returns what the ID token claims that it gives for it.
func (p *provider) exchange(ctx context.Context, found *oidc.Provider, code string, f flow) (claims, error) {
	ctx = p.context(ctx)
	given, err := p.oauth(found).Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return nil, muster.Because(muster.ReasonOIDCRefused, err)
	}
	raw, _ := given.Extra("id_token").(string)
	token, err := found.Verifier(&oidc.Config{ClientID: p.ClientID, Now: p.api.Now}).Verify(ctx, raw)
	if err != nil {
		return nil, muster.Because(muster.ReasonOIDCRefused, err)
	}
	if !muster.SameSecret(muster.Secret(token.Nonce), muster.Secret(f.Nonce)) {
		return nil, unvouched("the ID token is for another sign-in")
	}
	var c claims
	if err := token.Claims(&c); err != nil {
		return nil, muster.Because(muster.ReasonOIDCRefused, err)
	}
	c["sub"] = token.Subject
	return c, nil
}

// claims are what an ID token says.
type claims map[string]any

func (c claims) text(name string) string {
	text, _ := c[name].(string)
	return text
}

// texts returns a claim that is a text or a list of texts.
func (c claims) texts(name string) (all []string) {
	switch v := c[name].(type) {
	case string:
		return []string{v}
	case []any:
		for _, one := range v {
			if text, ok := one.(string); ok {
				all = append(all, text)
			}
		}
	}
	return all
}

// email returns the e-mail address, if the provider has verified it.
func (c claims) email() string {
	if c["email_verified"] != true && c["email_verified"] != "true" {
		return ""
	}
	return c.text("email")
}

// person returns whom the claims are about, or refuses who is not let in.
func (p *provider) person(c claims) (people.Elsewhere, error) {
	e := people.Elsewhere{Subject: p.Issuer + " " + c.text("sub"), Role: p.role(c), Stays: p.RoleClaim == ""}
	if c.text("sub") == "" {
		return e, unvouched("the ID token has no subject")
	}
	if len(p.Domains) > 0 {
		_, domain, _ := strings.Cut(c.email(), "@")
		if !slices.ContainsFunc(p.Domains, func(d string) bool { return strings.EqualFold(d, domain) }) {
			return e, unvouched("only verified e-mail addresses of certain domains are let in")
		}
	}
	claim := cmp.Or(p.NameClaim, "email")
	if e.Name = c.text(claim); claim == "email" {
		e.Name = c.email()
	}
	if e.Name == "" {
		return e, unvouched("the ID token has no %.40q that can be a name", claim)
	}
	return e, nil
}

// role returns the highest role that the claims give, or the default.
func (p *provider) role(c claims) muster.Role {
	role := muster.RoleNone
	for _, text := range c.texts(p.RoleClaim) {
		role = max(role, p.Roles[text])
	}
	if role == muster.RoleNone {
		role = p.DefaultRole
	}
	return role
}

// serveProvider serves the two pages that a sign-in with the provider goes by.
func (a *api) serveProvider(mux *http.ServeMux, pages *pages) {
	if a.Provider == nil {
		return
	}
	p := newProvider(a, *a.Provider)
	for path, step := range map[string]func(http.ResponseWriter, *http.Request) error{signInPath: p.begin, callbackPath: p.finish} {
		mux.Handle("GET "+path, a.visited(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			err := step(w, r)
			if err == nil {
				return
			}
			told := a.tell(r.Context(), "oidc", err)
			a.Logger.LogAttrs(r.Context(), slog.LevelWarn, "sign-in with the provider refused", slog.Any("error", err))
			pages.write(w, told.Status, "unvouched", page{Why: told.Detail, Reason: told.Reason})
		})))
	}
}
