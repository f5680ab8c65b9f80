package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"muster/internal/admin"
)

func newCA() *cobra.Command {
	return group("ca", "The built-in certificate authority, and what it has issued",
		caShow(), caBundle(), caList(), caIssue(), caSign(), caRenew(), caRevoke(), caCRL(),
		caRotate(), caRetireRoot(), caImport(), caSigner())
}

func caPath(more ...string) []string { return append([]string{"v1", "ca"}, more...) }

func certificatePath(more ...string) []string { return append([]string{"v1", "certificates"}, more...) }

func caShow() *cobra.Command {
	return asking(&cobra.Command{
		Use: "show [SERIAL]", Short: "Shows the authority's own certificates, or one that it has issued", Args: cobra.MaximumNArgs(1),
	}, func(args []string) (call, error) {
		if len(args) == 0 {
			return call{method: http.MethodGet, path: caPath()}, nil
		}
		return call{method: http.MethodGet, path: certificatePath(args[0])}, nil
	}, func(answer shownAuthority) (any, table) {
		if answer.Serial != "" {
			return answer.WholeCertificate, certificateTable(answer.IssuedCertificate)
		}
		return answer.Items, signerTable(answer.Items)
	})
}

// shownAuthority is a certificate that was issued, or those of the authority itself.
type shownAuthority struct {
	admin.WholeCertificate
	Items []admin.Signer `json:"items"`
}

func caBundle() *cobra.Command {
	var r remote
	var out string
	cmd := &cobra.Command{
		Use: "bundle", Short: "Writes the authority's certificates as one PEM text: intermediates, then the root", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := r.client()
			if err != nil {
				return err
			}
			var b admin.Bundle
			if err := c.do(cmd.Context(), call{method: http.MethodGet, path: caPath("bundle")}, &b); err != nil {
				return err
			}
			return writeOut(cmd, out, []byte(b.PEM))
		},
	}
	r.addFlags(cmd)
	cmd.Flags().StringVar(&out, "out", "", "file to write to; left out: the standard output")
	return cmd
}

// writeOut writes text to a file, or to the standard output if there is no name for one.
func writeOut(cmd *cobra.Command, file string, text []byte) error {
	if file == "" {
		_, err := cmd.OutOrStdout().Write(text)
		return err
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return usagef("%v", err)
	}
	return nil
}

func caList() *cobra.Command {
	var search, device, profile, state, expires, after string
	var limit int
	cmd := &cobra.Command{Use: "list", Short: "Lists certificates that were issued, the newest first", Args: cobra.NoArgs}
	f := cmd.Flags()
	f.StringVar(&search, "search", "", "part of the common name")
	f.StringVar(&device, "device", "", "of this device alone")
	f.StringVar(&profile, "profile", "", "of devices of this profile alone")
	f.StringVar(&state, "state", "", "issued, expired or revoked")
	f.StringVar(&expires, "expires-before", "", "that end before this time, epoch milliseconds or RFC 3339")
	f.StringVar(&after, "after", "", "next of the page before")
	f.IntVar(&limit, "limit", 100, "at most so many")
	return asking(cmd, func([]string) (call, error) {
		q := url.Values{"limit": {strconv.Itoa(limit)}}
		for name, value := range map[string]string{"search": search, "device": device, "profile": profile, "state": state, "expiresBefore": expires, "after": after} {
			if value != "" {
				q.Set(name, value)
			}
		}
		return call{method: http.MethodGet, path: certificatePath(), query: q}, nil
	}, func(l admin.List[admin.IssuedCertificate]) (any, table) {
		return l, certificateTable(l.Items...)
	})
}

func certificateTable(all ...admin.IssuedCertificate) table {
	t := table{columns: []string{"serial", "state", "subject", "device", "not after", "created", "revoked", "reason"}}
	for _, c := range all {
		t.add(c.Serial, c.State, c.Subject, c.Device, c.NotAfter, c.CreatedAt, c.RevokedAt, c.Reason)
	}
	return t
}

func caSign() *cobra.Command {
	var n admin.NewCertificate
	cmd := &cobra.Command{
		Use: "sign FILE", Short: "Answers a certificate signing request, PEM or DER in base64", Args: cobra.ExactArgs(1),
	}
	addCertificateFlags(cmd, &n)
	return asking(cmd, func(args []string) (_ call, err error) {
		if n.CSR, err = readText("FILE", args[0]); err != nil {
			return call{}, err
		}
		return call{method: http.MethodPost, path: certificatePath(), body: n}, nil
	}, func(c admin.WholeCertificate) (any, table) { return c, certificateTable(c.IssuedCertificate) })
}

