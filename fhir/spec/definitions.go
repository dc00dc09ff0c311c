package spec

import (
	"cmp"
	"slices"
	"sync"
)

// Definitions is all that R4 defines.
type Definitions struct {
	types        map[string]*Type
	resources    []string
	primitives   map[string]PrimitiveType
	params       []*SearchParam            // by URL
	paramsOf     map[string][]*SearchParam // by concrete resource type, by code
	compartments []*Compartment
	operations   []*Operation
	invariants   []*Invariant
	extensions   map[string]*Extension // by URL
	terminology  func() *terminology
	canonicals   func() *canonicals
}

// R4 is the definitions of FHIR 4.0.1, parsed at the first call. It panics
// when the embedded tables cannot be read, which is a broken build.
func R4() *Definitions { return r4() }

var r4 = sync.OnceValue(func() *Definitions {
	d := mustRead(definitionsGZ, parse)
	d.terminology = sync.OnceValue(func() *terminology { return mustRead(codesGZ, parseCodes) })
	d.canonicals = loadCanonicals()
	return d
})

func mustRead[T any](data []byte, parse func(text string) (T, error)) T {
	text, err := unzip(data)
	if err != nil {
		panic("fhir/spec: " + err.Error())
	}
	v, err := parse(text)
	if err != nil {
		panic("fhir/spec: " + err.Error())
	}
	return v
}

// ResourceTypes are the concrete resource types, sorted.
func (d *Definitions) ResourceTypes() []string { return d.resources }

// IsResource says whether name is a concrete resource type.
func (d *Definitions) IsResource(name string) bool {
	t := d.types[name]
	return t != nil && t.Kind == Resource && !t.Abstract
}

// Type returns a resource type, abstract ones included, a complex data type
// or a primitive, and nil for any other name. The two constrained quantities
// that R4 uses as if they were types, SimpleQuantity and MoneyQuantity, are
// there with base Quantity. Backbone types have no name of their own; they
// are reached through [Element.Content].
func (d *Definitions) Type(name string) *Type { return d.types[name] }

// Invariants are all rules of R4, by key.
func (d *Definitions) Invariants() []*Invariant { return d.invariants }

// Primitive returns the facts of a primitive type.
func (d *Definitions) Primitive(name string) (PrimitiveType, bool) {
	p, ok := d.primitives[name]
	return p, ok
}

// AllSearchParams are the search parameters of R4 by URL.
func (d *Definitions) AllSearchParams() []*SearchParam { return d.params }

// SearchParams are the parameters a resource type can be searched by, sorted
// by code: its own and those of its bases, Resource and DomainResource. An
// abstract type has those of itself and its bases. It is nil for a name that
// is no resource type.
func (d *Definitions) SearchParams(resourceType string) []*SearchParam {
	return d.paramsOf[resourceType]
}

// SearchParam is the parameter of that code, nil if the type has none.
func (d *Definitions) SearchParam(resourceType, code string) *SearchParam {
	params := d.paramsOf[resourceType]
	i, ok := slices.BinarySearchFunc(params, code, func(p *SearchParam, code string) int { return cmp.Compare(p.Code, code) })
	if !ok {
		return nil
	}
	return params[i]
}

// Compartments are the five compartments of R4, by URL.
func (d *Definitions) Compartments() []*Compartment { return d.compartments }

// Compartment is the one whose resource is of type code, nil if there is none.
func (d *Definitions) Compartment(code string) *Compartment {
	for _, c := range d.compartments {
		if c.Code == code {
			return c
		}
	}
	return nil
}

// Operations are the operations of R4, by URL.
func (d *Definitions) Operations() []*Operation { return d.operations }
