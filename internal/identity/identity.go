package identity

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"muster"
)

// The oldest and the most that is remembered.
const (
	maxAge   = 30 * time.Second
	mostKept = 50_000
)

// Options are what a Service may be given.
type Options struct {
	ServerNames []string // the names of this server that a JWT may be for

	// Replaced is called after a credential was revoked because its successor has been used, and was forgotten. It must not
	// block for long; nil: nobody hears of it.
	Replaced func(muster.Succession)

	Now        func() time.Time      // nil means time.Now
	Logger     *slog.Logger          // nil discards
	Registerer prometheus.Registerer // of the metrics; nil: nobody reads them
}

// A Service judges proofs. It is safe for concurrent use.
type Service struct {
	store   Store
	keys    *muster.Keyring
	names   atomic.Pointer[[]string]
	now     func() time.Time
	log     *slog.Logger
	metrics *metrics

	replaced    func(muster.Succession)
	forgotten   forgotten
	credentials *cache
	uses        uses
	decoy       muster.Credential // nobody's password, for proofs that name none
}

// New returns a Service over store whose secrets are sealed with keys.
func New(store Store, keys *muster.Keyring, o Options) *Service {
	s := &Service{store: store, keys: keys, now: o.Now, log: o.Logger, metrics: newMetrics(o.Registerer)}
	if s.now == nil {
		s.now = time.Now
	}
	if s.replaced = o.Replaced; s.replaced == nil {
		s.replaced = func(muster.Succession) {}
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.SetServerNames(o.ServerNames)
	s.credentials = newCache(&s.forgotten, maxAge, mostKept)
	s.uses.init()
	s.decoy = decoy(keys)
	return s
}

// SetServerNames changes ServerNames of the Options, from the next proof on. What is remembered stays as long as it would.
func (s *Service) SetServerNames(names []string) { s.names.Store(&names) }

// Authenticate returns who the proof is of, or a *muster.Error with the reason why it proves nothing; then the identity is
// the device that it was about, as far as one was recognised, and for the journal alone. An error of another type means
// that the store could not be asked. The proof's lanes come in the order of its fields; the first that is set decides
// alone, except that a JWT whose client id names no device with a public key is left to user name and password where the
// proof has them.
func (s *Service) Authenticate(ctx context.Context, p *muster.Proof) (muster.Identity, error) {
	switch {
	case len(p.Chain) > 0:
		return s.byCertificate(ctx, p.Chain[0])
	case p.JWT != "":
		who, err := s.byJWT(ctx, p)
		if p.Basic && errors.Is(err, errNoSigner) {
			return s.byBasic(ctx, p)
		}
		return who, err
	case p.Token != "":
		return s.byToken(ctx, p.Token)
	case p.Basic:
		return s.byBasic(ctx, p)
	}
	return muster.Identity{}, muster.Refuse(muster.ReasonCredentialsMissing, "")
}

// Forget drops what is remembered of the device, at once and for every proof that is being judged meanwhile: what a
// call of Authenticate that begins after Forget returns is told, the store knows now.
func (s *Service) Forget(device muster.DeviceID) { s.forgotten.add(device) }

// Generation counts the calls of Forget. Who acts on an identity after it was proved, and finds the same generation
// afterwards, acted on one that had not been forgotten.
func (s *Service) Generation() uint64 { return s.forgotten.generation.Load() }

// byToken is ThingsBoard device API 2.2: the text is the id of a credential of its kind.
func (s *Service) byToken(ctx context.Context, token muster.Secret) (muster.Identity, error) {
	if len(token) > muster.MaxEvidence {
		return muster.Identity{}, muster.Refuse(muster.ReasonTokenUnknown, "")
	}
	return s.recall(ctx, muster.CredentialDigest(s.keys, token.Reveal()), func(r *record) error {
		if r.kind != muster.AccessToken {
			return muster.Refuse(muster.ReasonTokenUnknown, "")
		}
		return nil
	}, muster.ReasonTokenUnknown)
}

// byCertificate is ThingsBoard device API 2.4: the leaf alone counts, within its dates. That the client has its key, TLS
// has made sure.
func (s *Service) byCertificate(ctx context.Context, leaf *x509.Certificate) (muster.Identity, error) {
	who, err := s.recall(ctx, s.certificateKey(leaf), certificateJudge(leaf, s.now()), muster.ReasonCertificateUnknown)
	if err == nil {
		endsBy(&who, leaf.NotAfter, muster.X509Certificate)
	}
	return who, err
}

func (s *Service) certificateKey(leaf *x509.Certificate) muster.LookupKey {
	return muster.CredentialDigest(s.keys, muster.CertificateID(base64.StdEncoding.EncodeToString(leaf.Raw)))
}

func certificateJudge(leaf *x509.Certificate, now time.Time) func(*record) error {
	return func(r *record) error {
		switch {
		case r.kind != muster.X509Certificate:
			return muster.Refuse(muster.ReasonCertificateUnknown, "")
		case now.Before(leaf.NotBefore):
			return muster.Refuse(muster.ReasonCertificateNotYet, "")
		case now.After(leaf.NotAfter):
			return muster.Refuse(muster.ReasonCredentialExpired, "the certificate has expired")
		}
		return nil
	}
}
