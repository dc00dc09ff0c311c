package search

import (
	"slices"

	"github.com/webdoctor/webdoctor/fhir"
)

// http://hl7.org/fhir/R4/search.html#modifiers (:in, :not-in, :above, :below)

// The server knows the code systems and value sets that R4 itself enumerates,
// and those of Request.Terms. Whatever else is asked for is refused: an answer
// from a part of a value set would look like one from the whole.

// booleans is the code system of true and false (search.html#token).
const booleans = "http://terminology.hl7.org/CodeSystem/special-values"

// tokens reads one value of a token parameter. Where an element of type code
// or boolean is read, whose system its definition implies, a code of that
// system is also looked for without one, as it stands in the index.
func (p *parsing) tokens(f Filter, value string) ([]Operand, error) {
	var list []Operand
	var err error
	switch f.Modifier {
	case "text":
		list = make([]Operand, 1)
		list[0], err = parseString("", value)
		return list, err
	case "of-type":
		list = make([]Operand, 1)
		list[0], err = parseOfType(value)
		return list, err
	case "in", "not-in":
		list, err = p.parseIn(value)
	case "above", "below":
		list, err = p.parseSubsumed(f, value)
	default:
		list = make([]Operand, 1)
		list[0], err = parseToken(value)
	}
	if err != nil {
		return nil, err
	}
	for _, o := range list {
		switch {
		case o.AnySystem || o.Token.System == "":
		case o.AnyCode:
			list = append(list, f.implied(o.Token.System)...)
		case slices.ContainsFunc(f.Params, func(q *Param) bool { return q.implies(o.Token.System, o.Token.Code) }):
			list = append(list, Operand{Token: Token{Code: o.Token.Code}})
		}
	}
	return list, nil
}

// implies says whether the parameter reads elements for whose code the system
// goes without saying.
func (p *Param) implies(system, code string) bool {
	return slices.ContainsFunc(p.bindings, func(url string) bool {
		if url == booleans {
			return system == booleans && (code == "true" || code == "false")
		}
		set, ok := p.registry.definitions.Codes(url)
		return ok && set.Has(system, code)
	})
}

// implied are the codes of the system that the filter's parameters read
// without one.
func (f Filter) implied(system string) []Operand {
	var list []Operand
	add := func(code string) { list = append(list, Operand{Token: Token{Code: code}}) }
	for _, p := range f.Params {
		for _, url := range p.bindings {
			if url == booleans && system == booleans {
				add("true")
				add("false")
			}
			set, _ := p.registry.definitions.Codes(url)
			for s, code := range set.All() {
				if s == system {
					add(code)
				}
			}
		}
	}
	return list
}

// parseIn reads the URL of a value set and lists its members.
func (p *parsing) parseIn(value string) ([]Operand, error) {
	var list []Operand
	if p.request.Terms != nil {
		err := p.request.Terms.Members(unescape(value), func(system, code string) bool {
			list = append(list, Operand{Token: Token{System: system, Code: code}})
			return len(list) <= maxOperands
		})
		if err == nil && len(list) > maxOperands {
			err = fhir.Errorf(fhir.TooCostly, "the value set has more than %d codes", maxOperands)
		}
		return list, err
	}
	set, ok := p.registry.definitions.Codes(unescape(value))
	if !ok {
		return nil, fhir.Errorf(fhir.NotSupported, "that is no value set whose members this server knows: it knows those that the definitions of R4 enumerate, by their URL")
	}
	for system, code := range set.All() {
		list = append(list, Operand{Token: Token{System: system, Code: code}})
	}
	return list, nil
}

// parseSubsumed reads a code and lists what its code system has above or below
// it, itself included. The system may be left out where it is implied.
func (p *parsing) parseSubsumed(f Filter, value string) ([]Operand, error) {
	o, err := parseToken(value)
	if err != nil {
		return nil, err
	}
	code, systems := o.Token.Code, []string{o.Token.System}
	switch {
	case o.AnyCode || o.Token.System == "" && !o.AnySystem:
		return nil, fhir.Errorf(fhir.Value, ":%s takes system|code", f.Modifier)
	case o.AnySystem:
		systems = f.systems(code)
	}
	var list []Operand
	for _, system := range systems {
		subsumed, ok, err := p.subsumed(system, code, f.Modifier == "above")
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		for _, code := range subsumed {
			list = append(list, Operand{Token: Token{System: system, Code: code}})
		}
	}
	if list == nil {
		return nil, fhir.Errorf(fhir.NotSupported, ":%s takes system|code, where this server knows what the code system has above and below the code: it knows those that R4 ships complete, and those that are stored so", f.Modifier)
	}
	return list, nil
}

func (p *parsing) subsumed(system, code string, above bool) (codes []string, known bool, err error) {
	switch {
	case p.request.Terms != nil:
		return p.request.Terms.Subsumed(system, code, above)
	case above:
		codes, known = p.registry.definitions.Above(system, code)
	default:
		codes, known = p.registry.definitions.Below(system, code)
	}
	return codes, known, nil
}

// systems are those that the filter's parameters imply for a code.
func (f Filter) systems(code string) []string {
	var list []string
	for _, p := range f.Params {
		for _, url := range p.bindings {
			set, _ := p.registry.definitions.Codes(url)
			for system, c := range set.All() {
				if c == code && !slices.Contains(list, system) {
					list = append(list, system)
				}
			}
		}
	}
	return list
}
