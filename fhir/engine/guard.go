package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// guarded holds a version that is to be written against the rules about its
// elements. What it says depends on nothing but what the caller wrote and the
// version before, which the caller sees.
func (a *attempt) guarded(rights fhir.Rights, typ string, before []byte, d *tree.Doc) error {
	if len(rights.Guards) == 0 {
		return nil
	}
	var old *tree.Doc
	if before != nil {
		var err error
		if old, err = tree.Parse(before); err != nil {
			return err
		}
	}
	for _, g := range rights.Guards {
		of, element, _ := strings.Cut(g.Element, ".")
		if of != "*" && of != typ {
			continue
		}
		was, is := elements(old, element), elements(d, element)
		if !a.allows(g, rights.Self, old != nil, was, is) {
			return fhir.Errorf(fhir.Forbidden, "this element is not yours to set so").At(typ + "." + element)
		}
	}
	return nil
}

func (a *attempt) allows(g fhir.Guard, self []fhir.Key, follows bool, was, is []string) bool {
	changed := !slices.Equal(was, is)
	if g.Keep && changed {
		return false
	}
	if g.Own && changed {
		for _, v := range is {
			if k, ok := a.local(text(v)); !ok || !slices.Contains(self, k) {
				return false
			}
		}
	}
	if g.To == nil {
		return true
	}
	if g.From != nil {
		if !follows || !slices.ContainsFunc(was, func(v string) bool { return slices.Contains(g.From, text(v)) }) {
			return true
		}
	} else if !changed {
		return true
	}
	return !slices.ContainsFunc(is, func(v string) bool { return !slices.Contains(g.To, text(v)) })
}

func text(raw string) string {
	var s string
	if json.Unmarshal([]byte(raw), &s) != nil {
		return ""
	}
	return s
}

// elements are the values at a path, arrays opened, as compact JSON. What
// stands beside a primitive counts as part of it.
func elements(d *tree.Doc, element string) (list []string) {
	if d == nil {
		return nil
	}
	nodes := []tree.Node{d.Root()}
	for name := range strings.SplitSeq(element, ".") {
		var next []tree.Node
		for _, n := range nodes {
			for _, key := range []string{name, "_" + name} {
				if m := d.Get(n, key); d.Kind(m) == tree.Array {
					next = slices.AppendSeq(next, d.Children(m))
				} else if m != tree.None {
					next = append(next, m)
				}
			}
		}
		nodes = next
	}
	for _, n := range nodes {
		var b bytes.Buffer
		if json.Compact(&b, d.Raw(n)) == nil {
			list = append(list, b.String())
		}
	}
	return list
}

// seen refuses to write a resource of which the caller sees only a part: the
// rest would be lost, or told by what a patch finds.
func (a *attempt) seen(ctx context.Context, h Head) error {
	f, err := a.fence(ctx, "read", nil, []string{h.Type})
	if err != nil || !f.partial(h.Type) {
		return err
	}
	list := []fhir.Resource{h.Resource}
	if err := a.view(ctx, a.tx, f, list); err != nil {
		return err
	}
	if !bytes.Equal(list[0].JSON, h.JSON) {
		return fhir.Errorf(fhir.Forbidden, "you see only a part of this resource, so that you cannot change it")
	}
	return nil
}
