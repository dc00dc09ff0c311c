package spec

import "slices"

// codeSystem is a code system that R4 ships complete, with what lies below
// its codes (codesystem.html#hierarchy).
type codeSystem struct {
	codes    []string            // sorted
	children map[string][]string // of the codes that have any
}

// Below are a code and all that it subsumes. It is not ok when the code
// system is not among those that R4 ships complete, or has no such code.
func (d *Definitions) Below(system, code string) ([]string, bool) {
	s := d.codeSystem(system, code)
	if s == nil {
		return nil, false
	}
	found := []string{code}
	for i := 0; i < len(found); i++ {
		for _, child := range s.children[found[i]] {
			if !slices.Contains(found, child) {
				found = append(found, child)
			}
		}
	}
	return found, true
}

// Above are a code and all that subsume it. It is not ok like Below.
func (d *Definitions) Above(system, code string) ([]string, bool) {
	s := d.codeSystem(system, code)
	if s == nil {
		return nil, false
	}
	found := []string{code}
	for i := 0; i < len(found); i++ {
		for _, parent := range s.codes {
			if !slices.Contains(found, parent) && slices.Contains(s.children[parent], found[i]) {
				found = append(found, parent)
			}
		}
	}
	return found, true
}

// codeSystem is the one that has the code, nil if there is none.
func (d *Definitions) codeSystem(url, code string) *codeSystem {
	s := d.terminology().systems[url]
	if s == nil {
		return nil
	}
	if _, ok := slices.BinarySearch(s.codes, code); !ok {
		return nil
	}
	return s
}
