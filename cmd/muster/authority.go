package main

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"muster"
	"muster/internal/admin"
	"muster/internal/signer"
)

func signerTable(all []admin.Signer) table {
	t := table{columns: []string{"role", "id", "subject", "key", "not before", "not after", "fingerprint"}}
	for _, s := range all {
		t.add(s.Role, s.ID, s.Subject, s.Key, s.NotBefore, s.NotAfter, s.Fingerprint)
	}
	return t
}

func showSigners(l admin.List[admin.Signer]) (any, table) { return l.Items, signerTable(l.Items) }

func caRotate() *cobra.Command {
	var root bool
	cmd := &cobra.Command{
		Use: "rotate", Short: "Makes a new intermediate, which signs from now on, or a new root; what was signed before stays good", Args: cobra.NoArgs,
	}
	cmd.Flags().BoolVar(&root, "root", false, "a new root, which takes over with retire-root; until then both are trusted")
	return asking(cmd, func([]string) (call, error) {
		if root {
			return call{method: http.MethodPost, path: caPath("rotate-root")}, nil
		}
		return call{method: http.MethodPost, path: caPath("rotate")}, nil
	}, showSigners)
}

func caRetireRoot() *cobra.Command {
	var r admin.RootRetirement
	cmd := &cobra.Command{
		Use: "retire-root", Short: "Has the new root take over; says what depends on the old one, and does it with --force", Args: cobra.NoArgs,
	}
	cmd.Flags().BoolVar(&r.Force, "force", false, "do it, whatever depends on the old root")
	return asking(cmd, func([]string) (call, error) {
		return call{method: http.MethodPost, path: caPath("retire-root"), body: r}, nil
	}, showSigners)
}

func caImport() *cobra.Command {
	var m admin.AuthorityImport
	var key, passphrase string
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Has an authority that was made elsewhere sign: FILE holds its certificate and those above it, PEM",
		Args:  cobra.ExactArgs(1),
	}
	f := cmd.Flags()
	f.StringVar(&key, "key", "", "file with its private key, PEM; encrypted PKCS #8 needs --passphrase-file")
	addPassphrase(cmd, &passphrase, "file whose first line is the key's passphrase; /dev/stdin: the standard input")
	f.StringVar(&m.Socket, "socket", "", "absolute path of the socket of a program that keeps the key, on the server's machine")
	cmd.MarkFlagsOneRequired("key", "socket")
	cmd.MarkFlagsMutuallyExclusive("key", "socket")
	return asking(cmd, func(args []string) (_ call, err error) {
		if m.Certificates, err = readText("FILE", args[0]); err != nil {
			return call{}, err
		}
		if key != "" {
			if m.Key, err = readText("key", key); err != nil {
				return call{}, err
			}
		}
		secret, err := readPassphrase(passphrase)
		if err != nil {
			return call{}, err
		}
		m.Passphrase = secret.Reveal()
		return call{method: http.MethodPost, path: caPath("import"), body: m}, nil
	}, showSigners)
}

func caSigner() *cobra.Command {
	var keyFile, passphrase, socket string
	cmd := &cobra.Command{
		Use:   "signer",
		Short: "Keeps the key of an authority, and signs for whoever may connect to a socket",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			text, err := readText("key", keyFile)
			if err != nil {
				return err
			}
			secret, err := readPassphrase(passphrase)
			if err != nil {
				return err
			}
			key, err := signer.ReadKey(muster.Secret(text), secret)
			if err != nil {
				return err
			}
			l, err := listenAlone(socket)
			if err != nil {
				return usagef("%v", err)
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			cmd.PrintErrf("signing at %s\n", socket)
			defer os.Remove(socket)
			return signer.Serve(ctx, l, key)
		},
	}
	f := cmd.Flags()
	f.StringVar(&keyFile, "key", "", "file with the private key, PEM")
	addPassphrase(cmd, &passphrase, "file whose first line is its passphrase; /dev/stdin: the standard input")
	f.StringVar(&socket, "socket", "", "where to listen; a socket that nobody listens at is replaced")
	_ = errors.Join(cmd.MarkFlagRequired("key"), cmd.MarkFlagRequired("socket"))
	return cmd
}

// listenAlone listens at a socket to which nobody else on the machine may connect: it is made in a directory of this user's, and
// takes its place when its mode is set. One that was left behind is replaced.
func listenAlone(socket string) (net.Listener, error) {
	if c, err := net.Dial("unix", socket); err == nil {
		_ = c.Close()
		return nil, errors.New("somebody listens at " + socket)
	}
	if info, err := os.Lstat(socket); err == nil && info.Mode()&fs.ModeSocket == 0 {
		return nil, errors.New(socket + " is no socket")
	}
	dir, err := os.MkdirTemp(filepath.Dir(socket), ".signer") // mode 0700
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	made := filepath.Join(dir, "s")
	l, err := new(net.ListenConfig).Listen(context.Background(), "unix", made)
	if err != nil {
		return nil, err
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := errors.Join(os.Chmod(made, 0o600), os.Rename(made, socket)); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}
