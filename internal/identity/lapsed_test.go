package identity

import (
	"crypto/x509"
	"testing"
	"time"

	"muster"
)

func TestACertificateThatHasExpiredMayBeRenewedForAWhile(t *testing.T) {
	const day = 24 * time.Hour
	for name, test := range map[string]struct {
		age    time.Duration // since it has expired
		change func(h *muster.Holder, end time.Time)
		reason muster.Reason
	}{
		"a second later":                   {time.Second, nil, ""},
		"an hour later":                    {time.Hour, nil, ""},
		"on the last of the thirty days":   {30 * day, nil, ""},
		"a second after them":              {30*day + time.Second, nil, muster.ReasonCredentialExpired},
		"at its last moment":               {0, nil, muster.ReasonCredentialExpired},
		"within what the profile says":     {60 * day, func(h *muster.Holder, _ time.Time) { h.Profile.Settings.GraceDays = 60 }, ""},
		"outside of what the profile says": {2 * day, func(h *muster.Holder, _ time.Time) { h.Profile.Settings.GraceDays = 1 }, muster.ReasonCredentialExpired},
		"where the profile gives none":     {time.Second, func(h *muster.Holder, _ time.Time) { h.Profile.Settings.SetGrace(0) }, muster.ReasonCredentialExpired},
		"revoked":                          {time.Hour, func(h *muster.Holder, _ time.Time) { h.Credential.State = muster.CredentialRevoked }, muster.ReasonCredentialRevoked},
		"retiring":                         {time.Hour, func(h *muster.Holder, _ time.Time) { h.Credential.State = muster.CredentialRetiring }, ""},
		"suspended":                        {time.Hour, func(h *muster.Holder, _ time.Time) { h.Device.State = muster.DeviceSuspended }, muster.ReasonDeviceSuspended},
		"ended with it":                    {time.Hour, func(h *muster.Holder, end time.Time) { h.Credential.ExpiresAt = end }, ""},
		"ended before it":                  {time.Hour, func(h *muster.Holder, end time.Time) { h.Credential.ExpiresAt = end.Add(-day) }, muster.ReasonCredentialExpired},
		"never begun":                      {time.Hour, func(h *muster.Holder, end time.Time) { h.Credential.NotBefore = end }, muster.ReasonCredentialNotYet},
		"an authority that does not vouch for it": {time.Hour, func(h *muster.Holder, _ time.Time) {
			h.Profile.Strategy, h.Profile.Settings.Chain = muster.StrategyX509Chain, &muster.ChainRule{CNPattern: "(.*)"}
		}, muster.ReasonCredentialExpired},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			end := f.now.Add(-test.age)
			leaf, text := certificate(t, end.Add(-90*day), end)
			h := f.add(t, "pump", muster.Evidence{Kind: muster.X509Certificate, Certificate: text}, func(h *muster.Holder) {
				if test.change != nil {
					test.change(h, leaf.NotAfter)
				}
			})
			who, err := f.Lapsed(t.Context(), []*x509.Certificate{leaf})
			refused(t, err, test.reason)
			if who.Device != h.Device.ID || !who.Lapsed {
				t.Errorf("got %+v", who)
			}
			if _, err := f.Authenticate(t.Context(), &muster.Proof{Chain: []*x509.Certificate{leaf}}); err == nil && test.age > 0 {
				t.Error("it opens the door all the same")
			}
		})
	}
	f := newFixture(t)
	stranger, _ := certificate(t, f.now.Add(-day), f.now.Add(-time.Hour))
	_, err := f.Lapsed(t.Context(), []*x509.Certificate{stranger})
	refused(t, err, muster.ReasonCertificateUnknown)
}
