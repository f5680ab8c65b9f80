package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// A caller is an HTTP client on one connection that stays open. It does as little as it can, so that the server's work is
// what counts.
type caller struct {
	conn    net.Conn
	in      *bufio.Reader
	request []byte
	body    []byte
}

func call(address string) (*caller, error) {
	c, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		return nil, err
	}
	return &caller{conn: c, in: bufio.NewReader(c)}, nil
}

// callAll returns n callers of one server.
func callAll(address string, n int) (callers []*caller, err error) {
	for range n {
		c, err := call(address)
		if err != nil {
			hangUpAll(callers)
			return nil, err
		}
		callers = append(callers, c)
	}
	return callers, nil
}

func hangUpAll(callers []*caller) {
	for _, c := range callers {
		c.conn.Close()
	}
}

// ask sends a request and returns the body of the answer, which the next call overwrites. headers are whole lines.
func (c *caller) ask(method, path, headers string, body []byte) ([]byte, error) {
	c.request = fmt.Appendf(c.request[:0], "%s %s HTTP/1.1\r\nHost: bench\r\n%sContent-Length: %d\r\n\r\n", method, path, headers, len(body))
	c.request = append(c.request, body...)
	if err := c.conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return nil, err
	}
	if _, err := c.conn.Write(c.request); err != nil {
		return nil, err
	}
	code, err := c.answer()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, noEOF(err))
	}
	if code != 200 {
		return nil, fmt.Errorf("%s %s: %d %s", method, path, code, c.body)
	}
	return c.body, nil
}

// answer reads an answer that says how long it is.
func (c *caller) answer() (code int, err error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < 12 {
		return 0, fmt.Errorf("the answer begins with %q", line)
	}
	if code, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, err
	}
	length, chunked := -1, false
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			break
		}
		switch name, value, _ := bytes.Cut(line, []byte(":")); {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		}
	}
	if chunked {
		if c.body, err = io.ReadAll(httputil.NewChunkedReader(c.in)); err == nil {
			_, err = c.in.Discard(len("\r\n"))
		}
		return code, err
	}
	if length < 0 || length > 1<<24 {
		return 0, errors.New("the answer does not say how long it is")
	}
	if cap(c.body) < length {
		c.body = make([]byte, length)
	}
	c.body = c.body[:length]
	_, err = io.ReadFull(c.in, c.body)
	return code, err
}

// repeat lets so many do work again and again for a while, each told who it is, and returns how often it was done.
func repeat(callers int, during time.Duration, work func(caller int) error) (int, error) {
	errs := make([]error, callers)
	var done atomic.Int64
	var all sync.WaitGroup
	start := time.Now()
	for caller := range callers {
		all.Go(func() {
			n := 0
			for errs[caller] == nil && time.Since(start) < during {
				if errs[caller] = work(caller); errs[caller] == nil {
					n++
				}
			}
			done.Add(int64(n))
		})
	}
	all.Wait()
	return int(done.Load()), errors.Join(errs...)
}

// timed is repeat with what it costs: how often a second work was done, and microseconds of the server's CPU each time.
func timed(s *server, callers int, during time.Duration, work func(caller int) error) (perSecond, cpu float64, err error) {
	before, err := usageOf(s.pid())
	if err != nil {
		return 0, 0, err
	}
	start := time.Now()
	n, err := repeat(callers, during, work)
	if err != nil {
		return 0, 0, err
	}
	if n == 0 {
		return 0, 0, errors.New("nothing was done in time")
	}
	elapsed := time.Since(start)
	after, err := usageOf(s.pid())
	return float64(n) / elapsed.Seconds(), float64(after.cpu-before.cpu) / float64(time.Microsecond) / float64(n), err
}
