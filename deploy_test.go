package muster_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

func deployed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("deploy/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheImageIsSmallPinnedAndNobodysRoot(t *testing.T) {
	stages := strings.Split(deployed(t, "Dockerfile"), "\nFROM ")
	if len(stages) != 5 { // source, console, build, the image
		t.Fatalf("%d stages", len(stages)-1)
	}
	module, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	wanted := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(module))[1]
	if !regexp.MustCompile(`^golang:` + regexp.QuoteMeta(wanted) + `\.\d+-\w+ AS source\n`).MatchString(stages[1]) {
		t.Errorf("what it is built with is not pinned, or is not Go %s", wanted)
	}
	if !regexp.MustCompile(`^node:\d+\.\d+-[\w-]+ AS console\n`).MatchString(stages[2]) || !strings.Contains(stages[2], "npm ci") {
		t.Error("what the console is built with is not pinned")
	}
	if !strings.HasPrefix(stages[3], "source AS build\n") || !strings.Contains(stages[3], "CGO_ENABLED=0") {
		t.Error("the binary is not static")
	}
	final := stages[4]
	for _, line := range []string{
		`^scratch$`, `^USER [1-9]\d*:[1-9]\d*$`, `^VOLUME \["/data"\]$`, `^HEALTHCHECK .*CMD \["/muster", "health"\]$`,
		`^ENTRYPOINT \["/muster"\]$`, `^CMD \["serve"\]$`, `^COPY --from=build --chown=[1-9]`,
	} {
		if !regexp.MustCompile(`(?m)` + line).MatchString(final) {
			t.Errorf("the image has no line %s", line)
		}
	}
	for _, line := range []string{"RUN", "ADD"} {
		if strings.Contains(final, "\n"+line+" ") {
			t.Errorf("an image of nothing cannot %s", line)
		}
	}
}

func TestComposeRunsTheImageWithAVolumeAndNoRights(t *testing.T) {
	var file struct {
		Services map[string]struct {
			Build    struct{ Context, Dockerfile string }
			Restart  string
			Grace    string   `yaml:"stop_grace_period"`
			ReadOnly bool     `yaml:"read_only"`
			Drop     []string `yaml:"cap_drop"`
			Options  []string `yaml:"security_opt"`
			Ulimits  map[string]int
			Ports    []string
			Volumes  []string
		}
		Volumes map[string]any
	}
	if err := yaml.UnmarshalWithOptions([]byte(deployed(t, "compose.yaml")), &file, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	s := file.Services["muster"]
	if s.Build.Context != ".." || s.Build.Dockerfile != "deploy/Dockerfile" || !s.ReadOnly || !slices.Equal(s.Drop, []string{"ALL"}) ||
		!slices.Contains(s.Options, "no-new-privileges:true") || s.Restart == "" || s.Grace != "20s" || s.Ulimits["nofile"] < 20_000 {
		t.Errorf("%+v", s)
	}
	if _, ok := file.Volumes["data"]; !ok || !slices.Equal(s.Volumes, []string{"data:/data"}) {
		t.Errorf("the data directory is no volume: %v", s.Volumes)
	}
	for _, p := range s.Ports {
		if strings.HasSuffix(p, ":8080/tcp") != strings.HasPrefix(p, "127.0.0.1:") {
			t.Errorf("%s is open without TLS, or closed with it", p)
		}
	}
}

func TestTheUnitGivesTheServerNothingButItsData(t *testing.T) {
	unit := deployed(t, "muster.service")
	for _, line := range []string{
		"DynamicUser=yes", "StateDirectoryMode=0700", "UMask=0077", "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes",
		"PrivateDevices=yes", "CapabilityBoundingSet=", "MemoryDenyWriteExecute=yes", "RestrictNamespaces=yes", "SystemCallArchitectures=native",
		"SystemCallFilter=@system-service", "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX", "ExecReload=/bin/kill -HUP $MAINPID", "TimeoutStopSec=20s",
	} {
		if !strings.Contains(unit, "\n"+line+"\n") {
			t.Errorf("the unit has no line %s", line)
		}
	}
}
