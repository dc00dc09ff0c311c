package search

import (
	"slices"
	"time"
)

// Values is everything a resource says to the index. The slices may repeat
// values; storage makes them a set.
type Values struct {
	Tokens     []Token
	References []Reference
	URIs       []URI
	Strings    []String
	Dates      []Date
	Quantities []Quantity // of number and quantity parameters
	Homes      []Home     // the compartments the resource is a member of
	Canonical  Canonical  // what canonical references call the resource
	Shape      *Shape     // which parameters have a value
	Texts      []Text     // what is written for people

	Generation int64 // of the definitions by which they were extracted
}

// clone has slices of its own, of the length that is needed.
func (v *Values) clone() Values {
	c := *v
	c.Tokens, c.References, c.URIs = slices.Clone(v.Tokens), slices.Clone(v.References), slices.Clone(v.URIs)
	c.Strings, c.Dates, c.Quantities, c.Homes = slices.Clone(v.Strings), slices.Clone(v.Dates), slices.Clone(v.Quantities), slices.Clone(v.Homes)
	return c
}

// reset empties the slices and keeps their room.
func (v *Values) reset() {
	*v = Values{
		Tokens: emptied(v.Tokens), References: emptied(v.References), URIs: emptied(v.URIs), Strings: emptied(v.Strings),
		Dates: emptied(v.Dates), Quantities: emptied(v.Quantities), Homes: emptied(v.Homes),
	}
}

// emptied keeps the room of a slice unless there is much of it, and nothing
// that it refers to.
func emptied[V any](list []V) []V {
	if cap(list) > maxScratch/64 {
		return nil
	}
	clear(list)
	return list[:0]
}

// Shape is a set of search parameters of a type for which a resource has a
// value, whatever it is, for :missing. Most resources of a type have one of a
// few shapes.
type Shape struct {
	Key    int64   // of the type and the set
	Params []int64 // their keys, sorted
}

// Token is one coding, identifier, code, boolean or contact of a token
// parameter (search.html#token). System is "" when the resource gives none.
type Token struct {
	Param        string // code of the parameter
	System, Code string // Code of a resource is in the form that is compared, see Param.Fold

	Type, TypeCode string // system and code of the type of an identifier, for :of-type; TypeCode is "" otherwise
}

// Reference is one reference or canonical of a reference parameter
// (search.html#reference).
type Reference struct {
	Param     string
	Type, ID  string // a relative or local reference
	URL       string // an absolute reference elsewhere, a urn, or a canonical without version
	Version   string // of a canonical
	Canonical bool   // URL names a resource by its own url, and is not an address
	System    string // Reference.identifier, for :identifier
	Code      string
}

// URI is the value of a uri parameter.
type URI struct{ Param, URI string }

// String is one string of a string parameter (search.html#string). Text is
// as in the resource; [Fold] gives the form that is compared by default.
type String struct{ Param, Text string }

// Date is the interval that a date, dateTime, instant, Period or Timing
// covers (search.html#date): from Low inclusive to High exclusive. An open
// end is the zero time.
type Date struct {
	Param     string
	Low, High time.Time
}

// Quantity is a number or quantity as an interval of exact decimals
// (search.html#number). Of a resource's value the interval is the value
// itself, or what its comparator or Range leaves open; of a search it is what
// the precision of the number as written covers, from Low inclusive to High
// exclusive. System and Code are those of the unit, Unit is the human-readable
// one; all are "" for a plain number.
type Quantity struct {
	Param              string
	Value              string // as written
	Low, High          string // decimal text, "" for an open end
	System, Code, Unit string
}

// Home says that the resource is a member of a compartment, and by which
// parameter, so that a patient's own view can count only the subject kind
// (compartmentdefinition.html). Param is "" for the compartment's own
// resource.
type Home struct {
	Type, ID string
	Param    string
}
