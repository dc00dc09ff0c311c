package b100

import (
	"fmt"
	"strconv"
)

// Template is an encoded resource whose references are still open. It is
// read-only and safe for concurrent use.
type Template struct {
	Type    string
	parts   []string // one more than refs
	refs    []Ref
	head    int  // length of `{"resourceType":"…",` in parts[0]
	hasMeta bool // the resource's second member is meta
}

const metaOpen = `"meta":{`

// NewTemplate encodes a resource. Its first member must be resourceType, and
// meta, if it has one, the second.
func NewTemplate(o Object) Template {
	if len(o) < 2 || o[0].Name != "resourceType" {
		panic("b100: a resource starts with its resourceType")
	}
	var e encoder
	e.value(o)
	t := Template{Type: o.Type(), refs: e.refs, parts: append(e.parts, string(e.buf))}
	t.head = len(`{"resourceType":"",`) + len(t.Type)
	t.hasMeta = o[1].Name == "meta"
	return t
}

// Append writes the resource as a client sends it for a create. refs holds,
// by position in the bundle, the string that each reference becomes; it may be
// nil for a resource without references.
func (t Template) Append(dst []byte, refs []string) []byte {
	return t.tail(dst, 0, refs)
}

// AppendWithID writes the resource as a client sends it for an update: with
// its id after the resourceType.
func (t Template) AppendWithID(dst []byte, id string, refs []string) []byte {
	dst = append(dst, t.parts[0][:t.head]...)
	dst = append(dst, `"id":"`...)
	dst = append(dst, id...)
	dst = append(dst, `",`...)
	return t.tail(dst, t.head, refs)
}

// AppendStored writes the resource as a server keeps it: with id,
// meta.versionId and meta.lastUpdated. It is what raw Postgres is given, so
// that both sides move the same number of bytes.
func (t Template) AppendStored(dst []byte, id string, version int, updated string, refs []string) []byte {
	dst = append(dst, t.parts[0][:t.head]...)
	dst = append(dst, `"id":"`...)
	dst = append(dst, id...)
	dst = append(dst, `","meta":{"versionId":"`...)
	dst = strconv.AppendInt(dst, int64(version), 10)
	dst = append(dst, `","lastUpdated":"`...)
	dst = append(dst, updated...)
	if t.hasMeta {
		dst = append(dst, `",`...)
		return t.tail(dst, t.head+len(metaOpen), refs)
	}
	dst = append(dst, `"},`...)
	return t.tail(dst, t.head, refs)
}

func (t Template) tail(dst []byte, from int, refs []string) []byte {
	dst = append(dst, t.parts[0][from:]...)
	for i, r := range t.refs {
		dst = append(dst, refs[r]...)
		dst = append(dst, t.parts[i+1]...)
	}
	return dst
}

// encoder writes compact JSON and cuts it where a reference stands.
type encoder struct {
	buf   []byte
	parts []string
	refs  []Ref
}

func (e *encoder) value(v any) {
	switch v := v.(type) {
	case Object:
		e.buf = append(e.buf, '{')
		for i, m := range v {
			if i > 0 {
				e.buf = append(e.buf, ',')
			}
			e.text(m.Name)
			e.buf = append(e.buf, ':')
			e.value(m.Value)
		}
		e.buf = append(e.buf, '}')
	case Array:
		e.buf = append(e.buf, '[')
		for i, x := range v {
			if i > 0 {
				e.buf = append(e.buf, ',')
			}
			e.value(x)
		}
		e.buf = append(e.buf, ']')
	case string:
		e.text(v)
	case Decimal:
		e.buf = append(e.buf, v...)
	case int:
		e.buf = strconv.AppendInt(e.buf, int64(v), 10)
	case bool:
		e.buf = strconv.AppendBool(e.buf, v)
	case Ref:
		e.buf = append(e.buf, '"')
		e.parts = append(e.parts, string(e.buf))
		e.refs = append(e.refs, v)
		e.buf = append(e.buf[:0], '"')
	default:
		panic(fmt.Sprintf("b100: no JSON for a %T", v))
	}
}

// text writes a string. The data set is printable ASCII, so only the quote and
// the backslash need escaping; the tests parse every bundle to hold it to that.
func (e *encoder) text(s string) {
	e.buf = append(e.buf, '"')
	for i := 0; i < len(s); i++ {
		if s[i] == '"' || s[i] == '\\' {
			e.buf = append(e.buf, '\\')
		}
		e.buf = append(e.buf, s[i])
	}
	e.buf = append(e.buf, '"')
}
