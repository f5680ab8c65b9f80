package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// maxPasswordLine bounds the line that a password is read from, in bytes.
const maxPasswordLine = 4 << 10

// askPassword returns a new password: typed twice where a person sits at a terminal, else the first line of the input. It is
// never an argument, which others on the machine could read.
func askPassword(cmd *cobra.Command, name string) (string, error) {
	in, ok := cmd.InOrStdin().(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return firstLine(cmd.InOrStdin())
	}
	first, err := typed(cmd.Context(), in, cmd.ErrOrStderr(), "New password for "+printable(name)+": ")
	if err != nil {
		return "", err
	}
	again, err := typed(cmd.Context(), in, cmd.ErrOrStderr(), "Once more: ")
	if err != nil {
		return "", err
	}
	if first != again {
		return "", usagef("the two passwords differ")
	}
	return first, nil
}

func firstLine(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, maxPasswordLine)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", usagef("the password is read from the input, and there is none")
	}
	return line, nil
}

// typed returns what is typed at a terminal and not shown. When ctx ends the terminal shows again what is typed.
func typed(ctx context.Context, in *os.File, out io.Writer, prompt string) (string, error) {
	fd := int(in.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	type result struct {
		text []byte
		err  error
	}
	read := make(chan result, 1)
	_, _ = io.WriteString(out, prompt)
	go func() {
		text, err := term.ReadPassword(fd)
		read <- result{text, err}
	}()
	defer func() { _, _ = io.WriteString(out, "\n") }()
	select {
	case r := <-read:
		return string(r.text), r.err
	case <-ctx.Done():
		return "", errors.Join(context.Cause(ctx), term.Restore(fd, before))
	}
}
