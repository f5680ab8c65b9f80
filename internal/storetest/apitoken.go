package storetest

import (
	"testing"

	"muster"
)

func apiTokenSentences() []sentence {
	return []sentence{
		{"a token comes back as it was filed", func(t *testing.T, r *registry) {
			for _, want := range []muster.APIToken{
				{Digest: digest("a"), Name: "init", CreatedAt: birth},
				{Digest: digest("b"), Name: "setup", Once: true, CreatedAt: birth, ExpiresAt: after(60)},
			} {
				r.must(r.CreateAPIToken(t.Context(), want))
				got, err := r.APIToken(t.Context(), want.Digest)
				r.must(err)
				r.same(got, want)
			}
		}},
		{"a token that nobody filed is not found", func(t *testing.T, r *registry) {
			_, err := r.APIToken(t.Context(), digest("a"))
			r.missing(err)
		}},
		{"a one-time token is spent for another, once", apiTokenSpent},
		{"a lasting token cannot be spent", func(t *testing.T, r *registry) {
			r.must(r.CreateAPIToken(t.Context(), muster.APIToken{Digest: digest("a"), CreatedAt: birth}))
			r.missing(r.SpendAPIToken(t.Context(), digest("a"), muster.APIToken{Digest: digest("b"), CreatedAt: birth}))
			_, err := r.APIToken(t.Context(), digest("b"))
			r.missing(err)
			_, err = r.APIToken(t.Context(), digest("a"))
			r.must(err)
		}},
	}
}

func apiTokenSpent(t *testing.T, r *registry) {
	r.must(r.CreateAPIToken(t.Context(), muster.APIToken{Digest: digest("once"), Once: true, CreatedAt: birth}))
	want := muster.APIToken{Digest: digest("lasting"), Name: "console", CreatedAt: after(1)}
	r.must(r.SpendAPIToken(t.Context(), digest("once"), want))
	got, err := r.APIToken(t.Context(), want.Digest)
	r.must(err)
	r.same(got, want)
	_, err = r.APIToken(t.Context(), digest("once"))
	r.missing(err)
	r.missing(r.SpendAPIToken(t.Context(), digest("once"), muster.APIToken{Digest: digest("second"), CreatedAt: after(2)}))
	_, err = r.APIToken(t.Context(), digest("second"))
	r.missing(err)
}
