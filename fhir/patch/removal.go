package patch

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir/tree"
)

// removal collects what goes, and what goes with it: a container that loses
// all it holds.
type removal struct {
	d     *tree.Doc
	gone  map[tree.Node]bool
	nulls map[tree.Node]bool // of an underscored array: only the place is kept
}

func newRemoval(d *tree.Doc) *removal {
	return &removal{d: d, gone: map[tree.Node]bool{}, nulls: map[tree.Node]bool{}}
}

// take removes a member or an item.
func (r *removal) take(n tree.Node) {
	if n == tree.None || r.gone[n] {
		return
	}
	r.gone[n] = true
	up := r.d.Parent(n)
	for c := range r.d.Children(up) {
		if !r.gone[c] {
			return
		}
	}
	switch array := r.d.Parent(up); {
	case array == tree.None: // the resource itself
	case r.d.Kind(array) == tree.Array && strings.HasPrefix(r.d.Key(array), "_"):
		r.blank(array, up)
	default:
		r.take(up)
	}
}

// blank empties the extra of a primitive in an array. The pair goes if the
// primitive has no value either.
func (r *removal) blank(array, extra tree.Node) {
	owner := r.d.Parent(array)
	values := r.d.Get(owner, r.d.Key(array)[1:])
	v := r.d.At(values, index(r.d, array, extra))
	r.nulls[extra] = true
	if r.d.Kind(v) == tree.Null {
		r.take(v)
		r.take(extra)
	}
	r.settle(values, array)
}

// settle removes arrays that hold nothing but nulls: the extras, and then the
// values if there is nothing to pair them with.
func (r *removal) settle(values, extras tree.Node) {
	if r.void(extras) {
		r.take(extras)
	}
	if (extras == tree.None || r.gone[extras]) && r.void(values) {
		r.take(values)
	}
}

func (r *removal) void(array tree.Node) bool {
	if r.d.Kind(array) != tree.Array {
		return false
	}
	for c := range r.d.Children(array) {
		if !r.gone[c] && !r.nulls[c] && r.d.Kind(c) != tree.Null {
			return false
		}
	}
	return true
}

func (r *removal) edits() []tree.Edit {
	var edits []tree.Edit
	cut := map[tree.Node]bool{}
	for n := range r.gone {
		if up := r.d.Parent(n); !cut[up] && !r.covered(n) {
			cut[up] = true
			edits = append(edits, remove(r.d, up, r.gone)...)
		}
	}
	for n := range r.nulls {
		if !r.gone[n] && !r.covered(n) {
			edits = append(edits, replace(r.d, n, []byte("null")))
		}
	}
	return edits
}

// covered says whether something around n goes as a whole.
func (r *removal) covered(n tree.Node) bool {
	for n = r.d.Parent(n); n != tree.None; n = r.d.Parent(n) {
		if r.gone[n] || r.nulls[n] {
			return true
		}
	}
	return false
}