func addCertificateFlags(cmd *cobra.Command, n *admin.NewCertificate) {
	f := cmd.Flags()
	f.StringVar(&n.Device, "device", "", "the device that it shall let in")
	f.StringVar(&n.Subject, "subject", "", "its common name, in place of a device; it lets nobody in")
	f.Uint16Var(&n.Days, "days", 0, "how long it is valid; 0: as the device's profile says, or 90")
	cmd.MarkFlagsOneRequired("device", "subject")
	cmd.MarkFlagsMutuallyExclusive("device", "subject")
}

func caIssue() *cobra.Command {
	var r remote
	var n admin.NewCertificate
	var keyFile, certFile string
	cmd := &cobra.Command{
		Use:   "issue",
		Short: "Makes a key here, which never leaves this machine, and has a certificate issued for it",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := r.client()
			if err != nil {
				return err
			}
			key, csr, err := newKey()
			if err != nil {
				return err
			}
			f, err := os.OpenFile(keyFile, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
			if err != nil {
				return usagef("%v", err)
			}
			_, err = f.Write(key)
			if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
				return err
			}
			n.CSR = string(csr)
			var made admin.WholeCertificate
			if err := c.do(cmd.Context(), call{method: http.MethodPost, path: certificatePath(), body: n}, &made); err != nil {
				return errors.Join(err, os.Remove(keyFile))
			}
			return writeCertificate(cmd, certFile, &made)
		},
	}
	addCertificateFlags(cmd, &n)
	cmd.Flags().StringVar(&keyFile, "key", "", "new file for the private key, PEM")
	cmd.Flags().StringVar(&certFile, "out", "", "file for the certificate and its chain, PEM; left out: the standard output")
	_ = cmd.MarkFlagRequired("key")
	r.addFlags(cmd)
	return cmd
}

// newKey makes a private key and a request for a certificate for it, both PEM.
func newKey() (key, csr []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{}}, private)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: request}), nil
}

func caRenew() *cobra.Command {
	var r remote
	var n admin.Renewal
	var csr, out string
	cmd := &cobra.Command{
		Use: "renew SERIAL", Short: "Issues a certificate in the place of one; the old one of a device lets it in until the new one has", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := r.client()
			if err != nil {
				return err
			}
			if csr != "" {
				if n.CSR, err = readText("csr", csr); err != nil {
					return err
				}
			}
			var made admin.WholeCertificate
			if err := c.do(cmd.Context(), call{method: http.MethodPost, path: certificatePath(args[0], "renew"), body: n}, &made); err != nil {
				return err
			}
			return writeCertificate(cmd, out, &made)
		},
	}
	cmd.Flags().StringVar(&csr, "csr", "", "signing request with a new key; left out: for the same key")
	cmd.Flags().Uint16Var(&n.Days, "days", 0, "how long it is valid; 0: as the device's profile says, or 90")
	cmd.Flags().StringVar(&out, "out", "", "file for the certificate and its chain, PEM; left out: the standard output")
	r.addFlags(cmd)
	return cmd
}

// writeCertificate writes what a device needs beside its key, and tells a person what it is.
func writeCertificate(cmd *cobra.Command, file string, made *admin.WholeCertificate) error {
	if err := writeOut(cmd, file, []byte(made.PEM+made.Chain)); err != nil {
		return err
	}
	cmd.PrintErrf("certificate %s of %s is valid until %s\n", made.Serial, printable(made.Subject), shownCell(made.NotAfter))
	return nil
}

func caRevoke() *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use: "revoke SERIAL", Short: "Says that a certificate is good no more, and ends the sessions of its device", Args: cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&why, "reason", "", "unspecified, key-compromise, affiliation-changed, superseded, cessation-of-operation or privilege-withdrawn")
	return acting(cmd, func(args []string) call {
		return call{method: http.MethodPost, path: certificatePath(args[0], "revoke"), body: admin.CertificateRevocation{Reason: why}}
	}, "certificate %s is revoked")
}

func caCRL() *cobra.Command {
	var r remote
	var out, id string
	cmd := &cobra.Command{
		Use: "crl", Short: "Writes the list of revoked certificates, PEM", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := r.client()
			if err != nil {
				return err
			}
			var der bytes.Buffer
			if err := c.download(cmd.Context(), call{method: http.MethodGet, path: []string{"crl", id + ".crl"}}, &der); err != nil {
				return err
			}
			return writeOut(cmd, out, pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der.Bytes()}))
		},
	}
	r.addFlags(cmd)
	cmd.Flags().StringVar(&id, "authority", "intermediate", "whose: intermediate, root, or the id of a key")
	cmd.Flags().StringVar(&out, "out", "", "file to write to; left out: the standard output")
	return cmd
}
