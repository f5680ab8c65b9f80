package storetest

import (
	"net/netip"
	"testing"

	"muster"
)

func apiTokenSentences() []sentence {
	return []sentence{
		{"a token comes back as it was filed", apiTokenComesBack},
		{"a token that nobody filed is not found", func(t *testing.T, r *registry) {
			_, err := r.APIToken(t.Context(), digest("a"))
			r.missing(err)
			_, err = r.RevokeAPIToken(t.Context(), muster.NewID[muster.APIToken](), after(1))
			r.missing(err)
		}},
		{"a name is taken until its token is revoked", apiTokenName},
		{"a revoked token stays revoked, and is listed", apiTokenRevoked},
		{"a use is noted", func(t *testing.T, r *registry) {
			want := newAPIToken("script")
			r.must(r.CreateAPIToken(t.Context(), want, birth))
			r.must(r.UsedAPIToken(t.Context(), want.ID, after(3)))
			r.must(r.UsedAPIToken(t.Context(), muster.NewID[muster.APIToken](), after(4)))
			want.LastUsedAt = after(3)
			r.sameToken(want)
		}},
		{"what is stale is forgotten when another is filed", apiTokenStale},
		{"an owned token has a name of its owner's, and goes with them", apiTokenOwned},
		{"a one-time token is spent for a user, once", apiTokenSpent},
		{"a one-time token is for the first user alone", func(t *testing.T, r *registry) {
			once := newAPIToken("setup")
			once.Once = true
			r.must(r.CreateAPIToken(t.Context(), once, birth))
			r.must(r.CreateUser(t.Context(), newUser("anna")))
			r.missing(r.SpendAPIToken(t.Context(), once.Digest, newUser("berta")))
			_, err := r.User(t.Context(), "berta")
			r.missing(err)
		}},
		{"a lasting token cannot be spent", func(t *testing.T, r *registry) {
			lasting := newAPIToken("script")
			r.must(r.CreateAPIToken(t.Context(), lasting, birth))
			r.missing(r.SpendAPIToken(t.Context(), lasting.Digest, newUser("anna")))
			_, err := r.User(t.Context(), "anna")
			r.missing(err)
			r.sameToken(lasting)
		}},
	}
}

func newAPIToken(name string) muster.APIToken {
	return muster.APIToken{ID: muster.NewID[muster.APIToken](), Digest: digest(name), Name: name, Role: muster.RoleAdmin, CreatedAt: birth}
}

// sameToken checks that the token is kept as it should be.
func (r *registry) sameToken(want muster.APIToken) {
	r.t.Helper()
	got, err := r.APIToken(r.t.Context(), want.Digest)
	r.must(err)
	r.same(got, want)
}

func apiTokenComesBack(t *testing.T, r *registry) {
	all := []muster.APIToken{newAPIToken("init"), newAPIToken("narrow"), newAPIToken("setup")}
	all[1].Role, all[1].ExpiresAt, all[1].CreatedAt = muster.RoleViewer, after(60), after(1)
	all[1].Networks = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}
	all[2].Once = true
	for _, want := range all {
		r.must(r.CreateAPIToken(t.Context(), want, birth))
		r.sameToken(want)
	}
	got, err := r.APITokens(t.Context())
	r.must(err)
	r.same(got, all[:2])
}

func apiTokenName(t *testing.T, r *registry) {
	first, second := newAPIToken("script"), newAPIToken("script")
	second.Digest = digest("second")
	r.must(r.CreateAPIToken(t.Context(), first, birth))
	r.refused(r.CreateAPIToken(t.Context(), second, birth), muster.ReasonAPITokenNameTaken)
	_, err := r.RevokeAPIToken(t.Context(), first.ID, after(1))
	r.must(err)
	r.must(r.CreateAPIToken(t.Context(), second, birth))
}

func apiTokenRevoked(t *testing.T, r *registry) {
	want := newAPIToken("script")
	r.must(r.CreateAPIToken(t.Context(), want, birth))
	want.RevokedAt = after(1)
	for seconds := 1; seconds < 3; seconds++ {
		got, err := r.RevokeAPIToken(t.Context(), want.ID, after(seconds))
		r.must(err)
		r.same(got, want)
		r.sameToken(want)
	}
	got, err := r.APITokens(t.Context())
	r.must(err)
	r.same(got, []muster.APIToken{want})
}

func apiTokenStale(t *testing.T, r *registry) {
	revoked, expired, live := newAPIToken("revoked"), newAPIToken("expired"), newAPIToken("live")
	expired.ExpiresAt, live.ExpiresAt = after(1), after(9)
	for _, token := range []muster.APIToken{revoked, expired, live} {
		r.must(r.CreateAPIToken(t.Context(), token, birth))
	}
	_, err := r.RevokeAPIToken(t.Context(), revoked.ID, after(1))
	r.must(err)
	r.must(r.CreateAPIToken(t.Context(), newAPIToken("other"), after(1))) // at that very moment they are not stale
	r.sameToken(expired)
	r.must(r.CreateAPIToken(t.Context(), newAPIToken("another"), after(2)))
	for _, gone := range []muster.APIToken{revoked, expired} {
		_, err := r.APIToken(t.Context(), gone.Digest)
		r.missing(err)
	}
	r.sameToken(live)
}

func apiTokenOwned(t *testing.T, r *registry) {
	root, anna := newUser("root"), newUser("anna")
	r.must(r.CreateUser(t.Context(), root))
	r.must(r.CreateUser(t.Context(), anna))
	nobodys, first, second := newAPIToken("script"), newAPIToken("script"), newAPIToken("script")
	first.Owner, first.Digest, second.Owner, second.Digest = anna.ID, digest("first"), anna.ID, digest("second")
	r.must(r.CreateAPIToken(t.Context(), nobodys, birth))
	r.must(r.CreateAPIToken(t.Context(), first, birth))
	r.sameToken(first)
	r.refused(r.CreateAPIToken(t.Context(), second, birth), muster.ReasonAPITokenNameTaken)

	disable := func(is bool) {
		_, err := r.UpdateUser(t.Context(), anna.ID, muster.LoginID{}, func(u *muster.User) error {
			u.Disabled = is
			return nil
		})
		r.must(err)
	}
	disable(true)
	got, err := r.APIToken(t.Context(), first.Digest)
	r.must(err)
	if got.RevokedAt.IsZero() {
		t.Error("the token of a disabled user is live")
	}
	r.sameToken(nobodys)
	r.refused(r.CreateAPIToken(t.Context(), second, birth), muster.ReasonUserDisabled)
	disable(false)
	r.must(r.CreateAPIToken(t.Context(), second, birth))
	r.must(r.DeleteUser(t.Context(), anna.ID))
	_, err = r.APIToken(t.Context(), second.Digest)
	r.missing(err)
	r.missing(r.CreateAPIToken(t.Context(), second, birth))
	r.sameToken(nobodys)
}

func apiTokenSpent(t *testing.T, r *registry) {
	once := newAPIToken("setup")
	once.Once = true
	r.must(r.CreateAPIToken(t.Context(), once, birth))
	want := newUser("anna")
	r.must(r.SpendAPIToken(t.Context(), once.Digest, want))
	got, err := r.User(t.Context(), "anna")
	r.must(err)
	r.same(got, want)
	_, err = r.APIToken(t.Context(), once.Digest)
	r.missing(err)
	r.missing(r.SpendAPIToken(t.Context(), once.Digest, newUser("berta")))
	_, err = r.User(t.Context(), "berta")
	r.missing(err)
}
