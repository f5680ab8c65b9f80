package main

import (
	"net/http"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster"
	"muster/internal/admin"
)

func newProfile() *cobra.Command {
	return group("profile", "Kinds of devices: how they get in and what they may do",
		profileCreate(), profileList(), profileShow(), profileUpdate(), profileRehearse(), profileDelete())
}

// profileFlags are the flags of everything that a profile can be given.
type profileFlags struct {
	strategy, description, ca, cnRegex  string
	nameFrom, renewal, revocation, ocsp string
	maxDevices                          int
	reprovision, rotation               string
	graceDays                           int
	allowCreate, hideReasons, holdNew   bool
	retentionDays                       uint16
	sessions                            int
	audiences                           []string
	maxLifetime, skew                   string
	certificates                        admin.CertificateRule
	outliveExp                          bool
}

func (p *profileFlags) add(f *pflag.FlagSet) {
	f.StringVar(&p.strategy, "strategy", "", "disabled, create, preprovisioned or x509-chain")
	f.StringVar(&p.description, "description", "", "what the profile is for")
	f.Uint16Var(&p.retentionDays, "retention-days", 0, "how long readings are kept; 0: for ever")
	f.BoolVar(&p.hideReasons, "hide-reasons", false, "do not tell devices why they are refused")
	f.IntVar(&p.sessions, "sessions", 1, "how many connections a device may have at once")
	f.StringVar(&p.reprovision, "reprovision", "", "a device that is in and asks again: refuse, same-proof, which renews its credential if it proves who it is, or hold, until somebody approves it")
	f.StringVar(&p.rotation, "rotation", "", "a device that is in and asks for another credential: same-kind, any-kind, or refuse")
	f.IntVar(&p.graceDays, "grace-days", muster.DefaultGraceDays, "for how long a certificate that has expired may still be renewed; 0: not at all")
	f.BoolVar(&p.holdNew, "hold-new", false, "devices that nobody expects wait until somebody approves them")
	f.StringVar(&p.ca, "ca", "", "file with the authority's certificates, PEM (x509-chain)")
	f.StringVar(&p.cnRegex, "cn-regex", "", "its first group, found in the certificate's name, is the device's name (x509-chain)")
	f.StringVar(&p.nameFrom, "name-from", "", "where the certificate's name is: common-name, san-dns or san-uri (x509-chain)")
	f.StringVar(&p.renewal, "renewal", "", "a new certificate for a device that has one: replace, add or refuse (x509-chain)")
	f.StringVar(&p.ocsp, "ocsp", "", "URL of the OCSP responder that is asked for each certificate, or the word certificate for the one that it names (x509-chain)")
	f.StringVar(&p.revocation, "revocation", "", "hard refuses certificates of which no list says now that they are not revoked; soft lets them in (x509-chain)")
	f.IntVar(&p.maxDevices, "max-created", 0, "how many devices are created at most; 0: any number (x509-chain)")
	f.BoolVar(&p.allowCreate, "allow-create", false, "create devices that are not listed (x509-chain)")
	f.Uint16Var(&p.certificates.Days, "certificate-days", 0, "how long certificates of the built-in authority are valid; 0: 90")
	f.StringVar(&p.certificates.Organization, "certificate-organization", "", "organization in their subject")
	f.StringVar(&p.certificates.Unit, "certificate-unit", "", "unit of the organization in their subject")
	f.StringArrayVar(&p.certificates.DNSNames, "certificate-dns", nil, "DNS name that they are for, with {name}, {id} or {profile} in it; may be repeated; empty: none")
	f.StringArrayVar(&p.certificates.URIs, "certificate-uri", nil, "URI that they are for, likewise")
	f.BoolVar(&p.certificates.Server, "certificate-server", false, "they are good for serving, too")
	f.StringArrayVar(&p.audiences, "jwt-audience", nil, "audience of signed tokens with {deviceId} in it; may be repeated")
	f.StringVar(&p.maxLifetime, "jwt-max-lifetime", "", "longest exp - iat of signed tokens, such as 24h")
	f.StringVar(&p.skew, "jwt-skew", "", "how far a device's clock may be off, such as 10m")
	f.BoolVar(&p.outliveExp, "jwt-outlive-exp", false, "let sessions go on after their token has expired")
}

