package engine

import (
	"bytes"
	"context"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// links is what the references inside a transaction point at, and the edits
// that make them point there (http.html#trules).
type links struct {
	keys  map[string]fhir.Key // fullUrl -> resource
	found map[string]fhir.Key // conditional reference -> resource
	edits [][]tree.Edit       // by item
}

// resolve replaces, in the resources of the transaction, references to the
// fullUrl of an entry by the reference to the resource that the entry became,
// and conditional references by the one resource that they match.
func (a *attempt) resolve(ctx context.Context) error {
	a.links = links{keys: map[string]fhir.Key{}, found: map[string]fhir.Key{}, edits: make([][]tree.Edit, len(a.items))}
	for i, it := range a.items {
		if it.FullURL != "" && a.keys[i].ID != "" && it.Method != fhir.DELETE {
			if _, twice := a.links.keys[it.FullURL]; twice {
				return it.blame(fhir.Errorf(fhir.Invalid, "two entries have this fullUrl").At(it.At + ".fullUrl"))
			}
			a.links.keys[it.FullURL] = a.keys[i]
		}
	}
	for i, it := range a.items {
		if it.doc == nil || a.settled(i) {
			continue
		}
		edits, err := a.relink(ctx, it)
		if err != nil {
			return it.blame(err)
		}
		a.links.edits[i] = edits
	}
	return nil
}

// relink finds the places of one resource that must point elsewhere.
func (a *attempt) relink(ctx context.Context, it *item) ([]tree.Edit, error) {
	d := it.doc
	if len(a.links.keys) == 0 && !bytes.Contains(d.Bytes(), []byte("?")) {
		return nil, nil
	}
	var edits []tree.Edit
	replace := func(n tree.Node, with string) {
		start, end := d.Span(n)
		edits = append(edits, tree.Edit{Start: start, End: end, With: []byte(quote(with))})
	}
	for n := tree.Node(1); int(n) < d.Len(); n++ {
		if d.Kind(n) != tree.String {
			continue
		}
		switch {
		case d.KeyIs(n, "reference"):
			to, err := a.target(ctx, it, d.Text(n))
			if err != nil {
				if f, ok := err.(*fhir.Error); ok {
					return nil, f.At(d.Path(n))
				}
				return nil, err
			}
			if to != "" {
				replace(n, to)
			}
		case d.KeyIs(n, "div"):
			edits = append(edits, a.narrative(d, n)...)
		case len(a.links.keys) > 0:
			if k, ok := a.links.keys[d.Text(n)]; ok && a.isLink(d, n) {
				replace(n, k.String())
			}
		}
	}
	return edits, nil
}

// target is what a reference must be replaced by, "" for leaving it.
func (a *attempt) target(ctx context.Context, it *item, ref string) (string, error) {
	base, version, versioned := strings.Cut(ref, "/_history/")
	for _, url := range []string{base, absolute(it.FullURL, base)} {
		if k, ok := a.links.keys[url]; ok && url != "" {
			// A version of a resource that the transaction itself writes can
			// only be the one it writes.
			if versioned && version != "" {
				k.Version = a.heads[k].Version + 1
			}
			if k.String() == ref {
				return "", nil
			}
			return k.String(), nil
		}
	}
	typ, criteria, conditional := strings.Cut(ref, "?")
	if !conditional || !a.Spec.IsResource(typ) {
		return "", nil
	}
	k, ok := a.links.found[ref]
	if !ok {
		var err error
		if k, err = a.find(ctx, typ, criteria); err != nil {
			return "", err
		}
		a.links.found[ref] = k
	}
	return k.String(), nil
}

// absolute resolves a relative reference against the base of the entry's own
// fullUrl (bundle.html#references); "" when there is none.
func absolute(fullURL, ref string) string {
	if !strings.HasPrefix(fullURL, "http") || strings.Contains(ref, ":") {
		return ""
	}
	parts := strings.Split(fullURL, "/")
	if len(parts) < 3 {
		return ""
	}
	return strings.Join(parts[:len(parts)-2], "/") + "/" + ref
}

// find is the one resource that a conditional reference matches.
func (a *attempt) find(ctx context.Context, typ, criteria string) (fhir.Key, error) {
	q, err := a.Params.Parse(search.Request{Type: typ, Query: criteria, Criteria: true, Terms: a.terms(ctx)})
	if err != nil {
		return fhir.Key{}, err
	}
	q.Count = 2
	must, may := a.named(fhir.Search{Type: typ}, &q)
	f, err := a.fence(ctx, "search", must, may)
	if err != nil {
		return fhir.Key{}, err
	}
	if f, err = f.asked(&q, []string{typ}); err == nil {
		err = a.unhidden(f, q)
	}
	if err != nil {
		return fhir.Key{}, err
	}
	found, err := a.tx.Search(ctx, f, q)
	if err != nil {
		return fhir.Key{}, err
	}
	switch len(found.Match) {
	case 1:
		return found.Match[0].Current(), nil
	case 0:
		return fhir.Key{}, fhir.Errorf(fhir.Precondition, "the conditional reference matches no %s", typ)
	}
	return fhir.Key{}, fhir.Errorf(fhir.MultipleMatch, "the conditional reference matches more than one %s", typ)
}

// isLink says whether a string is of a type that links: uri, url, oid or
// uuid. Identifiers may carry the same text as a plain string, and canonical
// URLs are never replaced.
func (a *attempt) isLink(d *tree.Doc, n tree.Node) bool {
	switch a.typeOf(d, n) {
	case "uri", "url", "oid", "uuid":
		return true
	}
	return false
}

// typeOf is the FHIR type of a node by the definitions, "" when they do not
// know it.
func (a *attempt) typeOf(d *tree.Doc, n tree.Node) string {
	_, name := a.walkType(d, n)
	return name
}

func (a *attempt) walkType(d *tree.Doc, n tree.Node) (*spec.Type, string) {
	if n == d.Root() {
		name := d.Text(d.Find("resourceType"))
		return a.Spec.Type(name), name
	}
	parent := d.Parent(n)
	holder, name := a.walkType(d, parent)
	if d.Kind(parent) == tree.Array {
		return holder, name // an item is of its element's type
	}
	if holder == nil {
		return nil, ""
	}
	el, typ := holder.Element(d.Key(n))
	switch {
	case el == nil:
		return nil, ""
	case el.Content != nil:
		return el.Content, typ
	case typ == "Resource":
		typ = d.Text(d.Get(n, "resourceType"))
	}
	return a.Spec.Type(typ), typ
}

// narrative repoints href and src attributes in xhtml.
func (a *attempt) narrative(d *tree.Doc, n tree.Node) []tree.Edit {
	raw := d.Raw(n)
	if !bytes.Contains(raw, []byte("urn:")) {
		return nil
	}
	start, _ := d.Span(n)
	var edits []tree.Edit
	for _, attribute := range []string{`href=\"`, `src=\"`} {
		at := 0
		for {
			i := bytes.Index(raw[at:], []byte(attribute))
			if i < 0 {
				break
			}
			from := at + i + len(attribute)
			length := bytes.Index(raw[from:], []byte(`\"`))
			if length < 0 {
				break
			}
			if k, ok := a.links.keys[string(raw[from:from+length])]; ok {
				edits = append(edits, tree.Edit{Start: start + from, End: start + from + length, With: []byte(k.String())})
			}
			at = from + length
		}
	}
	return edits
}
