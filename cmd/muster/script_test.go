package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"muster/internal/freeport"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"muster": main})
}

// TestCommands runs the scripts in testdata/script, each with a data directory and free ports of its own. The commands in
// them are the real ones, in processes of their own.
func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/script",
		Setup: setUp,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ready":   ready,
			"refused": ends(refused),
			"usage":   ends(misused),
			"waitfor": waitFor,

			"provision": provision,
			"report":    report,
		},
		Condition: func(name string) (bool, error) {
			if name != "tools" {
				return false, fmt.Errorf("there is no condition %q", name)
			}
			return hasTools() || os.Getenv("MUSTER_TOOLS") != "", nil
		},
	})
}

// hasTools reports whether the clients that a first start names are on this machine.
func hasTools() bool {
	for _, tool := range []string{"mosquitto_rr", "mosquitto_pub", "curl", coapClient()} {
		if _, err := exec.LookPath(tool); err != nil {
			return false
		}
	}
	return true
}

// ports are those of all scripts.
var ports freeport.Ports

// setUp gives a script addresses to listen at.
func setUp(env *testscript.Env) error {
	for _, name := range []string{"HTTP", "HTTPS", "MQTT", "MQTTS", "COAP", "COAPS"} {
		address, err := ports.Address()
		if err != nil {
			return err
		}
		env.Setenv("MUSTER_"+name, address)
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return err
		}
		env.Setenv(name+"_PORT", port)
		if name == "HTTP" {
			env.Setenv("MUSTER_URL", "http://"+address)
		}
	}
	env.Setenv("MUSTER_DATA", "data")
	env.Setenv("MUSTER_LOG_LEVEL", "warn")
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("PATH", os.Getenv("PATH"))
	return nil
}

// ends runs a command that has to end with that status and print nothing but its complaint.
func ends(status int) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) == 0 {
			ts.Fatalf("a command is wanted")
		}
		err := ts.Exec(args[0], args[1:]...)
		if e, ok := errors.AsType[*exec.ExitError](err); !ok || e.ExitCode() != status {
			ts.Fatalf("it ended with %v, want status %d", err, status)
		}
		if out := ts.ReadFile("stdout"); out != "" {
			ts.Fatalf("it printed %q", out)
		}
	}
}

// ready waits until the server of the script is ready for devices.
func ready(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: ready")
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := ts.Exec("muster", "health")
		if err == nil {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("the server is not ready: %v", err)
		}
	}
}

// waitFor runs a command again and again until it prints a text.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: waitfor text command ...")
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := ts.Exec(args[1], args[2:]...)
		if err == nil && strings.Contains(ts.ReadFile("stdout"), args[0]) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("it does not print %q: %v", args[0], err)
		}
	}
}

// provision sends the request of a device that wants to be let in, over HTTP: provision key secret name.
func provision(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: provision key secret name")
	}
	body, err := json.Marshal(map[string]string{"provisionDeviceKey": args[0], "provisionDeviceSecret": args[1], "deviceName": args[2]})
	ts.Check(err)
	res, err := http.Post(ts.Getenv("MUSTER_URL")+"/api/v1/provision", "application/json", bytes.NewReader(body))
	ts.Check(err)
	ts.Check(res.Body.Close())
}

// report sends readings of a device over HTTP, which have to be acknowledged: report token readings.
func report(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: report token readings")
	}
	res, err := http.Post(ts.Getenv("MUSTER_URL")+"/api/v1/"+args[0]+"/telemetry", "application/json", strings.NewReader(args[1]))
	ts.Check(err)
	ts.Check(res.Body.Close())
	if res.StatusCode != http.StatusOK {
		ts.Fatalf("the device is answered %s", res.Status)
	}
}

var commandLine = regexp.MustCompile(`\bmuster( [a-z][a-z-]*)+`)

func TestEveryCommandIsInAScript(t *testing.T) {
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	run := map[string]bool{}
	for _, script := range scripts {
		text, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "usage ") || strings.HasPrefix(line, "#") {
				continue
			}
			for _, words := range commandLine.FindAllString(line, -1) {
				if cmd, _, err := newRoot().Find(strings.Fields(words)[1:]); err == nil {
					run[cmd.CommandPath()] = true
				}
			}
		}
	}
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Runnable() && !cmd.HasSubCommands() && !run[cmd.CommandPath()] {
			t.Errorf("%s: no script runs it", cmd.CommandPath())
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(newRoot())
}
