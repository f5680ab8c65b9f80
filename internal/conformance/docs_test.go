package conformance

import (
	"context"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A block of shell commands under <!-- run --> is run by this test, and under <!-- run: TEXT --> must also print TEXT.
var block = regexp.MustCompile("(?m)^<!-- run(?:: (.+))? -->\n```sh\n((?:.*\n)*?)```$")

// tools are the programs that blocks may use beyond the shell's own and this module's.
var tools = regexp.MustCompile(`\b(curl|mosquitto_pub|mosquitto_rr|coap-client-notls|openssl)\b`)

// allTools is set where every tool must be there.
const allTools = "MUSTER_TOOLS"

func TestTheManualIsTrue(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	ran := 0
	err := filepath.WalkDir(root, func(page string, entry fs.DirEntry, err error) error {
		name, _ := filepath.Rel(root, page)
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && name != "docs" && filepath.Dir(name) != "docs":
			return fs.SkipDir
		case entry.IsDir() || filepath.Ext(page) != ".md":
			return nil
		}
		text, err := os.ReadFile(page)
		if err != nil {
			return err
		}
		if strings.Count(string(text), "<!-- run") != len(block.FindAllString(string(text), -1)) {
			t.Errorf("%s: a <!-- run --> stands before no block", name)
		}
		if blocks := block.FindAllStringSubmatch(string(text), -1); len(blocks) > 0 {
			ran++
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				follow(t, string(text), blocks)
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if ran == 0 {
		t.Error("no page has a block to run")
	}
}

// follow does what a page says, block after block, on a server of its own. A page is followed whole or not at all.
func follow(t *testing.T, text string, blocks [][]string) {
	for _, b := range blocks {
		for _, tool := range tools.FindAllString(b[2], -1) {
			if _, err := exec.LookPath(tool); err == nil {
				continue
			}
			if os.Getenv(allTools) != "" {
				t.Fatalf("%s is missing; `make test` installs it", tool)
			}
			t.Skipf("%s is missing; with %s=1 this fails", tool, allTools)
		}
	}
	s := startServer(t)
	dir := t.TempDir()
	for link, target := range map[string]string{"bin/muster": s.binary, "data": s.data} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, link)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	ports := s.defaultPorts(t)
	for _, b := range blocks {
		want, script := b[1], b[2]
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		cmd := exec.CommandContext(ctx, "sh", "-euc", ports.Replace(script))
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "MUSTER_URL="+s.url())
		out, err := cmd.CombinedOutput()
		cancel()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%v, wanted %q:\n%s\nprinted:\n%s\nthe server:\n%s", err, want, script, out, s.log)
		}
	}
}

// defaultPorts turns the ports that the manual speaks of into those of the server.
func (s *server) defaultPorts(t *testing.T) *strings.Replacer {
	t.Helper()
	var pairs []string
	for standard, address := range map[string]string{
		"8080": s.ports.http, "8443": s.ports.https, "1883": s.ports.mqtt, "8883": s.ports.mqtts, "5683": s.ports.coap, "5684": s.ports.coaps,
	} {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			t.Fatal(err)
		}
		pairs = append(pairs, standard, port)
	}
	return strings.NewReplacer(pairs...)
}
