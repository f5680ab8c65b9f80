package admin

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"muster"
	"muster/internal/bulk"
)

// An Import is a file of devices that is filed row by row.
type Import struct {
	ID         string    `json:"id" example:"019283b1-7c4e-7d30-9f2a-5b6c7d8e9f00"`
	State      string    `json:"state" enum:"waiting,running,done,cancelled,failed" example:"running"`
	File       string    `json:"file,omitempty" doc:"the file's name where it came from" example:"devices.csv"`
	Format     string    `json:"format" enum:"csv,jsonl" example:"csv"`
	DryRun     bool      `json:"dryRun,omitempty" doc:"rows are judged and none is filed"`
	Profile    string    `json:"profile,omitempty" doc:"of new devices whose row names none; left out: default"`
	By         string    `json:"by,omitempty" doc:"who handed it in" example:"anna"`
	CreatedAt  time.Time `json:"createdAt"`
	StartedAt  time.Time `json:"startedAt,omitzero"`
	FinishedAt time.Time `json:"finishedAt,omitzero"`
	Bytes      int64     `json:"bytes" doc:"size of the file" example:"48211"`
	Read       int64     `json:"read" doc:"how much of it is done" example:"24000"`
	Rows       int       `json:"rows" doc:"rows that are done: the sum of the four that follow" example:"500"`
	Created    int       `json:"created" example:"490"`
	Updated    int       `json:"updated" example:"6"`
	Unchanged  int       `json:"unchanged" example:"3"`
	Failed     int       `json:"failed" example:"1"`
	Reason     string    `json:"reason,omitempty" doc:"why it has failed as a whole"`
	Detail     string    `json:"detail,omitempty"`
}

// A Failure is a row that was not filed.
type Failure struct {
	Line    int    `json:"line" doc:"where the row begins in the file" example:"17"`
	Reason  string `json:"reason" example:"import-row-invalid"`
	Column  string `json:"column,omitempty" doc:"whose cell it is about; left out: the row as a whole" example:"tags"`
	Message string `json:"message" example:"the tag has no name"`
}

func (a *api) serveImports() {
	a.serveUpload()
	serve(a, http.MethodGet, "/v1/imports", "list-imports", "Imports that meet conditions, the newest first", a.listImports)
	serve(a, http.MethodGet, "/v1/imports/{id}", "show-import", "One import and how far it is", a.showImport)
	serve(a, http.MethodDelete, "/v1/imports/{id}", "delete-import", "Forgets an import that has ended, and its failed rows; what it has filed stays", a.deleteImport,
		refusing(muster.ReasonImportStopped))
	serve(a, http.MethodGet, "/v1/imports/{id}/failures", "list-import-failures", "What is wrong with rows that were not filed", a.listFailures)
	serveTo(a, muster.RoleOperator, http.MethodGet, "/v1/imports/{id}/failed", "download-failed-rows",
		"The rows that were not filed, to be mended and handed in again; secrets are in them", a.downloadFailed,
		streaming("text/csv", "application/x-ndjson"))
	serve(a, http.MethodPost, "/v1/imports/{id}/cancel", "cancel-import", "Stops an import; what it has filed stays", a.cancelImport,
		refusing(muster.ReasonImportStopped))
	serve(a, http.MethodPost, "/v1/imports/{id}/resume", "resume-import", "Lets a cancelled or failed import go on where it has stopped", a.resumeImport,
		refusing(muster.ReasonImportStopped))
}

