package patch

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// pointer is a JSON pointer (RFC 6901), its steps unescaped.
type pointer []string

func parsePointer(s string) (pointer, bool) {
	if s == "" {
		return nil, true
	}
	if s[0] != '/' {
		return nil, false
	}
	steps := strings.Split(s[1:], "/")
	for i, step := range steps {
		if strings.IndexByte(step, '~') < 0 {
			continue
		}
		if rest := strings.NewReplacer("~0", "", "~1", "").Replace(step); strings.IndexByte(rest, '~') >= 0 {
			return nil, false
		}
		steps[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
	}
	return steps, true
}

// within says whether p points at q or into it.
func (p pointer) within(q pointer) bool {
	if len(p) < len(q) {
		return false
	}
	for i := range q {
		if p[i] != q[i] {
			return false
		}
	}
	return true
}

// find is the node a pointer points at.
func (p pointer) find(d *tree.Doc) (tree.Node, bool) {
	n := d.Root()
	for _, step := range p {
		switch d.Kind(n) {
		case tree.Object:
			n = d.Get(n, step)
		case tree.Array:
			i, ok := position(step)
			if !ok {
				return tree.None, false
			}
			n = d.At(n, i)
		default:
			return tree.None, false
		}
		if n == tree.None {
			return n, false
		}
	}
	return n, true
}

// position reads an array index, which has no leading zeros and no sign.
func position(step string) (int, bool) {
	if step == "" || len(step) > 9 || len(step) > 1 && step[0] == '0' {
		return 0, false
	}
	n := 0
	for _, c := range []byte(step) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// missing is the error for a pointer that points nowhere.
func missing(at string) error {
	return fhir.Errorf(fhir.Unprocessable, "there is nothing in the resource at this place").At(at)
}
