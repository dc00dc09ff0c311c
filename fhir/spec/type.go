package spec

import (
	"iter"
	"slices"
)

// Kind says what a type is.
type Kind uint8

// The kinds of types.
const (
	Primitive Kind = iota // string, date ...
	Complex               // HumanName, Extension ...
	Resource              // Bundle, DomainResource ...
	Backbone              // defined inside another type: Bundle.entry
)

// String is the kind in lower case.
func (k Kind) String() string { return [...]string{"primitive", "complex", "resource", "backbone"}[k] }

// Type is the definition of a resource, data or backbone type.
type Type struct {
	// Name is the bare name, or for a backbone type the path of the element
	// that defines it, "Bundle.entry".
	Name     string
	Kind     Kind
	Abstract bool
	// Base is the type this one specializes or constrains; for a backbone
	// type BackboneElement or Element; empty for Element and Resource.
	Base string
	// Elements are in the order of the definition, inherited ones first. A
	// primitive has id and extension: its value is the JSON value itself.
	Elements []Element
	// Invariants hold of every value of the type, inherited ones included.
	Invariants []*Invariant

	properties map[string]property
}

// property is what a JSON name of an object stands for.
type property struct {
	element *Element
	typ     string
}

// Element resolves the name of a JSON property. A choice is found by the name
// that carries its type: valueQuantity is the element value with typ Quantity,
// and value alone is nothing. The leading underscore of a primitive's sibling
// must be cut off first. The typ of an element with content is
// BackboneElement or Element. For an unknown name it returns nil. It does not
// allocate.
func (t *Type) Element(jsonName string) (el *Element, typ string) {
	p := t.properties[jsonName]
	return p.element, p.typ
}

// Property is what a JSON name of an object stands for, as [Type.Element] tells
// it.
type Property struct {
	Element *Element
	Type    string
}

// Properties yields the JSON names that an object of the type may have, in no
// order, without those of the siblings of primitives.
func (t *Type) Properties() iter.Seq2[string, Property] {
	return func(yield func(string, Property) bool) {
		for name, p := range t.properties {
			if !yield(name, Property{p.element, p.typ}) {
				return
			}
		}
	}
}

// Element is one element of a type.
type Element struct {
	Name string // without [x]
	Min  int
	Max  int // -1 = *, 0 = must not occur
	// Types are the types the element may have: one, or for a choice all of
	// them. Inside data types a nested type is Element, elsewhere
	// BackboneElement.
	Types    []TypeRef
	Choice   bool // the name in JSON is Name and the type's, valueQuantity
	Summary  bool // part of _summary=true
	Modifier bool // may change the meaning of what contains it
	Binding  *Binding
	// Content is the nested backbone type, or the one that a content
	// reference points at, which may be an ancestor. It is nil when the
	// element has a named type.
	Content *Type
	// Invariants hold of the element here, besides those of its type.
	Invariants []*Invariant
}

// Invariant is a rule that R4 writes in FHIRPath. It has one address wherever
// it is used.
type Invariant struct {
	Key        string // "obs-6"; not unique
	Severity   string // error or warning
	Expression string
}

// TypeRef is a type an element may have.
type TypeRef struct {
	Code string
	// Profile is the bare name of R4's own profile on the type,
	// SimpleQuantity, or empty.
	Profile string
	// Targets are the bare names of the resource types a Reference or
	// canonical may point at, "Resource" for any; empty where R4 does not say.
	Targets []string
}

// Allows says whether a Reference or canonical of this type may point at a
// resource of type target.
func (r TypeRef) Allows(target string) bool {
	return len(r.Targets) == 0 || slices.Contains(r.Targets, target) || slices.Contains(r.Targets, "Resource")
}

// Binding ties coded content to a value set.
type Binding struct {
	Strength string // required, extensible, preferred, example
	ValueSet string // canonical, often with |version; empty where R4 names none
}

// PrimitiveType is what R4 says of the value of a primitive type.
type PrimitiveType struct {
	Name string
	JSON string // the JSON kind of the value: string, number or boolean
	// Regex must match the whole of the lexical value. It is empty for xhtml,
	// which has none. R4 writes it for any engine; Go's regexp reads them all.
	Regex     string
	MaxLength int // in characters, 0 where R4 gives none
}
