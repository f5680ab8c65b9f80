package admin

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"muster"
	"muster/internal/bulk"
)

func (a *api) serveExport() {
	serve(a, http.MethodGet, "/v1/export", "export-devices",
		"Every device in a file that an import makes the same fleet of; with secrets for admins only", a.exportDevices,
		streaming("text/csv", "application/x-ndjson"))
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
	return a.downloadRows("devices", in.Format, write), nil
}

// downloadRows answers with a file of devices.
func (a *api) downloadRows(name, format string, write func(io.Writer) error) *huma.StreamResponse {
	kind := "text/csv; charset=utf-8"
	if format == "jsonl" {
		kind = "application/x-ndjson"
	}
	return a.download(name+"."+format, kind, write)
}

// download answers with a file that is written as it is made. What goes wrong on the way cuts the connection, so that
// nobody takes the part for the whole.
func (a *api) download(name, kind string, write func(io.Writer) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		ctx.SetHeader("Content-Type", kind)
		ctx.SetHeader("Content-Disposition", `attachment; filename="`+name+`"`)
		ctx.SetStatus(http.StatusOK)
		if err := write(ctx.BodyWriter()); err != nil {
			a.tell(ctx.Context(), ctx.Operation().OperationID, err)
			panic(http.ErrAbortHandler)
		}
	}}
}
