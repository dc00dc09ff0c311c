package engine

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// A caller can see a resource and yet not all of it: a grant hides elements,
// or items that are about somebody else. They are cut out of the bytes on
// their way out, and what was cut is marked as a part
// (search.html#summary, SUBSETTED).

// view cuts what a fence hides out of resources that it shows. Several slices
// can show the same resource: if any shows all of it, it is whole.
func (e *Engine) view(ctx context.Context, from Reader, f Fence, list []fhir.Resource) error {
	if f.Anywhere {
		return nil
	}
	var cut []int
	var keys []fhir.Key
	full := Fence{Types: map[string]Area{}, Through: f.Through}
	for i, r := range list {
		if r.JSON == nil || !f.partial(r.Type) {
			continue
		}
		cut = append(cut, i)
		whole := slices.DeleteFunc(slices.Clone(f.Types[r.Type]), Slice.partial)
		if len(whole) > 0 && !slices.Contains(keys, r.Current()) {
			full.Types[r.Type], keys = whole, append(keys, r.Current())
		}
	}
	var partial []fhir.Key
	if len(keys) > 0 {
		var err error
		if partial, err = from.Missing(ctx, full, keys); err != nil {
			return err
		}
	}
	for _, i := range cut {
		if k := list[i].Current(); slices.Contains(keys, k) && !slices.Contains(partial, k) {
			continue
		}
		e.uncut(ctx, &list[i])
		var err error
		if list[i].JSON, err = e.part(list[i].JSON, f.Types[list[i].Type]); err != nil {
			return err
		}
	}
	return nil
}

// viewWritten cuts what a change hands back. What the caller may write and not
// read is not handed back at all.
func (e *Engine) viewWritten(ctx context.Context, results []fhir.Result) error {
	fences := map[string]Fence{}
	for i := range results {
		r := &results[i].Resource
		if r.JSON == nil || results[i].Page != nil {
			continue
		}
		f, known := fences[r.Type]
		if !known {
			var err error
			if f, err = e.fence(ctx, "read", nil, []string{r.Type}); err != nil {
				return err
			}
			fences[r.Type] = f
		}
		if f.Anywhere {
			continue
		}
		if _, readable := f.Types[r.Type]; !readable {
			r.JSON = nil
			continue
		}
		list := []fhir.Resource{*r}
		if err := e.view(ctx, e.Store, f, list); err != nil {
			return err
		}
		r.JSON = list[0].JSON
	}
	return nil
}

// partial says whether the fence shows parts of resources of the type.
func (f Fence) partial(typ string) bool {
	return !f.Types[typ].entire() && slices.ContainsFunc(f.Types[typ], Slice.partial)
}

// part is what stays of a resource when all is cut that any of the slices
// hides; the same bytes if nothing is.
func (e *Engine) part(text []byte, area Area) ([]byte, error) {
	d, err := tree.Parse(text)
	if err != nil {
		return nil, &fhir.Error{Code: fhir.Corrupt, Message: "the stored resource cannot be read", Err: err}
	}
	var hidden []string
	c := cutting{doc: d}
	for _, s := range area {
		hidden = append(hidden, s.Hidden...)
		for _, f := range s.Foreign {
			if e.foreign(&c, f, &hidden) {
				hidden = append(hidden, f.With...)
			}
		}
	}
	c.drop(d.Root(), func(key string) bool { return slices.Contains(hidden, strings.TrimPrefix(key, "_")) })
	if len(c.edits) == 0 {
		return text, nil
	}
	c.mark()
	return tree.Splice(text, c.edits...), nil
}

// foreign cuts the items of an array that are about others. If none stays the
// array goes too.
func (e *Engine) foreign(c *cutting, f fhir.Foreign, hidden *[]string) (any bool) {
	array := c.doc.Find(f.Element)
	if c.doc.Kind(array) != tree.Array {
		return false
	}
	var kept []bool
	for item := range c.doc.Children(array) {
		stays := e.own(c.doc, c.doc.Get(item, f.Reference), f)
		kept, any = append(kept, stays), any || !stays
	}
	if any && !slices.Contains(kept, true) {
		*hidden = append(*hidden, f.Element)
	} else if any {
		c.items(array, kept)
	}
	return any
}

// own says whether a reference is none to somebody else. One that does not
// say where it points may be.
func (e *Engine) own(d *tree.Doc, ref tree.Node, f fhir.Foreign) bool {
	if ref == tree.None {
		return true
	}
	k, ok := e.local(d.Text(d.Get(ref, "reference")))
	return ok && (k.Type != f.Type || slices.Contains(f.Own, k.String()))
}

// cutting collects the edits that cut a document.
type cutting struct {
	doc   *tree.Doc
	edits []tree.Edit
}

// drop takes members out of an object of which at least one stays.
func (c *cutting) drop(object tree.Node, gone func(key string) bool) {
	var kept []bool
	for n := range c.doc.Children(object) {
		kept = append(kept, !gone(c.doc.Key(n)))
	}
	c.remove(object, kept, c.doc.KeyStart)
}

func (c *cutting) items(array tree.Node, kept []bool) {
	c.remove(array, kept, func(n tree.Node) int { start, _ := c.doc.Span(n); return start })
}

// remove takes children out together with a comma.
func (c *cutting) remove(parent tree.Node, kept []bool, start func(tree.Node) int) {
	if !slices.Contains(kept, true) {
		return
	}
	i, end, before, lead := 0, 0, false, -1
	for n := range c.doc.Children(parent) {
		_, e := c.doc.Span(n)
		switch {
		case kept[i]:
			if lead >= 0 { // what goes before the first that stays takes the comma after it
				c.edits = append(c.edits, tree.Edit{Start: lead, End: start(n)})
				lead = -1
			}
			before = true
		case before:
			c.edits = append(c.edits, tree.Edit{Start: end, End: e})
		case lead < 0:
			lead = start(n)
		}
		i, end = i+1, e
	}
}

const subsetted = `{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}`

// mark puts the tag into meta.
func (c *cutting) mark() {
	insert := func(at int, text string) {
		c.edits = append(c.edits, tree.Edit{Start: at, End: at, With: []byte(text)})
	}
	meta := c.doc.Find("meta")
	tags := c.doc.Get(meta, "tag")
	switch {
	case meta == tree.None:
		_, at := c.doc.Span(c.doc.Find("resourceType"))
		insert(at, `,"meta":{"tag":[`+subsetted+`]}`)
	case c.doc.Kind(tags) == tree.Array && bytes.Contains(c.doc.Raw(tags), []byte(`"SUBSETTED"`)):
	case c.doc.Kind(tags) == tree.Array && c.doc.Count(tags) > 0:
		start, _ := c.doc.Span(tags)
		insert(start+1, subsetted+",")
	case c.doc.Count(meta) > 0:
		start, _ := c.doc.Span(meta)
		insert(start+1, `"tag":[`+subsetted+`],`)
	default:
		start, _ := c.doc.Span(meta)
		insert(start+1, `"tag":[`+subsetted+`]`)
	}
}
