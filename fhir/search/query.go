package search

import "github.com/webdoctor/webdoctor/fhir"

// Request is a search as it arrived.
type Request struct {
	Type        string   // "" searches the system
	Compartment fhir.Key // zero for none
	Query       string   // raw
	Lenient     bool     // ignore what is not known, with a note
	Criteria    bool     // of a conditional operation: no result parameters, at least one filter, no lenience
}

// Query is a search understood. It is a conjunction of filters over Types.
type Query struct {
	Types       []string // at least one
	Compartment fhir.Key
	Filters     []Filter // all must hold
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

// Filter is one parameter of a search: any one of Values suffices.
type Filter struct {
	Param    *Param
	Params   []*Param // the parameter as it applies to each of Query.Types, in their order; Param is the first
	Modifier string   // without the colon
	Values   []Operand
}

// Operand is one value of a filter, read by the rules of the parameter's type.
type Operand struct {
	Prefix    string // eq ne gt lt ge le sa eb ap; "" for types without
	Token     Token  // Code as written: Param.Fold gives the form that is compared
	AnySystem bool   // the token was a bare code; else Token.System counts, "" meaning none
	Reference Reference
	String    string
	URI       string
	Date      Date
	Quantity  Quantity
	Missing   bool // value of :missing
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
	Descending bool
}
