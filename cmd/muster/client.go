package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"muster"
	"muster/internal/admin"
	"muster/internal/node"
)

const (
	defaultURL = "http://127.0.0.1:8080"
	maxAnswer  = 256 << 20
	patience   = 30 * time.Second
)

// A client speaks with a running server.
type client struct {
	base  *url.URL
	token muster.Secret
	http  *http.Client
}

// newClient finds out where the server is and what opens it: flags, then the environment, then, for a server on this
// machine, the token that its data directory holds.
func newClient(address, token, data string) (*client, error) {
	address = first(address, os.Getenv("MUSTER_URL"), defaultURL)
	base, err := url.Parse(address)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, usagef("%q is not the URL of a server", address)
	}
	token = first(token, os.Getenv("MUSTER_TOKEN"))
	if token == "" && local(base.Hostname()) {
		token = storedToken(first(data, os.Getenv("MUSTER_DATA"), node.DefaultConfig().Data))
	}
	return &client{base: base, token: muster.Secret(strings.TrimSpace(token)), http: &http.Client{
		Timeout: patience,
		// A redirect would carry the token to where nobody sent it.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// storedToken returns the API token that the data directory holds, or nothing where it may not be read.
func storedToken(data string) string {
	text, err := os.ReadFile(filepath.Join(data, node.TokenFile))
	if err != nil {
		return ""
	}
	return string(text)
}

func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// A call is one request of the API. Its path is made of segments that may hold any characters.
type call struct {
	method string
	path   []string
	query  url.Values
	body   any    // nil: none
	match  string // If-Match; empty: none
}

// do makes the call and reads the answer into out, unless that is nil. A refusal comes back as a *muster.Error.
func (c *client) do(ctx context.Context, r call, out any) error {
	req, err := c.request(ctx, r)
	if err != nil {
		return err
	}
	return c.send(req, out)
}

// read is do, and returns the ETag of the answer.
func (c *client) read(ctx context.Context, r call, out any) (tag string, err error) {
	req, err := c.request(ctx, r)
	if err != nil {
		return "", err
	}
	header, err := c.exchange(req, out)
	return header.Get("ETag"), err
}

// send sends a request and reads the answer as do does.
func (c *client) send(req *http.Request, out any) error {
	_, err := c.exchange(req, out)
	return err
}

// exchange is send, and returns the header of the answer.
func (c *client) exchange(req *http.Request, out any) (http.Header, error) {
	ctx := req.Context()
	res, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, c.unreachable(ctx, err)
	case len(text) > maxAnswer:
		return nil, muster.Refuse(muster.ReasonPayloadTooLarge, "the answer is larger than %d MB; ask for less with --limit", maxAnswer>>20)
	case res.StatusCode >= http.StatusMultipleChoices:
		return nil, refusal(res, text)
	case out == nil:
		return res.Header, nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return nil, muster.Refuse(muster.ReasonServerUnreachable, "what answers at %s is no Muster server: %v", c.base.Host, err)
	}
	return res.Header, nil
}

// maxRefusal bounds a problem document, in bytes.
const maxRefusal = 64 << 10

// download makes the call and writes the answer to out as it arrives, however long that takes.
func (c *client) download(ctx context.Context, r call, out io.Writer) error {
	req, err := c.request(ctx, r)
	if err != nil {
		return err
	}
	res, err := c.unhurried().http.Do(req)
	if err != nil {
		return c.unreachable(ctx, err)
	}
	defer res.Body.Close()
	if res.StatusCode >= http.StatusMultipleChoices {
		text, err := io.ReadAll(io.LimitReader(res.Body, maxRefusal))
		if err != nil {
			return c.unreachable(ctx, err)
		}
		return refusal(res, text)
	}
	if _, err := io.Copy(out, res.Body); err != nil {
		return muster.Because(muster.ReasonServerUnreachable, fmt.Errorf("the answer is not whole: %w", err))
	}
	return nil
}

func (c *client) request(ctx context.Context, r call) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		text, err := json.Marshal(r.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	target := strings.TrimRight(c.base.String(), "/") + escape(r.path)
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.match != "" {
		req.Header.Set("If-Match", r.match)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	}
	return req, nil
}

// escape makes a path of segments. Dots are escaped where a segment is nothing else, or they would be taken for steps.
func escape(segments []string) string {
	var b strings.Builder
	for _, s := range segments {
		b.WriteByte('/')
		if s == "." || s == ".." {
			b.WriteString(strings.ReplaceAll(s, ".", "%2E"))
			continue
		}
		b.WriteString(url.PathEscape(s))
	}
	return b.String()
}

// refusal reads a problem document.
func refusal(res *http.Response, text []byte) error {
	var p admin.Problem
	if json.Unmarshal(text, &p) != nil || p.Reason == "" {
		return muster.Refuse(muster.ReasonServerUnreachable, "what answers at %s is no Muster server: %s", res.Request.URL.Host, res.Status)
	}
	return muster.Refuse(muster.Reason(p.Reason), "%s", p.Detail)
}

// ready asks whether the server would take devices now.
func (c *client) ready(ctx context.Context) error {
	req, err := c.request(ctx, call{method: http.MethodGet, path: []string{"readyz"}})
	if err != nil {
		return err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return c.unreachable(ctx, err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(res.Body, 1<<10)) // without it the status says enough
	if res.StatusCode != http.StatusOK {
		return muster.Refuse(muster.ReasonServerBusy, "the server is not ready: %s", first(strings.TrimSpace(string(text)), res.Status))
	}
	return nil
}

func (c *client) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // without the URL, which has the name of a device in it
	}
	return &muster.Error{
		Reason: muster.ReasonServerUnreachable, Message: "the server at " + c.base.Redacted() + " does not answer", Err: err,
	}
}
