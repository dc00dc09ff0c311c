package search

import "slices"

// Members are the parameters by which resources of the types are members of a
// compartment of that type: their references to its resource are what makes
// them so.
func (r *Registry) Members(home string, types []string) []*Param {
	c := r.definitions.Compartment(home)
	if c == nil {
		return nil
	}
	var list []*Param
	for _, typ := range types {
		for _, code := range c.Params(typ) {
			if p := r.Param(typ, code); p != nil && slices.Contains(p.homes, home) {
				list = append(list, p)
			}
		}
	}
	return list
}