// settings returns what was given, laid over what the profile had.
func (p *profileFlags) settings(f *pflag.FlagSet, had admin.Profile) (admin.ProfileSettings, error) {
	var s admin.ProfileSettings
	given(f, "strategy", &s.Strategy, &p.strategy)
	given(f, "description", &s.Description, &p.description)
	given(f, "retention-days", &s.RetentionDays, &p.retentionDays)
	given(f, "hide-reasons", &s.HideReasons, &p.hideReasons)
	given(f, "sessions", &s.Sessions, &p.sessions)
	given(f, "reprovision", &s.Reprovision, &p.reprovision)
	given(f, "rotation", &s.Rotation, &p.rotation)
	given(f, "grace-days", &s.GraceDays, &p.graceDays)
	given(f, "hold-new", &s.HoldNew, &p.holdNew)
	if f.Changed("jwt-audience") || f.Changed("jwt-max-lifetime") || f.Changed("jwt-skew") || f.Changed("jwt-outlive-exp") {
		s.JWT = orNew(had.JWT)
		replace(f, "jwt-audience", &s.JWT.Audiences, p.audiences)
		replace(f, "jwt-max-lifetime", &s.JWT.MaxLifetime, p.maxLifetime)
		replace(f, "jwt-skew", &s.JWT.Skew, p.skew)
		replace(f, "jwt-outlive-exp", &s.JWT.OutliveExp, p.outliveExp)
	}
	p.certificate(f, &s, had.Certificates)
	err := p.chain(f, &s, had.Chain)
	return s, err
}

// certificate lays what was given of what certificates say over what the profile had.
func (p *profileFlags) certificate(f *pflag.FlagSet, s *admin.ProfileSettings, had *admin.CertificateRule) {
	named := []string{"certificate-days", "certificate-organization", "certificate-unit", "certificate-dns", "certificate-uri", "certificate-server"}
	if !slices.ContainsFunc(named, f.Changed) {
		return
	}
	empty := func(s string) bool { return s == "" }
	s.Certificates = orNew(had)
	replace(f, "certificate-days", &s.Certificates.Days, p.certificates.Days)
	replace(f, "certificate-organization", &s.Certificates.Organization, p.certificates.Organization)
	replace(f, "certificate-unit", &s.Certificates.Unit, p.certificates.Unit)
	replace(f, "certificate-dns", &s.Certificates.DNSNames, slices.DeleteFunc(p.certificates.DNSNames, empty))
	replace(f, "certificate-uri", &s.Certificates.URIs, slices.DeleteFunc(p.certificates.URIs, empty))
	replace(f, "certificate-server", &s.Certificates.Server, p.certificates.Server)
}

// chain lays what was given of the rule for certificates over what the profile had.
func (p *profileFlags) chain(f *pflag.FlagSet, s *admin.ProfileSettings, had *admin.ChainRule) error {
	if !slices.ContainsFunc([]string{"ca", "cn-regex", "name-from", "allow-create", "renewal", "revocation", "ocsp", "max-created"}, f.Changed) {
		return nil
	}
	s.Chain = orNew(had)
	replace(f, "cn-regex", &s.Chain.CNPattern, p.cnRegex)
	replace(f, "name-from", &s.Chain.NameFrom, p.nameFrom)
	replace(f, "allow-create", &s.Chain.AllowCreate, p.allowCreate)
	replace(f, "renewal", &s.Chain.Renewal, p.renewal)
	replace(f, "revocation", &s.Chain.Revocation, p.revocation)
	replace(f, "ocsp", &s.Chain.OCSP, p.ocsp)
	replace(f, "max-created", &s.Chain.MaxDevices, p.maxDevices)
	if !f.Changed("ca") {
		return nil
	}
	text, err := readText("ca", p.ca)
	s.Chain.CA = text
	return err
}

// given points field to value if the flag was given.
func given[T any](f *pflag.FlagSet, flag string, field **T, value *T) {
	if f.Changed(flag) {
		*field = value
	}
}

// replace stores value in field if the flag was given.
func replace[T any](f *pflag.FlagSet, flag string, field *T, value T) {
	if f.Changed(flag) {
		*field = value
	}
}

func orNew[T any](had *T) *T {
	if had == nil {
		return new(T)
	}
	return had
}

// maxTextFile bounds a certificate or key file, in bytes.
const maxTextFile = 1 << 20

