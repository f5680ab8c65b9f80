package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
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

// fetch returns the body of the answer, if that is a success and has at most so many bytes.
func (f *fetcher) fetch(ctx context.Context, url string, most int) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "muster")
	answer, err := f.client.Do(r)
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
