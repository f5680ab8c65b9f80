package conformance

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// An imported file is what /v1/imports says of it.
type importedFile struct {
	ID, State                                 string
	Rows, Created, Updated, Unchanged, Failed int
}

// api asks the API for people and reads the answer into out.
func (s *server) api(method, path string, body io.Reader, out any) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(patience(s.t), method, s.url()+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		s.t.Fatalf("%s %s: %s, %v: %s", method, path, answer.Status, err, text)
	}
	if err := json.Unmarshal(text, out); err != nil {
		s.t.Fatal(err)
	}
}

func TestAnImportSurvivesKills(t *testing.T) {
	t.Parallel()
	const count = 12_000
	s := newServer(t, "")
	t.Cleanup(s.kill)
	s.start()
	var file strings.Builder
	file.WriteString("name,token,telemetry.n\n")
	for i := range count {
		fmt.Fprintf(&file, "device-%d,import-token-%d,%d\n", i, i, i)
	}
	var i importedFile
	s.api("POST", "/v1/imports", strings.NewReader(file.String()), &i)
	kills, seen := 0, 0
	for end := time.Now().Add(2 * time.Minute); i.State != "done"; {
		if time.Now().After(end) || i.State != "waiting" && i.State != "running" {
			t.Fatalf("the import is %+v\n%s", i, s.log)
		}
		if i.Rows < seen {
			t.Fatalf("%d rows were done and are not: %+v", seen, i)
		}
		if i.Rows >= seen+count/5 && kills < 3 {
			seen = i.Rows
			kills++
			s.kill()
			s.start()
		}
		s.api("GET", "/v1/imports/"+i.ID, nil, &i)
	}
	if kills == 0 || i.Rows != count || i.Created != count {
		t.Errorf("after %d kills it is %+v", kills, i)
	}
	if kept, err := filepath.Glob(filepath.Join(s.data, "imports", "*")); err != nil || len(kept) > 0 {
		t.Errorf("%v is kept, %v", kept, err)
	}
	for _, n := range []int{0, count / 2, count - 1} {
		if got, want := s.latest(fmt.Sprintf("device-%d", n), "n"), fmt.Sprint(n); got != want {
			t.Errorf("device %d has %s, want %s", n, got, want)
		}
	}
}
