package spec

import (
	"fmt"
	"slices"
	"strings"
)

// typeRefs reads code=profile|target|target,code and shares what it has read.
func (p *parser) typeRefs(text string) []TypeRef {
	refs, known := p.types[text]
	if known || text == "" {
		return refs
	}
	for part := range strings.SplitSeq(text, ",") {
		var r TypeRef
		code, targets, bound := strings.Cut(part, "|")
		r.Code, r.Profile, _ = strings.Cut(code, "=")
		if bound {
			r.Targets = strings.Split(targets, "|")
		}
		refs = append(refs, r)
	}
	refs = slices.Clip(refs)
	p.types[text] = refs
	return refs
}

func (p *parser) binding(text string) *Binding {
	if text == "" {
		return nil
	}
	b := p.bindings[text]
	if b == nil {
		b = &Binding{}
		b.Strength, b.ValueSet, _ = strings.Cut(text, " ")
		p.bindings[text] = b
	}
	return b
}

func (p *parser) list(text string) []string {
	l, known := p.lists[text]
	if !known {
		l = list(text)
		p.lists[text] = l
	}
	return l
}

// ruled is the invariants of these numbers.
func (p *parser) ruled(text string) ([]*Invariant, error) {
	if text == "" {
		return nil, nil
	}
	if list, known := p.rules[text]; known {
		return list, nil
	}
	var list []*Invariant
	for part := range strings.SplitSeq(text, ",") {
		n, err := atoi(part)
		if err != nil || n < 0 || n >= len(p.invariants) {
			return nil, fmt.Errorf("no invariant %q", part)
		}
		list = append(list, p.invariants[n])
	}
	p.rules[text] = list
	return list, nil
}
