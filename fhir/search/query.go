package search

import "github.com/webdoctor/webdoctor/fhir"

// Request is a search as it arrived.
type Request struct {
	Type        string   // "" searches the system
	Compartment fhir.Key // zero for none
	Query       string   // raw
	Lenient     bool     // ignore what is not known, with a note
	Criteria    bool     // of a conditional operation: no result parameters, at least one filter, no lenience
	Terms       Terms    // of the caller; nil: what R4 enumerates
}

// Terms answers what a search asks about codes.
type Terms interface {
	// Members yields all members of a value set, given by its canonical URL or
	// as ValueSet/id, until yield is false. It is an error if they are not all
	// known.
	Members(valueSet string, yield func(system, code string) bool) error
	// Subsumed are a code and all that it subsumes, or all that subsume it.
	// They are not known unless the code system is, completely.
	Subsumed(system, code string, above bool) (codes []string, known bool, err error)
}

// Query is a search understood. It is a conjunction of filters over Types.
type Query struct {
	Types       []string // at least one
	Compartment fhir.Key
	Members     []*Param // by which resources of Types are members of the compartment
	Filters     []Filter // all must hold, of resources of Types
	Include     []Include
	RevInclude  []Include
	Sort        []Sort
	Count       int // matches per page; 0 asks for the total alone
	Total       string
	Summary     string
	Elements    []string
	After       *Cursor
	Used        string // raw query as understood, without the page; for links
	Notes       []fhir.Issue
}

// Op says what kind of condition a Filter is.
type Op int

const (
	// Leaf compares the values of one parameter.
	Leaf Op = iota
	// And, Or and Not combine Filters over the same resource. Not has one.
	And
	Or
	Not
	// Chain holds of a resource that refers, by Params, to a resource of one
	// of Targets for which Filters[0] holds (search.html#chaining).
	Chain
	// Has holds of a resource to which a resource of Targets[0], for which
	// Filters[0] holds, refers by Params (search.html#has).
	Has
)

// Filter is a condition on a resource: a parameter with values, any one of
// which suffices, or a combination of conditions.
type Filter struct {
	Op      Op
	Filters []Filter // the conditions that are combined, or that on the other end of the reference
	Targets []string // the types at the other end of the reference
	Implied bool     // Targets are all that the reference may point at and that have the parameter: the request does not name them

	Param    *Param
	Params   []*Param // the parameter as it applies to each of the types that are filtered, in their order; Param is the first. Of Has: the reference of Targets[0]
	Modifier string   // without the colon
	Values   []Operand
}

// Operand is one value of a filter, read by the rules of the parameter's type.
type Operand struct {
	Prefix    string // eq ne gt lt ge le sa eb ap; "" for types without
	Token     Token  // Code as written: Param.Fold gives the form that is compared
	AnySystem bool   // the token was a bare code; else Token.System counts, "" meaning none
	AnyCode   bool   // any code of Token.System
	Reference Reference
	String    string
	URI       string
	Date      Date
	Quantity  Quantity
	Units     []Quantity // Quantity in each of several units, in the order of the numbers; any one suffices
	Area      Area
	Pair      *[2]Operand // two numbers that stand together, of a composite
	Missing   bool        // value of :missing
}

// Include is one _include or _revinclude.
type Include struct {
	Source  string // resource type that holds the reference
	Param   *Param
	Target  string // "" for any
	Iterate bool
}

// Sort is one key of _sort.
type Sort struct {
	Param      *Param
	Params     []*Param // as it applies to each of Query.Types; Param is the first
	Descending bool
}
