package muster_test

import (
	"slices"
	"strings"
	"testing"

	"muster"
)

func TestTemplatesComeToNamesOfTheDevice(t *testing.T) {
	id := muster.NewID[muster.Device]()
	for name, tc := range map[string]struct {
		device, dns, uri string
		want             []string // nil: refused
	}{
		"each word in its place":         {"m-1", "{name}.{profile}.example", "spiffe://a.example/{profile}/{id}", []string{"m-1.meters.example", "spiffe://a.example/meters/" + id.String()}},
		"a DNS name in lower case":       {"M-1", "{name}.example", "", []string{"m-1.example"}},
		"a URI keeps its parts":          {"a/b?c#d:e@f", "", "https://a.example/{name}", []string{"https://a.example/a%2Fb%3Fc%23d%3Ae%40f"}},
		"a URI escapes other letters":    {"Tür {id}", "", "urn:dev:{name}", []string{"urn:dev:T%C3%BCr%20%7Bid%7D"}},
		"a host of a URI":                {"m-1", "", "https://{name}.example/", []string{"https://m-1.example/"}},
		"a space in a DNS name":          {"m 1", "{name}.example", "", nil},
		"a letter that folds to a plain": {"\u212a1", "{name}.example", "", nil},
		"a wildcard":                     {"*", "{name}.example", "", nil},
		"an address":                     {"192.0.2.1", "{name}", "", nil},
		"a label that is too long":       {strings.Repeat("a", 64), "{name}.example", "", nil},
		"a dot at the end":               {"a.", "{name}", "", nil},
		"a user in a URI":                {"me@other.example", "", "https://{name}.example/", nil},
		"dots that lead upwards":         {"../admin", "", "https://a.example/x/{name}", nil},
		"an id of its own choice":        {"UUID", "", "urn:{name}:{id}", nil},
		"a URI that is too long":         {strings.Repeat("ü", 255), "", "urn:dev:{name}", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var r muster.CertificateRule
			if tc.dns != "" {
				r.DNSNames = []string{tc.dns, tc.dns}
			}
			if tc.uri != "" {
				r.URIs = []string{tc.uri, tc.uri}
			}
			if err := r.Check("meters"); err != nil {
				t.Fatal(err)
			}
			got, err := r.Names(&muster.Device{ID: id, Name: tc.device}, "meters")
			if tc.want == nil {
				if muster.ReasonOf(err) != muster.ReasonDeviceNameInvalid {
					t.Errorf("%v, %v", got, err)
				}
				return
			}
			all := got.DNS
			for _, u := range got.URIs {
				all = append(all, u.String())
			}
			if err != nil || !slices.Equal(all, tc.want) {
				t.Errorf("%q, %v; want %q", all, err, tc.want)
			}
		})
	}
}

func TestARuleThatFitsNoDeviceIsRefused(t *testing.T) {
	nine := slices.Repeat([]string{"{name}.example"}, 5)
	for name, r := range map[string]muster.CertificateRule{
		"too many names":        {DNSNames: nine, URIs: nine[:4]},
		"a long template":       {DNSNames: []string{strings.Repeat("a.", 128)}},
		"an empty one":          {DNSNames: []string{""}},
		"an unknown word":       {DNSNames: []string{"{serial}.example"}},
		"no DNS name":           {DNSNames: []string{"{name}_.-.example"}},
		"a profile that is one": {DNSNames: []string{"{profile}.example"}},
		"no scheme":             {URIs: []string{"a.example/{name}"}},
		"a scheme to choose":    {URIs: []string{"{name}:a"}},
		"a query":               {URIs: []string{"https://a.example/?{name}"}},
		"an empty fragment":     {URIs: []string{"https://a.example/#"}},
		"an unknown word there": {URIs: []string{"urn:dev:{serial}"}},
		"the device's id":       {URIs: []string{"URN:uuid:{id}", "urn:uuid:{id}"}},
		"no host":               {URIs: []string{"file:///{name}"}},
		"a host that is none":   {URIs: []string{"https://a_-.example/{name}"}},
		"a unit that is long":   {Unit: strings.Repeat("u", 65)},
		"control characters":    {Unit: "a\nb"},
	} {
		if err := r.Check("my meters"); muster.ReasonOf(err) != muster.ReasonRequestInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
