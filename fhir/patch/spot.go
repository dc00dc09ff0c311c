package patch

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// spot is where an item stands: under a name of its owner, alone or in a list,
// with the underscored sibling that a primitive may have.
type spot struct {
	owner  tree.Node  // the object
	typ    *spec.Type // of the owner; nil if unknown
	name   string     // in JSON, without underscore
	values tree.Node  // what stands under name, None for nothing
	extras tree.Node  // what stands under _name, None for nothing
	index  int        // in the lists, -1 when alone
}

func (s *editor) spot(i path.Item) spot {
	d := s.doc
	at := i.Node
	if at == tree.None {
		at = i.Extra
	}
	p := spot{index: -1}
	if up := d.Parent(at); d.Kind(up) == tree.Array {
		p.index = index(d, up, at)
		at = up
	}
	p.owner = d.Parent(at)
	p.name = strings.TrimPrefix(d.Key(at), "_")
	p.values, p.extras = d.Get(p.owner, p.name), d.Get(p.owner, "_"+p.name)
	p.typ = path.Locate(d, p.owner, s.env).Type()
	return p
}

// size of the list, counting primitives without value.
func (p spot) size(d *tree.Doc) int { return max(d.Count(p.values), d.Count(p.extras)) }

// list finds the list that items are the whole of.
func (s *editor) list(c change, items path.Collection) (spot, error) {
	if len(items) == 0 {
		return spot{}, s.unfit(c, "path", "the path selects nothing")
	}
	p := s.spot(items[0])
	for _, i := range items {
		o := s.spotOwner(i)
		if p.index < 0 || o != p.values && o != p.extras {
			return p, s.unfit(c, "path", "the path must select a list")
		}
	}
	if len(items) != p.size(s.doc) {
		return p, s.unfit(c, "path", "the path must select a whole list")
	}
	return p, nil
}

// spotOwner is the array an item stands in.
func (s *editor) spotOwner(i path.Item) tree.Node {
	if i.Node != tree.None {
		return s.doc.Parent(i.Node)
	}
	return s.doc.Parent(i.Extra)
}

// extrasWith gives edits that set the i-th extra of a list of n primitives.
// text nil leaves null.
func (p spot) extrasWith(d *tree.Doc, n, i int, text []byte) []tree.Edit {
	switch have := d.Count(p.extras); {
	case p.extras == tree.None && text == nil:
		return nil
	case p.extras == tree.None:
		return []tree.Edit{appendTo(d, p.owner, appendArray(appendName(nil, "_"+p.name), n, i, text))}
	case i < have:
		return []tree.Edit{replace(d, d.At(p.extras, i), orNull(text))}
	case text == nil:
		return nil
	default:
		return []tree.Edit{appendTo(d, p.extras, nulls(i-have, text))}
	}
}

// appendArray writes an array of n items that are null but for the i-th.
func appendArray(out []byte, n, i int, text []byte) []byte {
	out = append(out, '[')
	for k := range n {
		if k > 0 {
			out = append(out, ',')
		}
		if k == i {
			out = append(out, text...)
		} else {
			out = append(out, "null"...)
		}
	}
	return append(out, ']')
}
