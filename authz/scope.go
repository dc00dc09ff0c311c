package authz

import (
	"net/url"
	"slices"
	"strings"
)

// Scope is one SMART scope on clinical data, parsed
// (hl7.org/fhir/smart-app-launch/STU2.2, scopes and launch context).
type Scope struct {
	Text    string      // exactly as asked for and granted
	Level   string      // patient, user or system
	Type    string      // resource type, "*" for all
	Actions string      // those of "cruds" that it covers, in that order
	Filter  [][2]string // search parameters that must all hold, as name and value; nil for none
}

// Scopes are what an access token was granted. They add up: what any one of
// them covers is covered.
type Scopes []Scope

// letters are the letters of "cruds" that an interaction needs, under the
// names of the specification (http.html) and those that the engine asks by.
// A history of which it is not told whose it is needs what every history
// needs.
var letters = map[string]string{
	"read": "r", "vread": "r", "history-instance": "r",
	"search": "s", "search-type": "s", "search-system": "s", "history-type": "s", "history-system": "s",
	"history": "rs",
	"create":  "c",
	"update":  "u", "patch": "u", // an update that creates is an update, says SMART
	"delete": "d",
}

// Covers says whether the scope allows an interaction with a resource type.
// The type is "" for interactions with the whole system, which only a scope
// on all types covers. Operations are covered by no scope: whoever offers one
// knows which interactions it amounts to. A scope with a filter covers only
// the resources for which the filter holds; see [Scopes.Reach].
func (s Scope) Covers(action, typ string) bool {
	needed, known := letters[action]
	if !known || s.Type != "*" && s.Type != typ {
		return false
	}
	for _, letter := range needed {
		if !strings.ContainsRune(s.Actions, letter) {
			return false
		}
	}
	return true
}

// Covers says whether any of the scopes covers the interaction.
func (ss Scopes) Covers(action, typ string) bool {
	return slices.ContainsFunc(ss, func(s Scope) bool { return s.Covers(action, typ) })
}

// Reach says how far the scopes reach for an interaction: the scopes that
// cover it. When one of them has no filter it alone is returned, since the
// others add nothing. Several with filters are alternatives.
func (ss Scopes) Reach(action, typ string) Scopes {
	var reach Scopes
	for _, s := range ss {
		if !s.Covers(action, typ) {
			continue
		}
		if len(s.Filter) == 0 {
			return Scopes{s}
		}
		reach = append(reach, s)
	}
	return reach
}

// Level are the scopes of one level: patient, user or system.
func (ss Scopes) Level(level string) Scopes {
	var of Scopes
	for _, s := range ss {
		if s.Level == level {
			of = append(of, s)
		}
	}
	return of
}

// Clause is the filter as a query of the type, "" for none.
func (s Scope) Clause() string {
	var b strings.Builder
	for i, f := range s.Filter {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(f[0] + "=" + url.QueryEscape(f[1]))
	}
	return b.String()
}

// String is the scope in its shortest form of version 2, which
// [ParseScope] reads back.
func (s Scope) String() string {
	text := s.Level + "/" + s.Type + "." + s.Actions
	for i, f := range s.Filter {
		sep := "&"
		if i == 0 {
			sep = "?"
		}
		text += sep + f[0] + "=" + f[1]
	}
	return text
}

// String is the list as it stands in requests and token responses: each
// scope exactly as it was asked for.
func (ss Scopes) String() string {
	texts := make([]string, len(ss))
	for i, s := range ss {
		texts[i] = s.Text
	}
	return strings.Join(texts, " ")
}
