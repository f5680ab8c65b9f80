package admin_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"muster"
	"muster/internal/admin"
)

// filing files imports while the test runs.
func (h *house) filing() {
	ctx, stop := context.WithCancel(h.t.Context())
	var work sync.WaitGroup
	work.Go(func() { h.bulk.Run(ctx) })
	h.t.Cleanup(func() {
		stop()
		work.Wait()
	})
}

// imported hands in a file and returns its import when that has ended.
func (h *house) imported(query, file string) admin.Import {
	h.t.Helper()
	var i admin.Import
	h.must("POST", "/v1/imports?"+query, file, &i)
	for end := time.Now().Add(20 * time.Second); i.FinishedAt.IsZero(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatalf("the import does not end: %+v", i)
		}
		h.must("GET", "/v1/imports/"+i.ID, "", &i)
	}
	return i
}

func TestAFileIsImportedAndItsFailedRowsComeBack(t *testing.T) {
	h := newHouse(t)
	h.filing()
	i := h.imported("file=fleet.csv", "name,token,label\npump,secret-token-1,a\nfan,secret-token-1,b\n")
	if i.State != "done" || i.Rows != 2 || i.Created != 1 || i.Failed != 1 || i.File != "fleet.csv" || i.Read != i.Bytes || i.By != "token:test" {
		t.Errorf("it came to %+v", i)
	}
	var l admin.List[admin.Failure]
	h.must("GET", "/v1/imports/"+i.ID+"/failures", "", &l)
	if len(l.Items) != 1 || l.Items[0].Line != 3 || l.Items[0].Reason != "credential-in-use" || l.Items[0].Column != "token" {
		t.Errorf("failures: %+v", l.Items)
	}
	w := h.ask("GET", "/v1/imports/"+i.ID+"/failed", "")
	want := "name,token,label,error_line,error_reason,error_column,error_message\n" +
		"fan,secret-token-1,b,3,credential-in-use,token,the credential is in use already\n"
	if w.Body.String() != want || !strings.Contains(w.Header().Get("Content-Disposition"), "failed-rows.csv") {
		t.Errorf("the failed rows are %v\n%s", w.Header(), w.Body)
	}
	again := h.imported("", strings.Replace(want, "secret-token-1", "secret-token-2", 1))
	if again.Created != 1 || again.Failed != 0 {
		t.Errorf("mended, it came to %+v", again)
	}
	var all admin.List[admin.Import]
	h.must("GET", "/v1/imports", "", &all)
	if len(all.Items) != 2 || all.Items[0].ID != again.ID {
		t.Errorf("imports: %+v", all.Items)
	}
	h.must("DELETE", "/v1/imports/"+i.ID, "", nil)
	h.refused("DELETE", "/v1/imports/"+i.ID, "", 404, muster.ReasonNotFound)
	h.refused("GET", "/v1/imports/"+i.ID+"/failed", "", 404, muster.ReasonNotFound)
	if log := h.log.String(); strings.Contains(log, "secret-token") {
		t.Errorf("a token is in the log: %s", log)
	}
}

// sendForm hands in a form.
func (h *house) sendForm(query url.Values, form *multipart.Writer, body string) *httptest.ResponseRecorder {
	h.t.Helper()
	r := httptest.NewRequestWithContext(h.t.Context(), "POST", "/v1/imports?"+query.Encode(), strings.NewReader(body))
	r.RemoteAddr = h.remote
	r.Header.Set("Authorization", "Bearer "+h.token.Reveal())
	r.Header.Set("Content-Type", form.FormDataContentType())
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w
}

func TestAFileComesInAForm(t *testing.T) {
	h := newHouse(t)
	h.filing()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", `C:\lists\fleet.csv`)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte("1;2\nserial-1;x\n"))
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	query := url.Values{"column": {"1=name", "2=server.a=b"}, "dryRun": {"true"}, "headless": {"true"}}
	w := h.sendForm(query, form, body.String())
	if w.Code != http.StatusBadRequest {
		t.Errorf("a column that is two is taken: %d %s", w.Code, w.Body)
	}
	query["column"] = []string{"1=name", "2=server.kind"}
	w = h.sendForm(query, form, body.String())
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"file":"fleet.csv"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestAFileWithAnIdempotencyKeyMayBeLarge(t *testing.T) {
	h := newHouse(t)
	file := "name\n" + strings.Repeat("the same device\n", 100_000)
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/v1/imports", strings.NewReader(file))
	r.Header.Set("Authorization", "Bearer "+h.token.Reveal())
	r.Header.Set("Idempotency-Key", "k")
	w := httptest.NewRecorder()
	if h.handler.ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestImportsThatCannotBe(t *testing.T) {
	h := newHouse(t)
	for name, c := range map[string]struct {
		query, file string
		reason      muster.Reason
	}{
		"an empty file":                   {"", "", muster.ReasonImportFileInvalid},
		"a file without names":            {"", "label\nx\n", muster.ReasonImportFileInvalid},
		"a column that is no field":       {"", "name,colour\nx,red\n", muster.ReasonImportColumnUnknown},
		"a column that is not there":      {"column=serial%3Dname", "name\nx\n", muster.ReasonImportColumnUnknown},
		"a column that is mapped to none": {"column=name", "name\nx\n", muster.ReasonRequestInvalid},
		"a profile that is none":          {"profile=nowhere", "name\nx\n", muster.ReasonNotFound},
		"a delimiter that is none":        {"delimiter=x", "name\nx\n", muster.ReasonRequestInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			h.t = t
			w := h.ask("POST", "/v1/imports?"+c.query, c.file)
			if w.Code < 400 || !strings.Contains(w.Body.String(), `"reason":"`+string(c.reason)+`"`) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}

func TestAnImportIsCancelledAndResumed(t *testing.T) {
	h := newHouse(t)
	var i admin.Import
	h.must("POST", "/v1/imports", "name\nx\n", &i)
	h.must("POST", "/v1/imports/"+i.ID+"/cancel", "", &i)
	if i.State != "cancelled" {
		t.Errorf("it is %s", i.State)
	}
	h.filing()
	h.must("POST", "/v1/imports/"+i.ID+"/resume", "", &i)
	for i.State != "done" {
		h.must("GET", "/v1/imports/"+i.ID, "", &i)
	}
	if w := h.ask("POST", "/v1/imports/"+i.ID+"/resume", ""); w.Code != http.StatusConflict {
		t.Errorf("a finished import is resumed: %d", w.Code)
	}
}
