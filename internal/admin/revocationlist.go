package admin

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"muster"
	"muster/internal/revocation"
)

// A RevocationList is a CRL of another authority as people see it, without its entries.
type RevocationList struct {
	Name       string    `json:"name" example:"plant"`
	State      string    `json:"state" enum:"current,outdated,unused" doc:"unused: it is not believed any more"`
	URL        string    `json:"url,omitempty" doc:"where it is fetched; left out: it is handed in"`
	Issuer     string    `json:"issuer,omitempty" doc:"PEM of whoever signs it; left out: an authority that a profile trusts"`
	Subject    string    `json:"subject,omitempty" doc:"whose certificates it is of" example:"CN=Plant root"`
	ThisUpdate time.Time `json:"thisUpdate,omitzero"`
	NextUpdate time.Time `json:"nextUpdate,omitzero" doc:"when the next one should come"`
	Entries    int       `json:"entries" doc:"certificates that are revoked"`
	Failure    string    `json:"failure,omitempty" doc:"why the last fetch failed, or why it is not used"`
	CreatedAt  time.Time `json:"createdAt"`
	TakenAt    time.Time `json:"takenAt" doc:"when this CRL was taken in"`
}

// A RevocationSource is where a list comes from.
type RevocationSource struct {
	URL    string `json:"url,omitempty" maxLength:"2000" doc:"where it is fetched from then on, http or https"`
	CRL    string `json:"crl,omitempty" maxLength:"44739242" doc:"in place of a URL: the list itself, PEM or base64 of DER"`
	Issuer string `json:"issuer,omitempty" maxLength:"16384" doc:"PEM of whoever signs it, and of those between it and an authority that a profile trusts; left out: such an authority does, or it stays"`
}

// A NewRevocationList is a list to be taken in.
type NewRevocationList struct {
	Name string `json:"name" maxLength:"255" example:"plant"`
	RevocationSource
}

// maxRevocationBody bounds a request with a list in it, in bytes.
const maxRevocationBody = 48 << 20

func (a *api) serveRevocationLists() {
	const lists, list = "/v1/revocation-lists", "/v1/revocation-lists/{name}"
	refused := refusing(muster.ReasonRevocationListInvalid, muster.ReasonRevocationListUnreachable)
	serve(a, http.MethodGet, lists, "list-revocation-lists", "Which certificates other authorities have revoked, by list", a.listRevocationLists)
	serveAdmin(a, http.MethodPost, lists, "create-revocation-list", "Takes in a list, by its URL or as it is", a.createRevocationList, refused,
		explained("With a URL it is fetched at once, and from then on by itself. Sessions of devices whose certificates it names end."),
		refusing(muster.ReasonRevocationListTaken))
	serve(a, http.MethodGet, list, "show-revocation-list", "One list, without its entries", a.showRevocationList)
	serveAdmin(a, http.MethodPatch, list, "update-revocation-list", "Takes in a newer list, or has it come from elsewhere", a.updateRevocationList, refused)
	serveAdmin(a, http.MethodDelete, list, "delete-revocation-list", "Forgets a list: what it names is revoked no more", a.deleteRevocationList)
	serve(a, http.MethodPost, list+"/refresh", "refresh-revocation-list", "Fetches a list now", a.refreshRevocationList, refused)
	a.huma.OpenAPI().Paths[lists].Post.MaxBodyBytes = maxRevocationBody
	a.huma.OpenAPI().Paths[list].Patch.MaxBodyBytes = maxRevocationBody
}

func (a *api) listRevocationLists(context.Context, *struct{}) (*answer[List[RevocationList]], error) {
	return listOf(a.Revocation.Lists(), revocationListOf), nil
}

func (a *api) createRevocationList(ctx context.Context, in *struct{ Body NewRevocationList }) (*tagged[RevocationList], error) {
	from, err := in.Body.source()
	if err != nil {
		return nil, err
	}
	return tagList(a.Revocation.Create(ctx, in.Body.Name, from))
}

func (a *api) showRevocationList(_ context.Context, in *named) (*tagged[RevocationList], error) {
	return tagList(a.Revocation.List(in.Name))
}

func (a *api) updateRevocationList(ctx context.Context, in *struct {
	Name string `path:"name" maxLength:"255"`
	Expected
	Body RevocationSource
},
) (*tagged[RevocationList], error) {
	from, err := in.Body.source()
	if err != nil {
		return nil, err
	}
	return tagList(a.Revocation.Update(ctx, in.Name, from, in.seen()...))
}

func (a *api) refreshRevocationList(ctx context.Context, in *named) (*tagged[RevocationList], error) {
	return tagList(a.Revocation.Refresh(ctx, in.Name))
}

func (a *api) deleteRevocationList(ctx context.Context, in *seenNamed) (*struct{}, error) {
	return nil, a.Revocation.Delete(ctx, in.Name, in.seen()...)
}

// source reads where a list comes from.
func (s *RevocationSource) source() (revocation.Source, error) {
	from := revocation.Source{URL: s.URL, Issuer: s.Issuer}
	switch {
	case s.CRL == "":
	case strings.Contains(s.CRL, "-----BEGIN"):
		from.CRL = []byte(s.CRL)
	default:
		der, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s.CRL))
		if err != nil {
			return from, muster.Refuse(muster.ReasonRevocationListInvalid, "the list is neither PEM nor base64")
		}
		from.CRL = der
	}
	return from, nil
}

func tagList(l revocation.List, err error) (*tagged[RevocationList], error) {
	if err != nil {
		return nil, err
	}
	return tag(l.Version(), revocationListOf(l)), nil
}

func revocationListOf(l revocation.List) RevocationList {
	shown := RevocationList{
		Name: l.Name, State: "current", URL: l.URL, Issuer: l.Issuer, Subject: l.Subject, ThisUpdate: l.ThisUpdate.UTC(), NextUpdate: l.NextUpdate.UTC(),
		Entries: l.Entries, Failure: l.Failure, CreatedAt: l.CreatedAt, TakenAt: l.TakenAt,
	}
	switch {
	case l.Subject == "":
		shown.State = "unused"
	case l.Outdated:
		shown.State = "outdated"
	}
	return shown
}
