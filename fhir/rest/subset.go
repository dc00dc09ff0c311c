package rest

import (
	"bytes"
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// subset is the part of a resource that a client wants to see
// (search.html#summary, search.html#elements). The zero subset is all of it.
type subset struct {
	summary  string   // "", true, text, data
	elements []string // element names, "status" or "[type].status"
}

func (c subset) whole() bool { return c.summary == "" && len(c.elements) == 0 }

// subset reads _summary and _elements of a read.
func (s *server) subset(summary, elements string) (subset, error) {
	return newSubset(summary, strings.Split(elements, ","))
}

// subsetOf is the subset that a search or history was understood to ask for.
func (s *server) subsetOf(page *fhir.Page) (subset, error) {
	return newSubset(page.Summary, page.Elements)
}

func newSubset(summary string, elements []string) (subset, error) {
	c := subset{summary: summary}
	switch summary {
	case "", "true", "text", "data":
	case "false", "count":
		c.summary = ""
	default:
		return c, fhir.Errorf(fhir.Value, "_summary is true, text, data, count or false").At("_summary")
	}
	for _, e := range elements {
		if e = strings.TrimSpace(e); e != "" {
			c.elements = append(c.elements, e)
		}
	}
	return c, nil
}

// appendCut writes the wanted part of a resource, marked as SUBSETTED
// (search.html#summary). The bytes of what stays are not touched.
func (s *server) appendCut(dst, src []byte, c subset) ([]byte, error) {
	if c.whole() {
		return append(dst, src...), nil
	}
	doc, err := tree.Parse(src)
	if err != nil {
		return dst, &fhir.Error{Code: fhir.Corrupt, Message: "the stored resource cannot be read", Err: err}
	}
	name := doc.Text(doc.Find("resourceType"))
	t := s.defs.Type(name)
	if t == nil {
		return dst, &fhir.Error{Code: fhir.Corrupt, Message: "the stored resource is of no known type"}
	}
	cut := cutter{doc: doc, defs: s.defs}
	cut.mark()
	cut.members(doc.Root(), func(key string) bool { return c.keeps(t, name, key) })
	if c.summary == "true" && len(c.elements) == 0 {
		for n := range doc.Children(doc.Root()) {
			key := doc.Key(n)
			if el, typ := t.Element(key); el != nil && key != "meta" && c.keeps(t, name, key) {
				cut.summarise(n, el, typ)
			}
		}
	}
	return append(dst, tree.Splice(src, cut.edits...)...), nil
}

// keeps says whether a member of a resource stays. What identifies the
// resource always does; so does what is mandatory and, beyond the letter of
// the specification, what modifies the meaning: a reader who never asked for
// a doNotPerform must not miss it.
func (c subset) keeps(t *spec.Type, name, key string) bool {
	switch key {
	case "resourceType", "id", "meta":
		return true
	}
	el, _ := t.Element(strings.TrimPrefix(key, "_"))
	if el == nil {
		return len(c.elements) == 0 && c.summary == "data"
	}
	if len(c.elements) > 0 {
		return el.Min > 0 || el.Modifier || slices.ContainsFunc(c.elements, func(want string) bool {
			if of, rest, ok := strings.Cut(want, "."); ok && of == name {
				want = rest
			}
			want, _, _ = strings.Cut(want, ".") // nothing smaller than an element of the resource is cut
			return strings.TrimSuffix(want, "[x]") == el.Name || want == key
		})
	}
	switch c.summary {
	case "text":
		return key == "text" || el.Min > 0
	case "data":
		return key != "text"
	}
	return el.Summary || el.Min > 0
}

// cutter collects the edits that take members out of a document.
type cutter struct {
	doc   *tree.Doc
	defs  *spec.Definitions
	edits []tree.Edit
}

// members takes out the members of an object that keep refuses, together with
// their commas. It takes out nothing when nothing would stay: FHIR has no
// empty objects.
func (c *cutter) members(object tree.Node, keep func(key string) bool) {
	var kept []bool
	for n := range c.doc.Children(object) {
		kept = append(kept, keep(c.doc.Key(n)))
	}
	if !slices.Contains(kept, true) {
		return
	}
	i, end, before := 0, 0, false // end of the member before; whether one before stays
	var lead []tree.Node
	for n := range c.doc.Children(object) {
		_, e := c.doc.Span(n)
		switch {
		case kept[i]:
			if len(lead) > 0 { // members before the first that stays go with the comma after them
				c.edits = append(c.edits, tree.Edit{Start: c.doc.KeyStart(lead[0]), End: c.doc.KeyStart(n)})
				lead = nil
			}
			before = true
		case before:
			c.edits = append(c.edits, tree.Edit{Start: end, End: e})
		default:
			lead = append(lead, n)
		}
		i, end = i+1, e
	}
}

// summarise cuts a value down to the elements of its type that are part of a
// summary. A type that marks none is shown whole.
func (c *cutter) summarise(n tree.Node, el *spec.Element, typ string) {
	switch c.doc.Kind(n) {
	case tree.Array:
		for item := range c.doc.Children(n) {
			c.summarise(item, el, typ)
		}
		return
	case tree.Object:
	default:
		return
	}
	t := el.Content
	if t == nil {
		t = c.defs.Type(typ)
	}
	if t == nil || t.Kind != spec.Complex && t.Kind != spec.Backbone ||
		!slices.ContainsFunc(t.Elements, func(e spec.Element) bool { return e.Summary }) {
		return
	}
	keep := func(key string) bool {
		e, _ := t.Element(strings.TrimPrefix(key, "_"))
		return e != nil && (e.Summary || e.Min > 0 || e.Modifier)
	}
	c.members(n, keep)
	for m := range c.doc.Children(n) {
		if e, typ := t.Element(c.doc.Key(m)); e != nil && keep(c.doc.Key(m)) {
			c.summarise(m, e, typ)
		}
	}
}

// subsetted is the tag of a resource that is not shown whole.
const subsetted = `{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}`

// mark puts the tag into meta.
func (c *cutter) mark() {
	insert := func(at int, text ...string) {
		c.edits = append(c.edits, tree.Edit{Start: at, End: at, With: []byte(strings.Join(text, ""))})
	}
	meta := c.doc.Find("meta")
	tags := c.doc.Get(meta, "tag")
	_, end := c.doc.Span(tags)
	switch {
	case meta == tree.None:
		_, at := c.doc.Span(c.doc.Find("resourceType"))
		insert(at, `,"meta":{"tag":[`, subsetted, `]}`)
	case c.doc.Kind(tags) == tree.Array && bytes.Contains(c.doc.Raw(tags), []byte(`"SUBSETTED"`)):
	case c.doc.Kind(tags) == tree.Array && c.doc.Count(tags) > 0:
		insert(end-1, `,`, subsetted)
	case c.doc.Kind(tags) == tree.Array:
		insert(end-1, subsetted)
	case c.doc.Count(meta) > 0:
		_, end = c.doc.Span(meta)
		insert(end-1, `,"tag":[`, subsetted, `]`)
	default:
		_, end = c.doc.Span(meta)
		insert(end-1, `"tag":[`, subsetted, `]`)
	}
}
