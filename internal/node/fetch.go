package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"muster"
)

// Bounds of what is fetched.
const (
	fetchTime = 30 * time.Second
	redirects = 3
)

// A fetcher reads what admins have named by its URL, which may be in a private network: authorities of plants are. Whoever
// answers there cannot send it elsewhere: redirects stay on the host. Addresses that only mean something on this link are
// never asked, such as 169.254.169.254, where clouds keep secrets of their machines.
type fetcher struct{ client *http.Client }

func newFetcher() *fetcher {
	dialer := &net.Dialer{Timeout: fetchTime / 3, Control: func(_, address string, _ syscall.RawConn) error { return mayFetch(address) }}
	return &fetcher{&http.Client{
		Timeout: fetchTime,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: fetchTime / 3, ResponseHeaderTimeout: fetchTime / 2,
			DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(to *http.Request, via []*http.Request) error {
			switch {
			case len(via) > redirects:
				return fmt.Errorf("more than %d redirects", redirects)
			case to.URL.Hostname() != via[0].URL.Hostname():
				return errors.New("a redirect to another host")
			case to.URL.Scheme != via[0].URL.Scheme && to.URL.Scheme != "https":
				return errors.New("a redirect from https to " + to.URL.Scheme)
			}
			return nil
		},
	}}
}

// mayFetch refuses addresses that no list is fetched from. It is asked of the address that a name has led to.
func mayFetch(address string) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	a := to.Addr().Unmap().WithZone("")
	if a.IsUnspecified() || a.IsMulticast() || a.IsLinkLocalUnicast() {
		return errors.New("nothing is fetched from " + a.String())
	}
	return nil
}

// askTime bounds a question to a responder.
const askTime = 5 * time.Second

// An asker asks responders that operators and certificates name: those have less to say than admins. So it asks in the public
// network alone, and in the networks that the configuration names. It follows no redirect.
type asker struct{ client *http.Client }

func newAsker(within []netip.Prefix) *asker {
	dialer := &net.Dialer{Timeout: askTime, Control: func(_, address string, _ syscall.RawConn) error { return mayAsk(address, within) }}
	return &asker{&http.Client{
		Timeout: askTime,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: askTime, MaxIdleConns: 16, MaxIdleConnsPerHost: 4, MaxConnsPerHost: 16,
			IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 16 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// private are networks that are not the public one, though an address in them looks like any other (RFC 6890), or leads to an
// address of IPv4 (RFC 6052, RFC 3056, RFC 4380).
var private = [...]netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"),
}

// mayAsk refuses addresses where no responder is asked. It is asked of the address that a name has led to.
func mayAsk(address string, within []netip.Prefix) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	a := to.Addr().Unmap()
	holds := func(p netip.Prefix) bool { return p.Contains(a) }
	if a.Zone() == "" && slices.ContainsFunc(within, holds) {
		return nil
	}
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Zone() != "" || slices.ContainsFunc(private[:], holds) {
		return fmt.Errorf("no responder is asked at %s, which is not public: name its network in responderNetworks", a)
	}
	return nil
}

// ask posts a question to a responder (RFC 6960, A.1).
func (a *asker) ask(ctx context.Context, url string, question []byte, most int) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(question))
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "muster")
	r.Header.Set("Content-Type", "application/ocsp-request")
	r.Header.Set("Accept", "application/ocsp-response")
	return read(a.client, r, most)
}

// fetch returns the body of the answer, if that is a success and has at most so many bytes.
func (f *fetcher) fetch(ctx context.Context, url string, most int) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "muster")
	return read(f.client, r, most)
}

// read returns the body of an answer.
func read(client *http.Client, r *http.Request, most int) ([]byte, error) {
	answer, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", r.URL.Host, answer.Status)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, int64(most)+1))
	if err == nil && len(text) > most {
		err = muster.Refuse(muster.ReasonRevocationListInvalid, "the answer is longer than %d bytes", most)
	}
	return text, err
}
