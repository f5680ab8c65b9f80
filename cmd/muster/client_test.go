package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"muster"
	"muster/internal/node"
)

func fromYAML(text string) (string, error) {
	var back struct {
		V any `yaml:"v"`
	}
	err := yaml.Unmarshal([]byte(text), &back)
	s, ok := back.V.(string)
	if err == nil && !ok {
		err = errors.New("no text any more")
	}
	return s, err
}

// answering is a client of a server that answers each request so.
func answering(t *testing.T, h http.HandlerFunc) *client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c, err := newClient(server.URL, "mst_token", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestARefusalKeepsItsReason(t *testing.T) {
	c := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write([]byte(`{"reason":"device-name-taken","detail":"there is a device of this name already"}`))
	})
	err := c.do(t.Context(), call{method: "GET", path: []string{"v1"}}, nil)
	if !errors.Is(err, muster.ReasonDeviceNameTaken) {
		t.Fatal(err)
	}
	if got, want := oneLine(err), "there is a device of this name already"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatIsNoMusterIsSaidSo(t *testing.T) {
	c := answering(t, func(w http.ResponseWriter, _ *http.Request) { http.NotFound(w, nil) })
	err := c.do(t.Context(), call{method: "GET", path: []string{"v1"}}, nil)
	if err == nil || !strings.Contains(err.Error(), "no Muster server") {
		t.Error(err)
	}
}

func TestARedirectIsNotFollowedWithTheToken(t *testing.T) {
	c := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			t.Error("the redirect was followed")
		}
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	})
	if err := c.do(t.Context(), call{method: "GET", path: []string{"v1"}}, nil); err == nil {
		t.Error("a redirect is taken for an answer")
	}
}

func TestAServerThatDoesNotAnswerIsSaidSo(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	c, err := newClient(gone.URL, "mst_token", "")
	if err != nil {
		t.Fatal(err)
	}
	err = c.do(t.Context(), call{method: "GET", path: []string{"v1", "devices", "name-of-a-device"}}, nil)
	if !errors.Is(err, muster.ReasonServerUnreachable) || strings.Contains(err.Error(), "name-of-a-device") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.do(ctx, call{method: "GET"}, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestWhereTheTokenComesFrom(t *testing.T) {
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, node.TokenFile), []byte("mst_file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, url, flag, variable, want string }{
		{"the flag before all", "", "mst_flag", "mst_variable", "mst_flag"},
		{"the variable before the file", "", "", "mst_variable", "mst_variable"},
		{"the file at last", "", "", "", "mst_file"},
		{"the file for localhost", "http://localhost:1", "", "", "mst_file"},
		{"the file for IPv6", "http://[::1]:1", "", "", "mst_file"},
		{"the file is sent to no other machine", "https://example.org", "", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Setenv("MUSTER_TOKEN", tc.variable)
			t.Setenv("MUSTER_URL", "")
			c, err := newClient(tc.url, tc.flag, data)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.token.Reveal(); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestAPathHoldsAnyName(t *testing.T) {
	for name, want := range map[string]string{
		"a/b": "/v1/a%2Fb", "100%": "/v1/100%25", "with space": "/v1/with%20space", "..": "/v1/%2E%2E", ".": "/v1/%2E", "...": "/v1/...",
		"a?b#c": "/v1/a%3Fb%23c",
	} {
		if got := escape([]string{"v1", name}); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestAURLThatIsNoneIsWrongUsage(t *testing.T) {
	for _, address := range []string{"127.0.0.1:8080", "ftp://example.org", "http://", "::"} {
		if _, err := newClient(address, "", ""); err == nil {
			t.Errorf("%q is taken for a server", address)
		}
	}
}
