package authz

import (
	"net/url"
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
)

const (
	scopesLimit = 16 << 10 // bytes of a scope parameter
	scopesCount = 512      // scopes in it

	// scopeURI precedes scopes where a URI is needed.
	scopeURI = "http://smarthealthit.org/fhir/scopes/"
)

// filterNames are the search parameters that a scope may filter by: those
// that are plain tokens of the resource itself. A filter becomes a predicate
// of every statement, so that chains, modifiers and texts are refused.
var filterNames = []string{"_tag", "category", "code", "status", "type"}

// versions1 are the permissions of SMART 1 in terms of SMART 2.
var versions1 = map[string]string{"read": "rs", "write": "cud", "*": "cruds"}

// ParseScopes reads the scope parameter of a request or response. Words that
// are not about clinical data (openid, launch/patient) and clinical scopes
// that are not well formed are passed over: nothing is ever read into them.
// A filter that we do not allow is refused, because a scope without it would
// be wider than what was asked for. The same scope twice counts once.
func ParseScopes(text string) (Scopes, error) {
	if len(text) > scopesLimit {
		return nil, fhir.Errorf(fhir.Value, "the scope parameter is longer than %d bytes", scopesLimit).At("scope")
	}
	words := strings.Fields(text)
	if len(words) > scopesCount {
		return nil, fhir.Errorf(fhir.Value, "more than %d scopes", scopesCount).At("scope")
	}
	var all Scopes
	for _, word := range words {
		s, ok, err := ParseScope(word)
		if err != nil {
			return nil, err
		}
		if ok && !slices.ContainsFunc(all, func(o Scope) bool { return o.Text == s.Text }) {
			all = append(all, s)
		}
	}
	return all, nil
}

// ParseScope reads one scope. It returns false for a word that is no
// clinical scope and for one that is not well formed, and an error for a
// filter that is not allowed.
func ParseScope(word string) (Scope, bool, error) {
	s := Scope{Text: word}
	rest := strings.TrimPrefix(word, scopeURI)
	rest, query, filtered := strings.Cut(rest, "?")
	level, rest, slash := strings.Cut(rest, "/")
	typ, perms, dot := strings.Cut(rest, ".")
	if !slash || !dot || !isLevel(level) || !isScopeType(typ) {
		return Scope{}, false, nil
	}
	s.Level, s.Type = level, typ
	actions, one := versions1[perms]
	switch {
	case one && filtered: // SMART 1 has no filters
		return Scope{}, false, nil
	case one:
		s.Actions = actions
	case inOrder(perms):
		s.Actions = perms
	default:
		return Scope{}, false, nil
	}
	if !filtered {
		return s, true, nil
	}
	if typ == "*" {
		return Scope{}, false, refuseFilter("a filter needs a resource type")
	}
	for part := range strings.SplitSeq(query, "&") {
		f, err := parseFilter(part)
		if err != nil {
			return Scope{}, false, err
		}
		if slices.Contains(s.Filter, f) {
			continue
		}
		s.Filter = append(s.Filter, f)
	}
	return s, true, nil
}

// parseFilter reads "name=value" of the filter of a scope. The value is one
// token of a search: system|code, |code or code.
func parseFilter(text string) ([2]string, error) {
	name, value, equals := strings.Cut(text, "=")
	if !equals || !slices.Contains(filterNames, name) {
		return [2]string{}, refuseFilter("only " + strings.Join(filterNames, ", ") + " can be filtered by, with one value")
	}
	value, err := url.PathUnescape(value) // "+" is itself: this is no form
	if err != nil || value == "" || len(value) > 512 || strings.Count(value, "|") > 1 || strings.HasSuffix(value, "|") {
		return [2]string{}, refuseFilter("the value is not system|code or code")
	}
	for _, c := range []byte(value) {
		if !isFilterByte(c) {
			return [2]string{}, refuseFilter("the value has a character that a code or its system does not have")
		}
	}
	return [2]string{name, value}, nil
}

func refuseFilter(why string) error {
	return fhir.Errorf(fhir.Value, "a scope has a filter that is not allowed: %s", why).At("scope")
}

func isLevel(level string) bool { return level == "patient" || level == "user" || level == "system" }

// isScopeType knows the shape of a resource type. A scope on a type that
// does not exist covers nothing.
func isScopeType(typ string) bool {
	if typ == "*" {
		return true
	}
	if len(typ) < 2 || len(typ) > 64 || typ[0] < 'A' || typ[0] > 'Z' {
		return false
	}
	for _, c := range []byte(typ[1:]) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// inOrder says whether perms is a non-empty part of "cruds" in that order.
func inOrder(perms string) bool {
	at := -1
	for _, c := range []byte(perms) {
		i := strings.IndexByte("cruds", c)
		if i <= at {
			return false
		}
		at = i
	}
	return at >= 0
}

// isFilterByte lists what systems (URIs) and codes are made of, without what
// has a meaning in queries: "," and "$" and "\" and "&" and blanks.
func isFilterByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~:/#|", c) >= 0
}
