package node

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"muster"
)

const maxConfigSize = 1 << 20

// LoadConfig returns base with the settings of a YAML file laid over it. A key that is not known, or whose value is of
// another kind, is an error that names it as it is written, with its line and column.
func LoadConfig(base Config, file string) (Config, error) {
	f, err := os.Open(file)
	if err != nil {
		return base, muster.Refuse(muster.ReasonSettingInvalid, "cannot read the configuration: %v", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxConfigSize+1))
	if err != nil || len(text) > maxConfigSize {
		return base, muster.Refuse(muster.ReasonSettingInvalid, "cannot read %s, or it is larger than %d bytes", file, maxConfigSize)
	}
	tree, err := parser.ParseBytes(text, 0)
	if err == nil && empty(tree) {
		return base, nil // nothing but space and comments, which would set everything to nothing
	}
	if err == nil {
		err = refuseSilentLoss(tree)
	}
	if err == nil {
		err = yaml.UnmarshalWithOptions(text, &base, yaml.Strict())
	}
	if err != nil {
		return base, muster.Refuse(muster.ReasonSettingInvalid, "%s: %s", file, complaint(tree, err))
	}
	return base, nil
}

// empty reports whether a file sets nothing.
func empty(tree *ast.File) bool {
	for _, d := range tree.Docs {
		if d.Body != nil && d.Body.Type() != ast.NullType && d.Body.Type() != ast.CommentType {
			return false
		}
	}
	return true
}

// refuseSilentLoss refuses what the decoder would leave out without a word: a second document, and what stands behind the
// point of a number that is whole.
func refuseSilentLoss(tree *ast.File) error {
	if len(tree.Docs) > 1 {
		return &yaml.SyntaxError{Message: "a second document begins; settings are one document", Token: tree.Docs[1].Start}
	}
	for _, n := range ast.Filter(ast.FloatType, tree.Docs[0]) {
		if strings.HasPrefix(n.GetPath(), "$.limits.") {
			return &yaml.TypeError{DstType: reflect.TypeFor[int](), Token: n.GetToken()}
		}
	}
	return nil
}

// complaint says what is wrong with a file for who wrote it: where, under which key, and what is wanted there.
func complaint(tree *ast.File, err error) string {
	e, ok := errors.AsType[yaml.Error](err)
	if !ok || e.GetToken() == nil {
		return yaml.FormatError(err, false, false)
	}
	at := e.GetToken()
	message := e.GetMessage()
	if t, ok := errors.AsType[*yaml.TypeError](err); ok {
		message = keyOf(tree, at) + ": " + wanted(t.DstType.Kind()) + " is wanted"
	} else if t, ok := errors.AsType[*yaml.UnexpectedNodeTypeError](err); ok {
		kind := reflect.Map
		if t.Expected == ast.SequenceType {
			kind = reflect.Slice
		}
		message = keyOf(tree, at) + ": " + wanted(kind) + " is wanted"
	} else if _, ok := errors.AsType[*yaml.OverflowError](err); ok {
		message = keyOf(tree, at) + ": the number is too large"
	}
	return fmt.Sprintf("[%d:%d] %s", at.Position.Line, at.Position.Column, message)
}

// keyOf returns the key under which the value at a place of the file stands, such as limits.maxPacket.
func keyOf(tree *ast.File, at *token.Token) string {
	key := keyFinder{at: at.Position.Offset}
	for _, d := range tree.Docs {
		ast.Walk(&key, d)
	}
	if key.path == "" {
		return "the file"
	}
	return key.path
}

// A keyFinder walks a file and finds the key of the value at an offset.
type keyFinder struct {
	at   int
	path string
}

func (k *keyFinder) Visit(n ast.Node) ast.Visitor {
	if t := n.GetToken(); t != nil && t.Position.Offset == k.at {
		k.path = strings.TrimPrefix(strings.TrimPrefix(n.GetPath(), "$"), ".")
	}
	return k
}

// wanted says what a setting of that kind is.
func wanted(k reflect.Kind) string {
	switch k {
	case reflect.Int:
		return "a whole number"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	case reflect.Map:
		return "a mapping of keys to values"
	}
	return "a text"
}

// ConfigLines returns the line of each setting in a configuration file, by its key such as limits.maxPacket.
func ConfigLines(file string) (map[string]int, error) {
	tree, err := parser.ParseFile(file, 0)
	if err != nil {
		return nil, muster.Refuse(muster.ReasonSettingInvalid, "cannot read the configuration: %v", err)
	}
	lines := lineFinder{}
	for _, d := range tree.Docs {
		ast.Walk(lines, d)
	}
	return lines, nil
}

// A lineFinder walks a file and notes the line of each key.
type lineFinder map[string]int

func (l lineFinder) Visit(n ast.Node) ast.Visitor {
	if v, ok := n.(*ast.MappingValueNode); ok {
		l[strings.TrimPrefix(v.Key.GetPath(), "$.")] = v.Key.GetToken().Position.Line
	}
	return l
}