// serveUpload adds the one operation whose body is read as it arrives.
func (a *api) serveUpload() {
	serve(a, http.MethodPost, "/v1/imports", "create-import",
		"Takes in a file of devices, CSV or JSON Lines, as the body or as the part `file` of a form; rows are filed in the background", a.createImport,
		explained("The answer comes when the file is kept; rows are filed in the background, also after a restart. A row whose device is there changes what the file says of it, so a file can be handed in again."),
		refusing(muster.ReasonImportFileInvalid, muster.ReasonImportColumnUnknown, muster.ReasonNotFound))
	op := a.huma.OpenAPI().Paths["/v1/imports"].Post
	// The file is not read twice to know it again: filed once more it changes nothing.
	op.MaxBodyBytes = bulk.DefaultMaxFile
	op.Parameters = slices.DeleteFunc(op.Parameters, isOnceParameter)
	file := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	op.RequestBody = &huma.RequestBody{
		Required: true,
		Content: map[string]*huma.MediaType{
			"text/csv":             {Schema: file},
			"application/x-ndjson": {Schema: file},
			"multipart/form-data": {Schema: &huma.Schema{
				Type: huma.TypeObject, Properties: map[string]*huma.Schema{"file": file}, Required: []string{"file"},
			}},
		},
	}
}

// An upload is the body of a request that is read as it arrives.
type upload struct {
	ctx huma.Context
}

// Resolve keeps the exchange; it is called before the handler is.
func (u *upload) Resolve(ctx huma.Context) []error {
	u.ctx = ctx
	return nil
}

// silence is how long an upload may send nothing.
const silence = time.Minute

// Read reads on. An upload may last as long as something arrives.
func (u *upload) Read(p []byte) (int, error) {
	_ = u.ctx.SetReadDeadline(time.Now().Add(silence)) // where there is none, none passes
	return u.ctx.BodyReader().Read(p)
}

