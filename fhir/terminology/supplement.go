package terminology

import (
	"net/url"
	"slices"
)

// supplemented is a code system with what is stored as supplements to it:
// designations and properties, never codes.
func (v *view) supplemented(p *parsed) (*parsed, error) {
	if p.system.Content == "supplement" {
		return p, nil
	}
	all := slices.Clone(v.given)
	stored, err := v.storedBy(systemType, "supplements="+url.QueryEscape(p.system.URL))
	if err != nil {
		return nil, err
	}
	all = append(all, stored...)
	var list []*System
	for _, s := range all {
		if s.typ != systemType || s.system.Content != "supplement" {
			continue
		}
		if of, version := split(s.system.Supplements); of == p.system.URL && (version == "" || version == p.system.Version) {
			list = append(list, s.system)
		}
	}
	if len(list) == 0 {
		return p, nil
	}
	with := *p.system
	with.supplements = list
	copied := *p
	copied.system = &with
	return &copied, nil
}

// designations are those of a concept, with those of supplements.
func (s *System) designations(at int32) []designation {
	list := s.concepts[at].Designations
	for _, other := range s.supplements {
		if i, ok := other.find(s.concepts[at].Code); ok {
			list = append(list[:len(list):len(list)], other.concepts[i].Designations...)
		}
	}
	return list
}

// attributes are those of a concept, with those of supplements.
func (s *System) attributes(at int32) []attribute {
	list := s.concepts[at].Properties
	for _, other := range s.supplements {
		if i, ok := other.find(s.concepts[at].Code); ok {
			list = append(list[:len(list):len(list)], other.concepts[i].Properties...)
		}
	}
	return list
}
