package engine

import (
	"slices"
	"strconv"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// stamp returns the edits that give a resource the server's own id,
// meta.versionId and meta.lastUpdated. Everything else stays byte by byte
// what the client sent, its white space and the order of its members too.
func stamp(d *tree.Doc, k fhir.Key, updated time.Time) ([]tree.Edit, error) {
	var edits []tree.Edit
	root := d.Root()
	id, meta := d.Get(root, "id"), d.Get(root, "meta")
	_, after := d.Span(d.Get(root, "resourceType"))
	if id == tree.None {
		edits = append(edits, tree.Edit{Start: after, End: after, With: []byte(`,"id":"` + k.ID + `"`)})
	} else {
		if d.Kind(id) != tree.String {
			return nil, fhir.Errorf(fhir.Malformed, "id must be a string").At(d.Path(id))
		}
		start, end := d.Span(id)
		if after = end; !d.TextIs(id, k.ID) {
			edits = append(edits, tree.Edit{Start: start, End: end, With: []byte(`"` + k.ID + `"`)})
		}
	}
	version, instant := `"`+strconv.Itoa(k.Version)+`"`, `"`+fhir.Instant(updated)+`"`
	if meta == tree.None {
		with := `,"meta":{"versionId":` + version + `,"lastUpdated":` + instant + `}`
		return append(edits, tree.Edit{Start: after, End: after, With: []byte(with)}), nil
	}
	if d.Kind(meta) != tree.Object {
		return nil, fhir.Errorf(fhir.Malformed, "meta must be an object").At(d.Path(meta))
	}
	var insert []byte
	for _, own := range []struct{ name, value string }{{"versionId", version}, {"lastUpdated", instant}} {
		if n := d.Get(meta, own.name); n != tree.None {
			start, end := d.Span(n)
			edits = append(edits, tree.Edit{Start: start, End: end, With: []byte(own.value)})
			continue
		}
		if insert != nil {
			insert = append(insert, ',')
		}
		insert = append(insert, `"`+own.name+`":`+own.value...)
	}
	if insert != nil {
		if d.Count(meta) > 0 {
			insert = append(insert, ',')
		}
		start, _ := d.Span(meta)
		edits = append(edits, tree.Edit{Start: start + 1, End: start + 1, With: insert})
	}
	return edits, nil
}

// hole is a string of the document whose base64 text is kept as an object.
type hole struct {
	node   tree.Node
	object Object
}

// cut applies the edits and empties the holes, and says where in the result
// the holes are.
func cut(d *tree.Doc, edits []tree.Edit, holes []hole) ([]byte, []BlobAt) {
	edits = slices.Clone(edits)
	for _, h := range holes {
		start, end := d.Span(h.node)
		edits = append(edits, tree.Edit{Start: start + 1, End: end - 1})
	}
	out := tree.Splice(d.Bytes(), edits...) // sorts edits
	var blobs []BlobAt
	for _, h := range holes {
		start, _ := d.Span(h.node)
		at := start + 1
		for _, e := range edits {
			if e.Start < start+1 {
				at += len(e.With) - (e.End - e.Start)
			}
		}
		blobs = append(blobs, BlobAt{Offset: at, Object: h.object})
	}
	return out, blobs
}
