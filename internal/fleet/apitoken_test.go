package fleet_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muster"
)

func TestAPITokens(t *testing.T) {
	f := newFixture(t)
	token, err := f.CreateAPIToken(t.Context(), "script")
	if err != nil || !strings.HasPrefix(token.Reveal(), "mst_") || len(token) < 47 {
		t.Fatalf("made a token of %d characters, %v", len(token), err)
	}
	got, err := f.CheckAPIToken(t.Context(), token)
	if err != nil || got.Name != "script" || got.Once {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, wrong := range map[string]muster.Secret{
		"nothing": "", "the prefix alone": "mst_", "one character less": token[:len(token)-1], "one more": token + "x",
		"no prefix": token[4:], "a million": muster.Secret("mst_" + strings.Repeat("x", 1<<20)),
	} {
		_, err := f.CheckAPIToken(t.Context(), wrong)
		t.Run(name, func(t *testing.T) { refused(t, err, muster.ReasonAPITokenWrong) })
	}
	for _, name := range []string{"", strings.Repeat("x", 256)} {
		_, err := f.CreateAPIToken(t.Context(), name)
		refused(t, err, muster.ReasonRequestInvalid)
	}
}

func TestASetupTokenOpensOnce(t *testing.T) {
	f := newFixture(t)
	setup, err := f.CreateSetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.CheckAPIToken(t.Context(), setup)
	refused(t, err, muster.ReasonAPITokenWrong) // it is for the setup page and nothing else

	var won atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			token, err := f.ExchangeSetupToken(t.Context(), setup)
			if err != nil {
				refused(t, err, muster.ReasonAPITokenWrong)
				return
			}
			won.Add(1)
			if _, err := f.CheckAPIToken(t.Context(), token); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := won.Load(); n != 1 {
		t.Errorf("%d exchanged one setup token", n)
	}

	token, err := f.CreateAPIToken(t.Context(), "script")
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.ExchangeSetupToken(t.Context(), token)
	refused(t, err, muster.ReasonAPITokenWrong)

	late, err := f.CreateSetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.now = f.now.Add(time.Hour)
	_, err = f.ExchangeSetupToken(t.Context(), late)
	refused(t, err, muster.ReasonAPITokenWrong)
}
