package tree

import (
	"bytes"
	"iter"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Kind is the JSON kind of a node.
type Kind uint8

// The kinds.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

func (k Kind) String() string {
	return [...]string{"null", "boolean", "number", "string", "array", "object"}[k]
}

// Node is a place in a [Doc]; None is no place. The root is node 0.
type Node int32

// None is returned where nothing was found. Every reading method of Doc
// accepts it and answers with the zero value.
const None Node = -1

type node struct {
	kind    Kind
	escaped bool   // the string has escape sequences
	keyLen  uint16 // 0 for array items and the root
	key     uint32 // offset of the name, after its quote
	start   uint32 // offset of the value, quote or brace included
	end     uint32 // offset after the value
	skip    Node   // the node after the whole subtree
	parent  Node
}

// Doc is a parsed document. It is read-only and safe for concurrent use.
type Doc struct {
	src   []byte
	text  string // the same, if it is small: the texts in it are parts of one string
	nodes []node
}

// maxShared is the size up to which the texts of a document share one string.
// Of a larger one whoever keeps a text would keep too much.
const maxShared = 64 << 10

// Bytes is the source the document was parsed from.
func (d *Doc) Bytes() []byte { return d.src }

// Len is the number of nodes; nodes are numbered in document order.
func (d *Doc) Len() int { return len(d.nodes) }

// Root is the outermost value.
func (d *Doc) Root() Node { return 0 }

// Kind of the node; Null for None.
func (d *Doc) Kind(n Node) Kind {
	if n < 0 {
		return Null
	}
	return d.nodes[n].kind
}

// Key is the property name under which the node stands, "" for array items.
func (d *Doc) Key(n Node) string { return string(d.key(n)) }

// Name is Key without allocating: bytes of the source, not to be changed.
func (d *Doc) Name(n Node) []byte { return d.key(n) }

// KeyIs says whether the node stands under that name, without allocating.
func (d *Doc) KeyIs(n Node, name string) bool { return string(d.key(n)) == name }

func (d *Doc) key(n Node) []byte {
	if n < 0 {
		return nil
	}
	x := &d.nodes[n]
	return d.src[x.key : x.key+uint32(x.keyLen)]
}

// KeyStart is the offset of the quote that opens the node's name, -1 if it
// has none.
func (d *Doc) KeyStart(n Node) int {
	if n < 0 || d.nodes[n].keyLen == 0 {
		return -1
	}
	return int(d.nodes[n].key) - 1
}

// Raw is the node's value as it stands in the source; nil for None.
func (d *Doc) Raw(n Node) []byte {
	if n < 0 {
		return nil
	}
	x := &d.nodes[n]
	return d.src[x.start:x.end:x.end]
}

// Span is where the node's value stands: src[start:end].
func (d *Doc) Span(n Node) (start, end int) {
	if n < 0 {
		return 0, 0
	}
	return int(d.nodes[n].start), int(d.nodes[n].end)
}

// Text is the value of a string unescaped, and the literal of a number or
// boolean; "" for everything else.
func (d *Doc) Text(n Node) string {
	if n < 0 {
		return ""
	}
	x := &d.nodes[n]
	switch x.kind {
	case String:
		if !x.escaped {
			return d.part(x.start+1, x.end-1)
		}
		b, _ := jsontext.AppendUnquote(nil, d.src[x.start:x.end]) // was checked by Parse
		return string(b)
	case Number, Bool:
		return d.part(x.start, x.end)
	}
	return ""
}

// part is a part of the source.
func (d *Doc) part(start, end uint32) string {
	if d.text != "" {
		return d.text[start:end]
	}
	return string(d.src[start:end])
}

// TextIs says whether the node is a string with that value, without
// allocating in the common case.
func (d *Doc) TextIs(n Node, s string) bool {
	if n < 0 || d.nodes[n].kind != String {
		return false
	}
	x := &d.nodes[n]
	if !x.escaped {
		return string(d.src[x.start+1:x.end-1]) == s
	}
	return d.Text(n) == s
}

// Parent of the node, None for the root.
func (d *Doc) Parent(n Node) Node {
	if n < 0 {
		return None
	}
	return d.nodes[n].parent
}

// Skip is the node that follows the whole subtree of n in document order; it
// may equal [Doc.Len].
func (d *Doc) Skip(n Node) Node { return d.nodes[n].skip }

// Children yields the members of an object or the items of an array.
func (d *Doc) Children(n Node) iter.Seq[Node] {
	return func(yield func(Node) bool) {
		if n < 0 || d.nodes[n].kind < Array {
			return
		}
		for c, end := n+1, d.nodes[n].skip; c < end; c = d.nodes[c].skip {
			if !yield(c) {
				return
			}
		}
	}
}

// Get is the member of that name, None if n is no object or has none.
func (d *Doc) Get(n Node, name string) Node {
	if n < 0 || d.nodes[n].kind != Object {
		return None
	}
	for c, end := n+1, d.nodes[n].skip; c < end; c = d.nodes[c].skip {
		if string(d.key(c)) == name {
			return c
		}
	}
	return None
}

// Find follows names from the root: Find("meta", "versionId").
func (d *Doc) Find(names ...string) Node {
	n := d.Root()
	for _, name := range names {
		if n = d.Get(n, name); n == None {
			return None
		}
	}
	return n
}

// At is the i-th item of an array, None when out of range.
func (d *Doc) At(n Node, i int) Node {
	if n < 0 || d.nodes[n].kind != Array || i < 0 {
		return None
	}
	for c := range d.Children(n) {
		if i == 0 {
			return c
		}
		i--
	}
	return None
}

// Count is the number of members or items.
func (d *Doc) Count(n Node) int {
	k := 0
	for range d.Children(n) {
		k++
	}
	return k
}

// Path is the FHIRPath of the node: "Patient.name[0].given[1]". The first
// step is the resourceType of the root, or of the innermost resource when
// the node lies inside a Bundle entry or a contained resource it still starts
// at the root. Without a resourceType it starts at "$this".
func (d *Doc) Path(n Node) string {
	if n < 0 {
		return ""
	}
	var steps []string
	for n != 0 {
		p := d.nodes[n].parent
		if d.nodes[p].kind == Array {
			i := 0
			for c := range d.Children(p) {
				if c == n {
					break
				}
				i++
			}
			steps = append(steps, "["+strconv.Itoa(i)+"]")
		} else {
			steps = append(steps, "."+d.Key(n))
		}
		n = p
	}
	var b strings.Builder
	if t := d.Get(0, "resourceType"); d.Kind(t) == String {
		b.WriteString(d.Text(t))
	} else {
		b.WriteString("$this")
	}
	for i := len(steps) - 1; i >= 0; i-- {
		b.WriteString(steps[i])
	}
	return b.String()
}

// Line is the line and column (both 1-based, column in bytes) of an offset.
func Line(src []byte, offset int) (line, col int) {
	offset = min(offset, len(src))
	line = 1 + bytes.Count(src[:offset], []byte{'\n'})
	col = offset - bytes.LastIndexByte(src[:offset], '\n')
	return line, col
}
