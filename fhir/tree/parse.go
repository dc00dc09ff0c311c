package tree

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/webdoctor/webdoctor/fhir"
)

// MaxDepth is the deepest nesting of objects and arrays that is accepted.
// The deepest of HL7's own examples nests 22 levels.
const MaxDepth = 64

// Parse checks src against the strict rules of the package and returns its
// tree. src must not be changed afterwards. The error is a
// *fhir.Error with code Malformed, line, column and FHIRPath.
func Parse(src []byte) (*Doc, error) { return parse(src, "", 0) }

// ParseOpaque is like Parse, but members called name that stand at the given
// depth (1 = member of the root object) are checked and kept as single nodes
// without children, to be parsed on their own later: Bundle.entry.resource
// stands at depth 3.
func ParseOpaque(src []byte, name string, depth int) (*Doc, error) { return parse(src, name, depth) }

func parse(src []byte, opaque string, opaqueDepth int) (*Doc, error) {
	d := &Doc{src: src, nodes: make([]node, 0, 16+len(src)/24)}
	if len(src) <= maxShared {
		d.text = string(src)
	}
	fast := scanner{doc: d, src: src, opaque: opaque, opaqueDepth: opaqueDepth}
	if fast.scan() {
		return d, nil
	}
	d.nodes = d.nodes[:0]
	p := parser{doc: d, opaque: opaque, opaqueDepth: opaqueDepth}
	if err := p.parse(); err != nil {
		return nil, p.explain(err)
	}
	return d, nil
}

// parse reads the whole document.
func (p *parser) parse() error {
	p.dec.Reset(bytes.NewBuffer(p.doc.src))
	if err := p.value(None, 0, 0); err != nil {
		return err
	}
	if _, err := p.dec.ReadToken(); err != io.EOF {
		return errTrailing
	}
	return nil
}

var (
	errTrailing = errors.New("something follows the JSON value")
	errDepth    = fmt.Errorf("nested deeper than %d levels", MaxDepth)
	errNul      = errors.New(`the character \u0000 is not allowed in FHIR strings`)
	errName     = errors.New("property names must be plain, without escape sequences")
	errLong     = errors.New("property name is too long")
)

// parser reads what the scanner does not, and says what is wrong with it.
type parser struct {
	doc         *Doc
	dec         jsontext.Decoder
	opaque      string
	opaqueDepth int
	depth       int
	last        Node // the node being read, for error paths
}

// value reads one value and appends its subtree.
func (p *parser) value(parent Node, key uint32, keyLen uint16) error {
	d := p.doc
	n := Node(len(d.nodes))
	kind := p.dec.PeekKind()
	whole := kind != '{' && kind != '['
	if kind == '{' && p.opaqueDepth > 0 && p.depth == p.opaqueDepth && string(d.src[key:key+uint32(keyLen)]) == p.opaque {
		whole = true
	}
	d.nodes = append(d.nodes, node{key: key, keyLen: keyLen, parent: parent})
	p.last = n
	if whole {
		raw, err := p.dec.ReadValue()
		if err != nil {
			return err
		}
		end := uint32(p.dec.InputOffset())
		x := &d.nodes[n]
		x.start, x.end, x.skip = end-uint32(len(raw)), end, n+1
		switch kind {
		case 'n':
			x.kind = Null
		case 't', 'f':
			x.kind = Bool
		case '0':
			x.kind = Number
		case '"':
			x.kind = String
			if x.escaped = bytes.IndexByte(raw, '\\') >= 0; x.escaped && hasNul(raw) {
				return errNul
			}
		case '{':
			x.kind = Object
			if depthOf(raw)+p.depth > MaxDepth {
				return errDepth
			}
			if bytes.IndexByte(raw, '\\') >= 0 && hasNul(raw) {
				return errNul
			}
		}
		return nil
	}
	if _, err := p.dec.ReadToken(); err != nil {
		return err
	}
	start := uint32(p.dec.InputOffset() - 1)
	if p.depth++; p.depth > MaxDepth {
		return errDepth
	}
	close, k := jsontext.Kind(']'), Array
	if kind == '{' {
		close, k = '}', Object
	}
	d.nodes[n].kind, d.nodes[n].start = k, start
	for p.dec.PeekKind() != close {
		if k == Array {
			if err := p.value(n, 0, 0); err != nil {
				return err
			}
			continue
		}
		name, err := p.dec.ReadValue()
		if err != nil {
			return err
		}
		if bytes.IndexByte(name, '\\') >= 0 {
			return errName
		}
		if len(name) > 256 {
			return errLong
		}
		at := uint32(p.dec.InputOffset()) - uint32(len(name)) + 1
		if err := p.value(n, at, uint16(len(name)-2)); err != nil {
			return err
		}
	}
	if _, err := p.dec.ReadToken(); err != nil {
		return err
	}
	p.depth--
	x := &d.nodes[n]
	x.end, x.skip = uint32(p.dec.InputOffset()), Node(len(d.nodes))
	return nil
}

// hasNul looks for the escape sequence of U+0000 in a raw JSON text.
func hasNul(raw []byte) bool {
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 || i+1 >= len(raw) {
			return false
		}
		if raw[i+1] == 'u' && bytes.HasPrefix(raw[i+2:], []byte("0000")) {
			return true
		}
		raw = raw[i+2:]
	}
}

// depthOf is the nesting of a well-formed JSON text.
func depthOf(raw []byte) int {
	depth, deepest, quoted := 0, 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}

// explain turns a decoder error into one that says what, where and at which
// element. The text never quotes the body.
func (p *parser) explain(err error) error {
	e := &fhir.Error{Code: fhir.Malformed, Err: err}
	offset := int(p.dec.InputOffset())
	switch syn := (*jsontext.SyntacticError)(nil); {
	case errors.As(err, &syn):
		offset = int(syn.ByteOffset)
		e.Message = "not well-formed JSON"
		if errors.Is(err, jsontext.ErrDuplicateName) {
			e.Message = "a property occurs twice in the same object"
		} else if errors.Is(err, io.ErrUnexpectedEOF) {
			e.Message = "the JSON text ends too early"
		} else if syn.Err != nil {
			e.Message += ": " + reason(syn.Err)
		}
		e.Err = nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		e.Message, e.Err = "the JSON text ends too early", nil
		if len(bytes.TrimSpace(p.doc.src)) == 0 {
			e.Message = "the body is empty"
		}
	default:
		e.Message, e.Err = err.Error(), nil
	}
	e.Line, e.Col = Line(p.doc.src, offset)
	e.Message = fmt.Sprintf("%s (line %d, column %d)", e.Message, e.Line, e.Col)
	if n := p.last; n > 0 && int(n) < len(p.doc.nodes) {
		for i := range p.doc.nodes { // unfinished containers reach to the end
			if p.doc.nodes[i].skip == 0 {
				p.doc.nodes[i].skip = Node(len(p.doc.nodes))
			}
		}
		e.Expression = p.doc.Path(n)
	}
	return e
}

// reason keeps the decoder's words where they cannot carry content.
func reason(err error) string {
	s := err.Error()
	if i := bytes.IndexByte([]byte(s), '`'); i > 0 {
		s = s[:i]
	}
	if len(s) > 60 {
		s = s[:60]
	}
	return s
}
