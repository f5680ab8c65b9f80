package identity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// maxNesting bounds how deep the JSON of a token may go.
const maxNesting = 8

// parseObject reads one JSON object and nothing behind it. Two readers must not find different things in it: names that
// come twice and text that is not UTF-8 are refused, and case counts.
func parseObject(text []byte) (map[string]any, error) {
	if !utf8.Valid(text) || !json.Valid(text) {
		return nil, errors.New("not JSON")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	value, err := readValue(d, maxNesting)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("not a JSON object")
	}
	return object, nil
}

func readValue(d *json.Decoder, depth int) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, errors.New("not JSON")
	}
	delim, ok := t.(json.Delim)
	if !ok {
		return t, nil
	}
	if depth == 0 {
		return nil, fmt.Errorf("nested deeper than %d", maxNesting)
	}
	var value any
	if delim == '{' {
		value, err = readMembers(d, depth-1)
	} else {
		value, err = readElements(d, depth-1)
	}
	if err != nil {
		return nil, err
	}
	_, _ = d.Token() // the closing bracket, which valid JSON has
	return value, nil
}

func readMembers(d *json.Decoder, depth int) (map[string]any, error) {
	members := make(map[string]any)
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, errors.New("not JSON")
		}
		name, _ := t.(string) // valid JSON has nothing else here
		if _, twice := members[name]; twice {
			return nil, errors.New("a name comes twice")
		}
		if members[name], err = readValue(d, depth); err != nil {
			return nil, err
		}
	}
	return members, nil
}

func readElements(d *json.Decoder, depth int) ([]any, error) {
	elements := []any{}
	for d.More() {
		value, err := readValue(d, depth)
		if err != nil {
			return nil, err
		}
		elements = append(elements, value)
	}
	return elements, nil
}