// file returns the file that the request holds, and its name.
func (u *upload) file() (io.Reader, string, error) {
	kind, params, err := mime.ParseMediaType(u.ctx.Header("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return u, "", nil //nolint:nilerr // what is no form is the file itself
	}
	form := multipart.NewReader(u, params["boundary"])
	part, err := form.NextPart()
	switch {
	case errors.Is(err, io.EOF):
		return nil, "", muster.Refuse(muster.ReasonRequestInvalid, "the form has no part called file")
	case err != nil:
		return nil, "", muster.Refuse(muster.ReasonRequestInvalid, "the form cannot be read")
	case part.FormName() != "file":
		return nil, "", muster.Refuse(muster.ReasonRequestInvalid, "the form has the part %.40q and not only file; options go into the query", part.FormName())
	}
	return part, part.FileName(), nil
}

func (a *api) createImport(ctx context.Context, in *struct {
	upload
	File      string   `query:"file" maxLength:"1000" doc:"what the file is called"`
	Format    string   `query:"format" enum:"csv,jsonl" doc:"left out: found out"`
	Delimiter string   `query:"delimiter" maxLength:"1" doc:"of CSV; left out: found out"`
	Headless  bool     `query:"headless" doc:"CSV without a header: columns are called 1, 2, ..."`
	Column    []string `query:"column,explode" maxItems:"1000" doc:"COLUMN=FIELD: what a column is; FIELD may be ignored"`
	Profile   string   `query:"profile" maxLength:"255" doc:"of new devices whose row names none"`
	DryRun    bool     `query:"dryRun" doc:"judge every row and file none"`
},
) (*answer[Import], error) {
	o := muster.ImportOptions{Format: in.Format, Delimiter: in.Delimiter, Headless: in.Headless, Profile: in.Profile, DryRun: in.DryRun}
	for _, c := range in.Column {
		cut := strings.LastIndexByte(c, '=')
		if cut < 1 {
			return nil, muster.Refuse(muster.ReasonRequestInvalid, "column: %.80q is not COLUMN=FIELD", c)
		}
		if o.Columns == nil {
			o.Columns = map[string]string{}
		}
		o.Columns[c[:cut]] = c[cut+1:]
	}
	body, name, err := in.file()
	if err != nil {
		return nil, err
	}
	if in.File != "" {
		name = in.File
	}
	i, err := a.Bulk.CreateImport(ctx, name, o, body)
	if err != nil {
		return nil, err
	}
	return &answer[Import]{importOf(i)}, nil
}

func (a *api) listImports(ctx context.Context, in *struct {
	Search string `query:"search" maxLength:"255" doc:"part of the file's name, case ignored"`
	State  string `query:"state" enum:"waiting,running,done,cancelled,failed"`
	By     string `query:"by" maxLength:"255" doc:"handed in by them"`
	Sort   string `query:"sort" enum:"created,-created,file,-file" default:"-created"`
	Paging
},
) (*answer[List[Import]], error) {
	all, err := a.Bulk.Imports(ctx)
	if err != nil {
		return nil, err
	}
	wanted := func(i *muster.Import) bool {
		return has(i.File, in.Search) && (in.State == "" || i.State.String() == in.State) && (in.By == "" || i.By == in.By)
	}
	return pageOf(all, in.Paging, in.Sort, wanted, func(order string, i *muster.Import) place {
		if order == "file" {
			return byText(i.File, i.ID.String())
		}
		return byTime(i.CreatedAt, i.ID.String())
	}, importOf)
}

// importNamed is the path of one import.
type importNamed struct {
	ID string `path:"id" maxLength:"36"`
}

func (n *importNamed) id() (muster.ImportID, error) { return muster.ParseID[muster.Import](n.ID) }

func (a *api) showImport(ctx context.Context, in *importNamed) (*answer[Import], error) {
	return importBy(ctx, in, a.Bulk.Import)
}

func (a *api) cancelImport(ctx context.Context, in *importNamed) (*answer[Import], error) {
	return importBy(ctx, in, a.Bulk.CancelImport)
}

func (a *api) resumeImport(ctx context.Context, in *importNamed) (*answer[Import], error) {
	return importBy(ctx, in, a.Bulk.ResumeImport)
}

func (a *api) deleteImport(ctx context.Context, in *importNamed) (*struct{}, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	return nil, a.Bulk.DeleteImport(ctx, id)
}

func importBy(ctx context.Context, in *importNamed, do func(context.Context, muster.ImportID) (muster.Import, error)) (*answer[Import], error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	i, err := do(ctx, id)
	if err != nil {
		return nil, err
	}
	return &answer[Import]{importOf(i)}, nil
}

func (a *api) listFailures(ctx context.Context, in *struct {
	ID    string `path:"id" maxLength:"36"`
	After int    `query:"after" minimum:"0" doc:"lines behind this one alone"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
},
) (*answer[List[Failure]], error) {
	id, err := muster.ParseID[muster.Import](in.ID)
	if err != nil {
		return nil, err
	}
	failures, err := a.Bulk.Failures(ctx, id, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	out := listOf(failures, func(f bulk.Failure) Failure {
		return Failure{Line: f.Line, Reason: string(f.Reason), Column: f.Column, Message: f.Message}
	})
	if len(failures) == in.Limit {
		out.Body.Next = strconv.Itoa(failures[len(failures)-1].Line)
	}
	return out, nil
}

func (a *api) downloadFailed(ctx context.Context, in *importNamed) (*huma.StreamResponse, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	i, err := a.Bulk.Import(ctx, id)
	if err != nil {
		return nil, err
	}
	return a.downloadRows("failed-rows", i.Options.Format, func(w io.Writer) error { return a.Bulk.WriteFailed(ctx, i, w) }), nil
}

func importOf(i muster.Import) Import {
	p := i.Progress
	return Import{
		ID: i.ID.String(), State: i.State.String(), File: i.File, Format: i.Options.Format, DryRun: i.Options.DryRun,
		Profile: i.Options.Profile, By: i.By, CreatedAt: i.CreatedAt, StartedAt: i.StartedAt, FinishedAt: i.FinishedAt,
		Bytes: i.Size, Read: p.Read, Rows: p.Rows, Created: p.Created, Updated: p.Updated, Unchanged: p.Unchanged, Failed: p.Failed,
		Reason: string(i.Reason), Detail: i.Detail,
	}
}
