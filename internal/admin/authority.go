package admin

import (
	"context"
	"net/http"
	"time"

	"muster"
	"muster/internal/issuer"
)

// A Signer is a certificate of the built-in authority itself.
type Signer struct {
	ID          string    `json:"id" doc:"names its key, as in /crl/{id}.crl"`
	Role        string    `json:"role" enum:"root,next,intermediate,former,retired" doc:"next: the root that is to take over; intermediate: signs now; former: it did, and what it has signed may be good; retired: was the root"`
	Subject     string    `json:"subject"`
	Serial      string    `json:"serial"`
	Fingerprint string    `json:"fingerprint" doc:"SHA-256"`
	NotBefore   time.Time `json:"notBefore"`
	NotAfter    time.Time `json:"notAfter"`
	Key         string    `json:"key" enum:"here,socket,elsewhere" doc:"where its private key is; socket: behind one, with another program"`
	CRL         string    `json:"crl" doc:"where its CRL is: a URL below publicUrl, as certificates name it; where that is not set, the path below wherever the server is reached" example:"http://muster.example/crl/0123456789abcdef.crl"`
	OCSP        string    `json:"ocsp" doc:"who answers whether a certificate is revoked; a URL or a path, like crl" example:"http://muster.example/ocsp"`
	PEM         string    `json:"pem"`
}

// A Bundle is certificates, one after the other.
type Bundle struct {
	PEM string `json:"pem"`
}

// An AuthorityImport is an authority that was made elsewhere, with its key or with where that is.
type AuthorityImport struct {
	Certificates string `json:"certificates" maxLength:"131072" doc:"PEM: the authority's own first, then those above it, the root last; a root alone takes over when the present one is retired"`
	Key          string `json:"key,omitempty" maxLength:"65536" doc:"PEM: PKCS #8, SEC 1 or PKCS #1; it is sealed before it is kept"`
	Passphrase   string `json:"passphrase,omitempty" maxLength:"4096" doc:"of a key that is encrypted (PKCS #8, PBES2 with AES-CBC)"`
	Socket       string `json:"socket,omitempty" maxLength:"100" doc:"absolute path of the Unix-domain socket of a program that keeps the key, in place of it"`
}

// A RootRetirement says how a root is retired.
type RootRetirement struct {
	Force bool `json:"force,omitempty" doc:"left out, nothing is done, and the refusal says what depends on it"`
}

func (a *api) serveAuthority() {
	serve(a, http.MethodGet, "/v1/ca", "list-signers", "The certificates of the built-in authority itself", a.listSigners)
	serve(a, http.MethodGet, "/v1/ca/bundle", "show-bundle", "All of them as one PEM text: intermediates, then roots, and what joins roots", a.showBundle)
	serveAdmin(a, http.MethodPost, "/v1/ca/rotate", "rotate-intermediate",
		"Makes a new intermediate, which signs from now on; what the one before has signed stays good", a.rotateIntermediate,
		refusing(muster.ReasonClockWrong, muster.ReasonAuthorityKeyAbsent))
	serveAdmin(a, http.MethodPost, "/v1/ca/rotate-root", "rotate-root",
		"Makes a new root, which takes over when the old one is retired", a.rotateRoot,
		explained("The two certify each other. Until then whoever trusts one of them trusts the server."),
		refusing(muster.ReasonClockWrong, muster.ReasonAuthorityOverlap, muster.ReasonAuthorityKeyAbsent))
	serveAdmin(a, http.MethodPost, "/v1/ca/retire-root", "retire-root",
		"Has the new root take over; whoever trusts the old one alone does not trust the server any more", a.retireRoot,
		refusing(muster.ReasonClockWrong, muster.ReasonAuthorityOverlap, muster.ReasonAuthorityInUse))
	serveAdmin(a, http.MethodPost, "/v1/ca/import", "import-authority",
		"Has an intermediate that was made elsewhere sign from now on, or a root take over when the present one is retired", a.importAuthority,
		explained("What was issued before stays good. Nobody is shown the key again."),
		refusing(muster.ReasonClockWrong, muster.ReasonCertificateInvalid, muster.ReasonAuthorityOverlap, muster.ReasonAuthorityKeyAbsent, muster.ReasonSignerUnreachable))
}

func (a *api) listSigners(context.Context, *struct{}) (*answer[List[Signer]], error) {
	return listOf(a.Authority.Signers(), signerOf), nil
}

func (a *api) showBundle(context.Context, *struct{}) (*answer[Bundle], error) {
	return &answer[Bundle]{Bundle{string(a.Authority.Bundle())}}, nil
}

// signersAfter answers with the authority as it is after a change.
func (a *api) signersAfter(ctx context.Context, err error) (*answer[List[Signer]], error) {
	if err != nil {
		return nil, err
	}
	return a.listSigners(ctx, nil)
}

func (a *api) rotateIntermediate(ctx context.Context, _ *struct{}) (*answer[List[Signer]], error) {
	return a.signersAfter(ctx, a.Authority.Rotate(ctx))
}

func (a *api) rotateRoot(ctx context.Context, _ *struct{}) (*answer[List[Signer]], error) {
	return a.signersAfter(ctx, a.Authority.RotateRoot(ctx))
}

func (a *api) retireRoot(ctx context.Context, in *struct{ Body *RootRetirement }) (*answer[List[Signer]], error) {
	return a.signersAfter(ctx, a.Authority.RetireRoot(ctx, in.Body != nil && in.Body.Force))
}

func (a *api) importAuthority(ctx context.Context, in *struct{ Body AuthorityImport }) (*answer[List[Signer]], error) {
	return a.signersAfter(ctx, a.Authority.Import(ctx, issuer.Import{
		Certificates: in.Body.Certificates, Key: muster.Secret(in.Body.Key), Passphrase: muster.Secret(in.Body.Passphrase), Socket: in.Body.Socket,
	}))
}

func signerOf(s issuer.Signer) Signer {
	return Signer{
		ID: s.ID.String(), Role: s.Role, Subject: s.Subject, Serial: s.Serial, Fingerprint: s.Fingerprint,
		NotBefore: s.NotBefore, NotAfter: s.NotAfter, Key: s.Key, CRL: s.CRL, OCSP: s.OCSP, PEM: s.PEM,
	}
}
