package rest

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
)

// shape is the form of a URL below the base (http.html#root). Its text is the
// template that logs and metrics use.
type shape uint8

// The shapes.
const (
	system shape = iota
	metadata
	systemSearch
	systemHistory
	systemOperation
	wholeType
	typeSearch
	typeHistory
	typeOperation
	instance
	instanceHistory
	instanceOperation
	version
	compartment
	compartmentSearch
	shapes // how many there are
)

var templates = [shapes]string{
	"/", "/metadata", "/_search", "/_history", "/$[name]",
	"/[type]", "/[type]/_search", "/[type]/_history", "/[type]/$[name]",
	"/[type]/[id]", "/[type]/[id]/_history", "/[type]/[id]/$[name]", "/[type]/[id]/_history/[vid]",
	"/[compartment]/[id]/[type]", "/[compartment]/[id]/[type]/_search",
}

func (s shape) String() string { return templates[s] }

// target is what a URL names.
type target struct {
	shape shape
	key   fhir.Key // type, id and version, as far as the shape has them
	inner string   // the type searched in a compartment, "" for all of them
	op    string   // the operation's name without the $
}

// parseTarget reads the path below the base: "", "Patient", "Patient/7/$everything".
// One slash at either end is tolerated. Unknown resource types and URLs of no
// shape are NotFound, ids that cannot be are Value.
func parseTarget(defs *spec.Definitions, path string) (target, error) {
	var seg [4]string
	n := 0
	path = strings.TrimPrefix(path, "/")
	for rest := strings.TrimSuffix(path, "/"); rest != ""; n++ {
		if n == len(seg) {
			return target{}, errNoSuchURL()
		}
		var part string
		part, rest, _ = strings.Cut(rest, "/")
		if strings.IndexByte(part, '%') >= 0 {
			plain, err := url.PathUnescape(part)
			if err != nil {
				return target{}, fhir.Errorf(fhir.Value, "the URL has a broken %% escape")
			}
			part = plain
		}
		seg[n] = part
	}
	if n == 0 {
		return target{shape: system}, nil
	}
	if n == 1 {
		switch {
		case seg[0] == "metadata":
			return target{shape: metadata}, nil
		case seg[0] == "_search":
			return target{shape: systemSearch}, nil
		case seg[0] == "_history":
			return target{shape: systemHistory}, nil
		case isOperation(seg[0]):
			return target{shape: systemOperation, op: seg[0][1:]}, nil
		}
	}
	if !defs.IsResource(seg[0]) {
		return target{}, fhir.Errorf(fhir.NotFound, "unknown resource type %s", quote(seg[0]))
	}
	t := target{shape: wholeType, key: fhir.Key{Type: seg[0]}}
	if n == 1 {
		return t, nil
	}
	if n == 2 {
		switch {
		case seg[1] == "_search":
			t.shape = typeSearch
			return t, nil
		case seg[1] == "_history":
			t.shape = typeHistory
			return t, nil
		case isOperation(seg[1]):
			t.shape, t.op = typeOperation, seg[1][1:]
			return t, nil
		}
	}
	if !fhir.ValidID(seg[1]) {
		return t, fhir.Errorf(fhir.Value, "%s is not an id: 1 to 64 of A-Z a-z 0-9 - and .", quote(seg[1]))
	}
	t.key.ID = seg[1]
	return t.below(defs, seg[2:n])
}

// below reads what follows [type]/[id].
func (t target) below(defs *spec.Definitions, seg []string) (target, error) {
	t.shape = instance
	if len(seg) == 0 {
		return t, nil
	}
	switch {
	case seg[0] == "_history" && len(seg) == 1:
		t.shape = instanceHistory
		return t, nil
	case seg[0] == "_history":
		t.shape = version
		n, ok := parseVersion(seg[1])
		if !ok {
			return t, fhir.Errorf(fhir.NotFound, "no such version: %s", quote(seg[1]))
		}
		t.key.Version = n
		return t, nil
	case len(seg) == 1 && isOperation(seg[0]):
		t.shape, t.op = instanceOperation, seg[0][1:]
		return t, nil
	case seg[0] == "_search" && len(seg) == 1:
		t.shape = compartmentSearch
	case seg[0] != "*" && !defs.IsResource(seg[0]):
		return t, errNoSuchURL()
	case len(seg) == 1:
		t.shape = compartment
	case seg[1] == "_search":
		t.shape = compartmentSearch
	default:
		return t, errNoSuchURL()
	}
	if seg[0] != "*" && seg[0] != "_search" {
		t.inner = seg[0]
	}
	if defs.Compartment(t.key.Type) == nil {
		return t, fhir.Errorf(fhir.NotFound, "%s has no compartment", t.key.Type)
	}
	return t, nil
}

// parseVersion reads a version number in its one spelling, which is the one
// that ETags and Location headers give.
func parseVersion(s string) (int, bool) {
	if s == "" || len(s) > 9 || s[0] < '1' {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// isOperation says whether a segment is $ and the name of an operation.
func isOperation(seg string) bool {
	if len(seg) < 2 || len(seg) > 65 || seg[0] != '$' {
		return false
	}
	for i := 1; i < len(seg); i++ {
		switch c := seg[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}

func errNoSuchURL() error {
	return fhir.Errorf(fhir.NotFound, "the URL is none of the FHIR RESTful API")
}

// quote makes a piece of a URL fit for a message.
func quote(s string) string {
	if len(s) > 64 {
		s = s[:64] + "…"
	}
	return strconv.Quote(s)
}
