package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/spf13/cobra"

	"muster"
	"muster/internal/node"
)

func newBackup() *cobra.Command {
	return group("backup", "Backups: everything that a server keeps, in one file", backupCreate(), backupVerify(), backupRestore())
}

func addPassphrase(cmd *cobra.Command, file *string, usage string) {
	cmd.Flags().StringVar(file, "passphrase-file", "", usage)
}

// readPassphrase returns the first line of the file; no file is no passphrase.
func readPassphrase(file string) (muster.Secret, error) {
	if file == "" {
		return "", nil
	}
	f, err := os.Open(file)
	if err != nil {
		return "", usagef("%v", err)
	}
	defer f.Close()
	line, err := firstLine(f)
	return muster.Secret(line), err
}

func backupCreate() *cobra.Command {
	var r remote
	var passphraseFile string
	cmd := &cobra.Command{
		Use:   "create FILE",
		Short: "Has a running server make a backup, into a new file that nobody else may read",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			passphrase, err := readPassphrase(passphraseFile)
			if err != nil {
				return err
			}
			c, err := r.client()
			if err != nil {
				return err
			}
			f, err := os.OpenFile(args[0], os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
			if err != nil {
				return usagef("%v", err)
			}
			body := map[string]string{}
			if passphrase != "" {
				body["passphrase"] = passphrase.Reveal()
			}
			err = c.download(cmd.Context(), call{method: http.MethodPost, path: []string{"v1", "backups"}, body: body}, f)
			if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
				return errors.Join(err, os.Remove(args[0]))
			}
			if passphrase == "" {
				cmd.Println("The master key is not in the backup: keep a copy of it elsewhere. Without it the backup opens no credential.")
				return nil
			}
			cmd.Println("The master key is in the backup, sealed under the passphrase.")
			return nil
		},
	}
	addPassphrase(cmd, &passphraseFile, "file whose first line is the passphrase that the master key is sealed under; left out: the master key is left out")
	r.addFlags(cmd)
	return cmd
}

func backupVerify() *cobra.Command {
	var o output
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "Reads a whole backup and says what it is, or that it is damaged",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			f, err := os.Open(args[0])
			if err != nil {
				return usagef("%v", err)
			}
			defer f.Close()
			m, err := node.VerifyBackup(f)
			if err != nil {
				return err
			}
			t := table{columns: []string{"made", "version", "master key"}}
			t.add(m.MadeAt, m.Version, m.Keys)
			return o.write(cmd.OutOrStdout(), m, t)
		},
	}
	o.addFlags(cmd)
	return cmd
}

func backupRestore() *cobra.Command {
	var data, passphraseFile string
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Makes a data directory of a backup, where there is none",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			passphrase, err := readPassphrase(passphraseFile)
			if err != nil {
				return err
			}
			f, err := os.Open(args[0])
			if err != nil {
				return usagef("%v", err)
			}
			defer f.Close()
			dir := first(data, os.Getenv("MUSTER_DATA"), node.DefaultConfig().Data)
			m, keyInPlace, err := node.RestoreBackup(f, dir, passphrase)
			if err != nil {
				return fmt.Errorf("restore: %w", err)
			}
			cmd.Printf("%s holds what the server kept at %s.\n", printable(dir), shownCell(m.MadeAt))
			if !keyInPlace {
				cmd.Println("Before you serve it, put the master key into place: see \"The master key\" in docs/operations.md.")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&data, "data", "", "data directory to be made (MUSTER_DATA; default ./data)")
	addPassphrase(cmd, &passphraseFile, "file whose first line is the passphrase of the backup; left out: the master key is not restored")
	return cmd
}