// readText returns the text of the file that a flag names.
func readText(flag, path string) (string, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxTextFile {
		return "", muster.Refuse(muster.ReasonRequestInvalid, "--%s: %s is larger than %d bytes", flag, path, maxTextFile)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", muster.Refuse(muster.ReasonRequestInvalid, "--%s: %v", flag, err)
	}
	return string(text), nil
}

func profileCreate() *cobra.Command {
	var p profileFlags
	var key, secret string
	cmd := &cobra.Command{
		Use:   "create NAME --strategy STRATEGY",
		Short: "Makes a profile and its first provision key",
		Args:  cobra.ExactArgs(1),
	}
	p.add(cmd.Flags())
	cmd.Flags().StringVar(&key, "provision-key", "", "provision key; left out, the server makes one where the strategy needs it")
	cmd.Flags().StringVar(&secret, "provision-secret", "", "provision secret; likewise")
	_ = cmd.MarkFlagRequired("strategy")
	return asking(cmd, func(args []string) (call, error) {
		s, err := p.settings(cmd.Flags(), admin.Profile{})
		return call{method: http.MethodPost, path: []string{"v1", "profiles"}, body: admin.NewProfile{
			Name: args[0], ProfileSettings: s, ProvisionKey: key, ProvisionSecret: secret,
		}}, err
	}, func(made admin.MadeProfile) (any, table) {
		t := table{columns: []string{"name", "strategy", "provision key", "provision secret"}}
		t.add(made.Name, made.Strategy, made.ProvisionKey, made.ProvisionSecret)
		return made, t
	})
}

func profileList() *cobra.Command {
	return listing(&cobra.Command{Use: "list", Short: "Lists profiles", Args: cobra.NoArgs}, []filter{
		{"search", "search", "part of the name, case ignored"},
		{"strategy", "strategy", "disabled, create, preprovisioned or x509-chain alone"},
		{"sort", "sort", "name or created; with a minus sign before it the last come first"},
	}, []string{"v1", "profiles"}, func(all []admin.Profile) table { return profileTable(all...) })
}

func profileShow() *cobra.Command {
	return asking(&cobra.Command{
		Use: "show NAME", Short: "Shows a profile", Args: cobra.ExactArgs(1),
	}, func(args []string) (call, error) {
		return call{method: http.MethodGet, path: []string{"v1", "profiles", args[0]}}, nil
	}, func(p admin.Profile) (any, table) { return p, profileTable(p) })
}

func profileTable(all ...admin.Profile) table {
	t := table{columns: []string{"name", "strategy", "retention days", "sessions", "reasons hidden", "created", "description"}}
	for _, p := range all {
		t.add(p.Name, p.Strategy, p.RetentionDays, p.Sessions, p.HideReasons, p.CreatedAt, p.Description)
	}
	return t
}

func profileUpdate() *cobra.Command {
	var p profileFlags
	var r remote
	var name string
	cmd := &cobra.Command{
		Use:   "update NAME",
		Short: "Changes a profile; devices that are in stay in",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := r.client()
			if err != nil {
				return err
			}
			var had admin.Profile
			path := []string{"v1", "profiles", args[0]}
			tag, err := c.read(cmd.Context(), call{method: http.MethodGet, path: path}, &had)
			if err != nil {
				return err
			}
			var change admin.ProfileChange
			if change.ProfileSettings, err = p.settings(cmd.Flags(), had); err != nil {
				return err
			}
			given(cmd.Flags(), "name", &change.Name, &name)
			if change == (admin.ProfileChange{}) {
				return usagef("what shall change of the profile?")
			}
			if err := c.do(cmd.Context(), call{method: http.MethodPatch, path: path, body: change, match: tag}, nil); err != nil {
				return err
			}
			cmd.Printf("profile %s is changed\n", printable(args[0]))
			return nil
		},
	}
	p.add(cmd.Flags())
	r.addFlags(cmd)
	cmd.Flags().StringVar(&name, "name", "", "new name")
	return cmd
}

func profileDelete() *cobra.Command {
	return acting(&cobra.Command{
		Use: "delete NAME", Short: "Removes a profile that has no devices, and its provision keys", Args: cobra.ExactArgs(1),
	}, func(args []string) call {
		return call{method: http.MethodDelete, path: []string{"v1", "profiles", args[0]}}
	}, "profile %s is deleted")
}
