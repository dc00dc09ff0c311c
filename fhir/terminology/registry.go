package terminology

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// The resource types that say something about codes.
const (
	systemType   = "CodeSystem"
	valueSetType = "ValueSet"
	mapType      = "ConceptMap"
)

// Types are the resource types of terminology.
func Types() []string { return []string{systemType, valueSetType, mapType} }

// Source is what is stored in the server.
type Source interface {
	// Find returns the current resources of a type that match a query, whoever
	// asks.
	Find(ctx context.Context, typ, query string) ([]fhir.Resource, error)
	// Generation is a number that is another one after every change of a
	// resource of terminology. If it need not be exact it may be a second old
	// with regard to what other servers write.
	Generation(ctx context.Context, exact bool) (int64, error)
}

// Registry finds and keeps code systems, value sets and concept maps. It is
// safe for concurrent use.
type Registry struct {
	Now fhir.Clock // nil: the system's clock

	definitions *spec.Definitions
	stored      Source // nil: there are those of R4 and no others
	cache       cache
}

// New returns the registry of those that R4 ships and those that are stored.
func New(d *spec.Definitions, stored Source) *Registry {
	return &Registry{definitions: d, stored: stored}
}

// Exists says whether a code system has a code.
func (r *Registry) Exists(ctx context.Context, c Coding) (Membership, error) {
	v, err := r.view(ctx, nil)
	if err != nil {
		return Membership{}, err
	}
	s, err := v.system(c.System, c.Version)
	if err != nil || s == nil {
		return unknown("the code system " + clip(c.System) + " is not known here"), err
	}
	return s.has(c.Code), nil
}

// settle makes of what costs too much an answer that says so.
func (v *view) settle(m Membership, err error) (Membership, error) {
	if errors.Is(err, errCostly) {
		return unknown("the value set takes too much to evaluate"), nil
	}
	return m, err
}

// split separates the version of a canonical URL.
func split(canonical string) (url, version string) {
	url, version, _ = strings.Cut(canonical, "|")
	return url, version
}

// escapeValue keeps the characters of a value that mean something in a search.
var escapeValue = strings.NewReplacer(`\`, `\\`, `,`, `\,`, `|`, `\|`, `$`, `\$`)

// byURL is the query for what has a canonical URL.
func byURL(canonical string) string {
	return "url=" + url.QueryEscape(escapeValue.Replace(canonical))
}

// clip keeps a message short, and free of what a URL may carry behind its
// path.
func clip(canonical string) string {
	canonical, _, _ = strings.Cut(canonical, "?")
	if len(canonical) > 200 {
		canonical = canonical[:200] + "…"
	}
	return strings.ToValidUTF8(canonical, "")
}

// parsed is a resource that was read, as one of the three.
type parsed struct {
	typ      string
	system   *System
	valueSet *ValueSet
	mapping  *Map
	key      fhir.Key // of a stored one
	size     int      // in memory, about
}

// perNode is how much memory a node of a document takes, by what is made of it.
const perNode = 100

func (p *parsed) meta() meta {
	switch p.typ {
	case systemType:
		return p.system.meta
	case valueSetType:
		return p.valueSet.meta
	}
	return p.mapping.meta
}

// parse reads a resource of a type.
func parse(typ string, text []byte, key fhir.Key) (*parsed, error) {
	d, err := tree.Parse(text)
	if err != nil {
		return nil, err
	}
	p := &parsed{typ: typ, key: key, size: len(text) + perNode*d.Len()}
	switch typ {
	case systemType:
		p.system = readSystem(d)
	case valueSetType:
		p.valueSet = readValueSet(d)
	default:
		p.mapping = readMap(d)
	}
	return p, nil
}
