package search

import (
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
)

// comparison is operator and value of a test in a _filter.
type comparison struct{ operator, value string }

// The modifiers that comparisons of strings have besides those of a search.
const (
	Equals  = "equals"  // the folded texts are equal
	Differs = "differs" // some text is not equal
	Ends    = "ends"    // some text ends so
)

// operators says what an operator does to the filter of a parameter that has a
// value (search_filter.html#ops): it is a modifier, a prefix, or more.
var operators map[string]func(p *parsing, f Filter, value string) (Filter, error)

func init() {
	prefix := func(name string) func(*parsing, Filter, string) (Filter, error) {
		return func(p *parsing, f Filter, value string) (Filter, error) {
			switch f.Param.Type {
			case "date", "number", "quantity":
				return p.compared(f, "", name+value)
			}
			return Filter{}, noOperator(f, name)
		}
	}
	text := func(name, modifier string) func(*parsing, Filter, string) (Filter, error) {
		return func(p *parsing, f Filter, value string) (Filter, error) {
			if f.Param.Type != "string" || f.Param.special != usual {
				return Filter{}, noOperator(f, name)
			}
			return p.compared(f, modifier, value)
		}
	}
	modifier := func(name, modifier, typ string) func(*parsing, Filter, string) (Filter, error) {
		return func(p *parsing, f Filter, value string) (Filter, error) {
			if f.Param.Type != typ || !slices.Contains(f.Param.Modifiers(), modifier) {
				return Filter{}, noOperator(f, name)
			}
			return p.compared(f, modifier, value)
		}
	}
	operators = map[string]func(*parsing, Filter, string) (Filter, error){
		"eq": (*parsing).equal, "ne": (*parsing).unequal, "pr": (*parsing).presence, "po": (*parsing).overlap, "re": (*parsing).refers,
		"co": text("co", "contains"), "sw": text("sw", ""), "ew": text("ew", Ends),
		"ss": modifier("ss", "below", "token"), "sb": modifier("sb", "above", "token"),
		"in": modifier("in", "in", "token"), "ni": modifier("ni", "not-in", "token"),
	}
	for _, name := range []string{"gt", "lt", "ge", "le", "ap", "sa", "eb"} {
		operators[name] = prefix(name)
	}
}

// read makes the filter of a parameter into that of the test.
func (c *comparison) read(p *parsing, f Filter) (Filter, error) {
	if f.Modifier != "" {
		return Filter{}, fhir.Errorf(fhir.NotSupported, "a name in a filter has no modifier; the operator says how to compare")
	}
	return operators[c.operator](p, f, c.value)
}

func noOperator(f Filter, name string) error {
	return fhir.Errorf(fhir.NotSupported, "the operator %s does not apply to %s, which is a parameter of type %s", name, f.Param.Code, f.Param.Type)
}

// compared reads the value with a modifier.
func (p *parsing) compared(f Filter, modifier, value string) (Filter, error) {
	if special, ok, err := p.special(f, strings.ReplaceAll(value, ",", `\,`)); ok {
		return special, err
	}
	switch f.Modifier = modifier; f.Param.Type {
	case "string":
		value = strings.NewReplacer(`\`, `\\`, `,`, `\,`, `|`, `\|`, `$`, `\$`).Replace(value)
	case "token", "quantity":
		value = fullNamespace(value)
	}
	var err error
	f.Values, err = p.operands(f, value)
	return f, err
}

// namespaces are the names that a filter may use for a system.
var namespaces = map[string]string{
	"loinc": "http://loinc.org", "snomed": "http://snomed.info/sct",
	"rxnorm": "http://www.nlm.nih.gov/research/umls/rxnorm", "ucum": "http://unitsofmeasure.org",
}

// fullNamespace puts the system in the place of its name.
func fullNamespace(value string) string {
	parts := splitEscaped(value, '|')
	for i, part := range parts[:len(parts)-1] {
		if url, ok := namespaces[part]; ok {
			parts[i] = url
		}
	}
	return strings.Join(parts, "|")
}

func (p *parsing) equal(f Filter, value string) (Filter, error) {
	switch {
	case f.Param.special == phonetic:
		return p.compared(f, "", value)
	case f.Param.Type == "string":
		return p.compared(f, Equals, value)
	case f.Param.Type == "date" || f.Param.Type == "number" || f.Param.Type == "quantity":
		return p.compared(f, "", "eq"+value)
	}
	return p.compared(f, "", value)
}

// unequal is that some value differs. Of tokens, references and the like a
// resource has hashes: there it is that it has a value, and not this one.
func (p *parsing) unequal(f Filter, value string) (Filter, error) {
	switch {
	case f.Param.Type == "string" && f.Param.special == usual:
		return p.compared(f, Differs, value)
	case f.Param.Type == "date" || f.Param.Type == "number" || f.Param.Type == "quantity":
		return p.compared(f, "", "ne"+value)
	}
	equal, err := p.compared(f, "", value)
	if err != nil {
		return Filter{}, err
	}
	not := Filter{Op: Not, Filters: []Filter{equal}}
	if !slices.Contains(f.Param.Modifiers(), "missing") {
		return not, nil // always has a value
	}
	return Filter{Op: And, Filters: []Filter{some(f), not}}, nil
}

// presence is true or false.
func (p *parsing) presence(f Filter, value string) (Filter, error) {
	if !slices.Contains(f.Param.Modifiers(), "missing") {
		return Filter{}, noOperator(f, "pr")
	}
	if value != "true" && value != "false" {
		return Filter{}, fhir.Errorf(fhir.Value, "pr takes true or false")
	}
	f.Modifier, f.Values = "missing", []Operand{{Missing: value == "false"}}
	return f, nil
}

// overlap is that the periods have a moment in common. That is how "ap"
// compares, once it has widened the period.
func (p *parsing) overlap(f Filter, value string) (Filter, error) {
	if f.Param.Type != "date" {
		return Filter{}, noOperator(f, "po")
	}
	f, err := p.compared(f, "", "eq"+value)
	for i := range f.Values {
		f.Values[i].Prefix = "ap"
	}
	return f, err
}

func (p *parsing) refers(f Filter, value string) (Filter, error) {
	if f.Param.Type != "reference" {
		return Filter{}, noOperator(f, "re")
	}
	return p.compared(f, "", strings.ReplaceAll(value, ",", `\,`))
}

// some is the condition that the parameter has a value.
func some(f Filter) Filter {
	f.Modifier, f.Values = "missing", []Operand{{}}
	return f
}
