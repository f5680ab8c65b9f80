package simulate

import (
	"bytes"
	"context"
	"io"
	"net/http"
)

// maxAnswer bounds what a device reads, in bytes.
const maxAnswer = 64 << 10

// post sends a body over HTTP and returns that of the answer.
func (l *lines) post(ctx context.Context, path string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+l.options.HTTP+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	answer, err := l.http.Do(req)
	if err != nil {
		return nil, unreached(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return nil, unreached(err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, answered(answer.StatusCode)
	}
	return text, nil
}

// An httpLine shows the device's token with every request.
type httpLine struct {
	lines *lines
	path  string
}

func (l *httpLine) report(ctx context.Context, body []byte) error {
	_, err := l.lines.post(ctx, l.path, body)
	return err
}

func (l *httpLine) close() {}
