package patch

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir/tree"
)

// prune removes every empty array and object, and what becomes empty by
// that. In the array of an underscored sibling an item keeps its place as
// null, because it pairs with a primitive; an array of nothing but those goes
// too.
func (s *state) prune() error {
	p := pruning{d: s.doc, gone: map[tree.Node]bool{}}
	p.empty(s.doc.Root())
	if len(p.edits) == 0 {
		return nil
	}
	return s.apply("", p.edits...)
}

type pruning struct {
	d     *tree.Doc
	gone  map[tree.Node]bool
	edits []tree.Edit
}

// empty says whether a node holds nothing, and collects the edits for what it
// holds if it does hold something. The root is never empty.
func (p *pruning) empty(n tree.Node) bool {
	if p.d.Kind(n) < tree.Array {
		return false
	}
	before := len(p.edits)
	paired := p.d.Kind(n) == tree.Array && strings.HasPrefix(p.d.Key(n), "_")
	some, lost := false, false
	for c := range p.d.Children(n) {
		switch {
		case !p.empty(c):
			some = some || !paired || p.d.Kind(c) != tree.Null
		case paired:
			p.edits = append(p.edits, replace(p.d, c, []byte("null")))
		default:
			p.gone[c] = true
			lost = true
		}
	}
	switch {
	case !some && n != p.d.Root():
		p.edits = p.edits[:before]
		return true
	case lost:
		p.edits = append(p.edits, remove(p.d, n, p.gone)...)
	}
	return false
}
