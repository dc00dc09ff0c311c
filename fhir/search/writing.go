package search

import (
	"sync"

	"github.com/webdoctor/webdoctor/fhir/spec"
)

// writing says what in a value of a type is written for people. What has a
// search of its own and says something else in every resource is not:
// identifiers, telephone numbers, the ids in references, the units of
// quantities.
type writing struct {
	kind    writtenKind
	members map[string]*writing // by the name in JSON, of those in which there is something
}

type writtenKind int

// The kinds of values.
const (
	writtenMembers   writtenKind = iota // an object, whose members say more
	writtenText                         // the value itself
	writtenNarrative                    // XHTML
	writtenDisplay                      // its display and nothing else
	writtenResource                     // a resource inside another, of whatever type
)

var (
	anyText      = &writing{kind: writtenText}
	anyNarrative = &writing{kind: writtenNarrative}
	anyDisplay   = &writing{kind: writtenDisplay}
	anyResource  = &writing{kind: writtenResource}
)

// writings are the tables of types, made when they are first needed. A type
// may be a part of itself.
type writings struct {
	mu     sync.RWMutex
	byType map[*spec.Type]*writing
}

// writing is the table of a resource type.
func (r *Registry) writing(t *spec.Type) *writing {
	r.writings.mu.RLock()
	w := r.writings.byType[t]
	r.writings.mu.RUnlock()
	if w != nil {
		return w
	}
	r.writings.mu.Lock()
	defer r.writings.mu.Unlock()
	if r.writings.byType == nil {
		r.writings.byType = map[*spec.Type]*writing{}
	}
	return r.writings.table(r.definitions, t)
}

func (all *writings) table(d *spec.Definitions, t *spec.Type) *writing {
	if w := all.byType[t]; w != nil {
		return w
	}
	w := &writing{members: map[string]*writing{}}
	all.byType[t] = w
	for name, property := range t.Properties() {
		if in := all.value(d, property.Type, property.Element.Content); in != nil {
			w.members[name] = in
		}
	}
	return w
}

// value is what is written in a value of the type, nil for nothing.
func (all *writings) value(d *spec.Definitions, typ string, of *spec.Type) *writing {
	switch typ {
	case "string", "markdown":
		return anyText
	case "xhtml":
		return anyNarrative
	case "Quantity", "Age", "Count", "Distance", "Duration", "Money", "Meta", "Identifier", "ContactPoint", "Period":
		return nil
	case "Reference", "Coding":
		return anyDisplay
	case "Resource":
		return anyResource
	}
	if of == nil {
		of = d.Type(typ)
	}
	if of == nil || of.Kind == spec.Primitive {
		return nil
	}
	return all.table(d, of)
}
