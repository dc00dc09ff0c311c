package spec

// SearchParam is a SearchParameter of R4.
type SearchParam struct {
	URL  string
	Code string // the name in the URL: "code", "_lastUpdated"
	Type string // number date string token reference composite quantity uri special
	// Expression is the FHIRPath that selects the values, from all Base types
	// joined by "|". It is empty for parameters that are not about content,
	// like _query.
	Expression string
	XPathUsage string // normal, phonetic, nearby
	Base       []string
	Targets    []string // of a reference
	// Modifiers, Comparators and Chains are empty where the definition does
	// not restrict them.
	Modifiers   []string
	Comparators []string
	Chains      []string
	// MultipleOr and MultipleAnd are true unless the definition says false.
	MultipleOr  bool
	MultipleAnd bool
	Components  []Component // of a composite
}

// Component is a part of a composite search parameter.
type Component struct {
	Definition string // URL of the part's SearchParameter
	Expression string // relative to what the composite's expression selects
}

// Compartment is a CompartmentDefinition: which resources belong to one
// resource of type Code.
type Compartment struct {
	URL    string
	Code   string // the resource type whose instances have this compartment
	types  []string
	params map[string][]string
}

// Types are the resource types that can be members through a parameter, in
// the order of the definition. The compartment's own type is among them only
// if such a parameter exists, see [Compartment.Self].
func (c *Compartment) Types() []string { return c.types }

// Params are the codes of the search parameters by which a resource of that
// type is a member: it is one if any of them refers to the compartment's
// resource. They are nil for a type that never is.
func (c *Compartment) Params(resourceType string) []string { return c.params[resourceType] }

// Self says whether a resource of that type is a compartment of this kind and
// so a member of its own. R4 writes "{def}" for it where it writes it at all:
// for three compartments it does, for the other two it goes without saying.
func (c *Compartment) Self(resourceType string) bool { return resourceType == c.Code }

// Operation is an OperationDefinition of R4.
type Operation struct {
	URL                    string
	Code                   string // without the $
	System, Type, Instance bool   // the levels on which it may be invoked
	Resource               []string
	// AffectsState is as the definition has it. No definition of 4.0.1 says
	// that it does, not even those of operations that plainly do ($meta-add):
	// false must not be read as a promise.
	AffectsState bool
}
