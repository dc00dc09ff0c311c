package spec

import (
	"cmp"
	"slices"
	"strings"
)

// finish builds what is derived from the lines.
func (p *parser) finish() {
	own := map[string][]*SearchParam{}
	for _, s := range p.d.params {
		for _, base := range s.Base {
			own[base] = append(own[base], s)
		}
	}
	for name, t := range p.d.types {
		index(t)
		if t.Kind != Resource {
			continue
		}
		if !t.Abstract {
			p.d.resources = append(p.d.resources, name)
		}
		var params []*SearchParam
		for base := t; base != nil; base = p.d.types[base.Base] {
			params = append(params, own[base.Name]...)
		}
		slices.SortFunc(params, func(a, b *SearchParam) int { return cmp.Compare(a.Code, b.Code) })
		p.d.paramsOf[name] = slices.Clip(params)
	}
	slices.Sort(p.d.resources)
}

// index builds the properties of a type and of the backbone types within.
func index(t *Type) {
	if t.properties != nil {
		return
	}
	t.properties = make(map[string]property, len(t.Elements))
	for i := range t.Elements {
		el := &t.Elements[i]
		if el.Content != nil {
			index(el.Content)
		}
		if !el.Choice {
			t.properties[el.Name] = property{el, el.Types[0].Code}
			continue
		}
		for _, r := range el.Types {
			t.properties[el.Name+strings.ToUpper(r.Code[:1])+r.Code[1:]] = property{el, r.Code}
		}
	}
}
