package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"muster"
	"muster/internal/bulk"
)

func (a *api) serveExport() {
	serve(a, http.MethodGet, "/v1/export", "export-devices",
		"Every device in a file that an import makes the same fleet of; with secrets for admins only", a.exportDevices)
}

func (a *api) exportDevices(ctx context.Context, in *struct {
	Format  string `query:"format" enum:"csv,jsonl" default:"csv"`
	Secrets bool   `query:"secrets" doc:"tokens and passwords, too; needs the role admin"`
},
) (*huma.StreamResponse, error) {
	if actor, _ := muster.ActorOf(ctx); in.Secrets && !actor.Role.Allows(muster.RoleAdmin) {
		return nil, muster.Refuse(muster.ReasonRoleTooLow, "an export with secrets needs the role admin, and %s has the role %s", actor.Name, actor.Role)
	}
	write, err := a.Bulk.Export(ctx, bulk.Export{Format: in.Format, Secrets: in.Secrets})
	if err != nil {
		return nil, err
	}
	return a.download("devices", in.Format, write), nil
}
