package authz

import (
	"slices"
	"strings"
)

// Within says whether everything that s covers is covered by o alone.
func (s Scope) Within(o Scope) bool {
	if s.Level != o.Level || o.Type != "*" && o.Type != s.Type {
		return false
	}
	for _, letter := range s.Actions {
		if !strings.ContainsRune(o.Actions, letter) {
			return false
		}
	}
	for _, f := range o.Filter {
		if !slices.Contains(s.Filter, f) {
			return false
		}
	}
	return true
}

// Within says whether each of the scopes lies within one of the others.
func (ss Scopes) Within(others Scopes) bool {
	for _, s := range ss {
		if !slices.ContainsFunc(others, s.Within) {
			return false
		}
	}
	return true
}

// Intersect is what both cover, false when that is nothing. The text stays
// that of s if s lies within o.
func (s Scope) Intersect(o Scope) (Scope, bool) {
	if s.Within(o) {
		return s, true
	}
	if s.Level != o.Level || s.Type != "*" && o.Type != "*" && s.Type != o.Type {
		return Scope{}, false
	}
	both := Scope{Level: s.Level, Type: s.Type}
	if s.Type == "*" {
		both.Type = o.Type
	}
	for _, letter := range s.Actions {
		if strings.ContainsRune(o.Actions, letter) {
			both.Actions += string(letter)
		}
	}
	if both.Actions == "" {
		return Scope{}, false
	}
	both.Filter = slices.Clone(s.Filter)
	for _, f := range o.Filter {
		if !slices.Contains(both.Filter, f) {
			both.Filter = append(both.Filter, f)
		}
	}
	both.Text = both.String()
	return both, true
}

// Narrow is what remains of the scopes when only the allowed ones may be
// granted. A scope that lies within an allowed one stays exactly as it was
// asked for; of the others the parts that are allowed stay.
func (ss Scopes) Narrow(allowed Scopes) Scopes {
	var left Scopes
	for _, s := range ss {
		if slices.ContainsFunc(allowed, s.Within) {
			left = append(left, s)
			continue
		}
		for _, o := range allowed {
			if both, some := s.Intersect(o); some && !slices.ContainsFunc(left, both.Within) {
				left = append(left, both)
			}
		}
	}
	return left
}
