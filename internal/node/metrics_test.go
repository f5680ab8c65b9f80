package node

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

var (
	described = regexp.MustCompile(`fqName: "(muster_\w+)".*variableLabels: \{([^}]*)\}`)
	named     = regexp.MustCompile(`\bmuster_\w+`)
)

// describedMetrics returns the labels of each metric of a node, by its name.
func describedMetrics(t *testing.T) map[string]string {
	t.Helper()
	n := open(t, testConfig(t))
	defer n.Close()
	n.handler(t.Context())
	all := make(chan *prometheus.Desc, 1000)
	n.metrics.Describe(all)
	close(all)
	metrics := map[string]string{}
	for d := range all {
		if m := described.FindStringSubmatch(d.String()); m != nil {
			metrics[m[1]] = m[2]
		}
	}
	if len(metrics) < 10 {
		t.Fatalf("only %d metrics are found", len(metrics))
	}
	return metrics
}

func TestNoMetricHasALabelForEachDevice(t *testing.T) {
	for name, labels := range describedMetrics(t) {
		for _, label := range []string{"device", "name", "remote", "token", "client", "key"} {
			for has := range strings.SplitSeq(labels, ",") {
				if has == label {
					t.Errorf("%s has the label %s", name, label)
				}
			}
		}
	}
}

func TestTheDashboardAndTheAlertsNameMetricsThatThereAre(t *testing.T) {
	metrics := describedMetrics(t)
	for _, file := range []string{"../../deploy/alerts.yaml", "../../deploy/grafana-dashboard.json"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := named.FindAllString(string(text), -1)
		if len(found) == 0 {
			t.Errorf("%s names no metric", file)
		}
		for _, name := range found {
			_, is := metrics[name]
			if _, bucket := metrics[strings.TrimSuffix(name, "_bucket")]; !is && !bucket {
				t.Errorf("%s names %s, and there is none", file, name)
			}
		}
	}
}

func TestMetricsAreNamedAsIsUsual(t *testing.T) {
	n := open(t, testConfig(t))
	defer n.Close()
	n.handler(t.Context())
	families, err := n.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		name := f.GetName()
		if !strings.HasPrefix(name, "muster_") {
			continue
		}
		if counter := f.GetType().String() == "COUNTER"; counter != strings.HasSuffix(name, "_total") {
			t.Errorf("%s is a %s", name, f.GetType())
		}
		if !strings.HasSuffix(f.GetHelp(), ".") {
			t.Errorf("%s has the help %q", name, f.GetHelp())
		}
	}
	for name := range describedMetrics(t) {
		for _, unit := range []string{"_ms", "_milliseconds", "_kb", "_mb", "_minutes", "_count", "_percent"} {
			if strings.HasSuffix(strings.TrimSuffix(name, "_total"), unit) {
				t.Errorf("%s is in no base unit", name)
			}
		}
	}
}

func TestTheManualListsEveryMetric(t *testing.T) {
	metrics := describedMetrics(t)
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, name := range named.FindAllString(string(page), -1) {
		listed[name] = true
		if _, is := metrics[name]; !is {
			t.Errorf("the manual lists %s, and there is none", name)
		}
	}
	for name := range metrics {
		if !listed[name] {
			t.Errorf("the manual does not list %s", name)
		}
	}
}
