package engine

import (
	"context"
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// pointer is a place in a resource of a change that points at a resource of
// this server.
type pointer struct {
	item int
	doc  *tree.Doc
	node tree.Node
}

// pointers are the places by what they point at, and that in the order of the
// document.
type pointers struct {
	keys []fhir.Key
	at   map[fhir.Key][]pointer
}

// refer refuses a change whose resources point at resources of this server
// that are not there when it is committed. What the change itself writes is
// there, what it deletes is not; what is hidden from the caller is not either.
// A resource may be deleted though others point at it: its history remains
// (http.html#delete), so that this rule is about what is written and not a
// constraint on what is stored.
func (a *attempt) refer(ctx context.Context) error {
	if !a.References {
		return nil
	}
	written := map[fhir.Key]bool{}
	for i, it := range a.items {
		if it.action != "read" && it.Method != fhir.DELETE {
			written[a.keys[i]] = true
		}
	}
	p := pointers{at: map[fhir.Key][]pointer{}}
	for i, it := range a.items {
		if it.doc != nil && !a.settled(i) {
			a.follow(&p, i, it.doc, a.links.edits[i])
		}
	}
	p.keys = slices.DeleteFunc(p.keys, func(k fhir.Key) bool { return written[k] })
	return a.there(ctx, p)
}

// referPatched is refer for a resource that only the patch made known.
func (a *attempt) referPatched(ctx context.Context, i int, d *tree.Doc) error {
	if !a.References {
		return nil
	}
	p := pointers{at: map[fhir.Key][]pointer{}}
	a.follow(&p, i, d, nil)
	p.keys = slices.DeleteFunc(p.keys, func(k fhir.Key) bool { return slices.Contains(a.keys, k) })
	return a.there(ctx, p)
}

// there refuses pointers to what is missing, in the order of the document.
// What the version before pointed at already is not asked for again: that it
// is gone since then is nothing that this change does.
func (a *attempt) there(ctx context.Context, p pointers) error {
	if len(p.keys) == 0 {
		return nil
	}
	var types []string
	for _, k := range p.keys {
		if !slices.Contains(types, k.Type) {
			types = append(types, k.Type)
		}
	}
	f, err := a.fence(ctx, "read", nil, types)
	if err != nil {
		return err
	}
	missing, err := a.tx.Missing(ctx, f, p.keys)
	if err != nil || len(missing) == 0 {
		return err
	}
	for _, k := range p.keys {
		if !slices.Contains(missing, k) {
			continue
		}
		for _, at := range p.at[k] {
			if old, err := a.pointedBefore(at.item, k); err != nil || old {
				if err != nil {
					return err
				}
				continue
			}
			return a.leads(at.item, fhir.Errorf(fhir.Unprocessable, "the reference points at a resource that is not on this server").At(at.doc.Path(at.node)))
		}
	}
	return nil
}

// leads tells of a reference that leads nowhere. A caller who may write only
// so far must not learn from it what is there and hidden: first comes whether
// what was written lies within reach, and that is known when it is written.
func (a *attempt) leads(i int, e *fhir.Error) error {
	it := a.items[i]
	if a.fences[it.action].Shows(it.Key.Type) {
		return it.blame(e)
	}
	if a.dangling == nil {
		a.dangling = it.blame(e)
	}
	return nil
}

// enclosed tells of references that lead nowhere, after what was written was
// found to lie within reach.
func (a *attempt) enclosed(ctx context.Context) error {
	if a.dangling == nil {
		return nil
	}
	if err := a.tx.Enclosed(ctx); err != nil {
		return err
	}
	return a.dangling
}

// pointedBefore says whether the version that an item follows has a reference
// to the key.
func (a *attempt) pointedBefore(i int, k fhir.Key) (bool, error) {
	h, ok := a.heads[a.keys[i]]
	if !ok || h.Deleted || h.Hidden {
		return false, nil
	}
	d, err := tree.Parse(h.JSON)
	if err != nil {
		return false, err
	}
	p := pointers{at: map[fhir.Key][]pointer{}}
	a.follow(&p, i, d, nil)
	return slices.Contains(p.keys, k), nil
}

// follow adds what the references of a document point at, after edits.
func (a *attempt) follow(p *pointers, i int, d *tree.Doc, edits []tree.Edit) {
	for n := tree.Node(1); int(n) < d.Len(); n++ {
		if d.Kind(n) != tree.String || !d.KeyIs(n, "reference") {
			continue
		}
		start, _ := d.Span(n)
		if slices.ContainsFunc(edits, func(e tree.Edit) bool { return e.Start == start }) {
			continue // points at what the change writes, or was found by criteria
		}
		k, ok := a.local(d.Text(n))
		if !ok {
			continue
		}
		if p.at[k] == nil {
			p.keys = append(p.keys, k)
		}
		p.at[k] = append(p.at[k], pointer{i, d, n})
	}
}

// local is the key that a reference to a resource of this server names. The
// version is left out: it is that of a resource that must be there.
func (e *Engine) local(ref string) (fhir.Key, bool) {
	if e.Params.Base != "" {
		if rest, own := strings.CutPrefix(ref, e.Params.Base+"/"); own {
			ref = rest
		}
	}
	ref, _, _ = strings.Cut(ref, "/_history/")
	typ, id, ok := strings.Cut(ref, "/")
	if !ok || !e.Spec.IsResource(typ) || !fhir.ValidID(id) {
		return fhir.Key{}, false
	}
	return fhir.Key{Type: typ, ID: id}, true
}
