package patch

import (
	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// equal compares as RFC 6902 section 4.6 wants it: numbers by value, strings
// by their characters, objects without regard to order.
func equal(a *tree.Doc, x tree.Node, b *tree.Doc, y tree.Node) bool {
	if a.Kind(x) != b.Kind(y) {
		return false
	}
	switch a.Kind(x) {
	case tree.Number:
		if a.Text(x) == b.Text(y) {
			return true
		}
		p, ok := path.ParseDecimal(a.Text(x))
		q, ok2 := path.ParseDecimal(b.Text(y))
		return ok && ok2 && p.Cmp(q) == 0
	case tree.String, tree.Bool:
		return a.Text(x) == b.Text(y)
	case tree.Array:
		if a.Count(x) != b.Count(y) {
			return false
		}
		other := y + 1
		for c := range a.Children(x) {
			if !equal(a, c, b, other) {
				return false
			}
			other = b.Skip(other)
		}
	case tree.Object:
		members := map[string]tree.Node{}
		for c := range b.Children(y) {
			members[b.Key(c)] = c
		}
		if a.Count(x) != len(members) {
			return false
		}
		for c := range a.Children(x) {
			other, ok := members[a.Key(c)]
			if !ok || !equal(a, c, b, other) {
				return false
			}
		}
	}
	return true
}
