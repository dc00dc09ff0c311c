package search

import (
	"slices"

	"github.com/webdoctor/webdoctor/fhir"
)

// special reads the value of a parameter whose type alone does not say how.
// It is false for all others.
func (p *parsing) special(f Filter, value string) (Filter, bool, error) {
	if f.Modifier == "missing" {
		return Filter{}, false, nil
	}
	var err error
	switch {
	case f.Param.composite != nil:
		f, err = p.tuples(f, value)
	case f.Param.special == phonetic:
		f, err = p.sounds(f, value)
	case f.Param.special == named:
		err = fhir.Errorf(fhir.NotSupported, "there is no query of that name; this server defines none")
	default:
		return Filter{}, false, nil
	}
	return f, true, err
}

// tuples reads the alternatives of a composite: value$value.
func (p *parsing) tuples(f Filter, value string) (Filter, error) {
	alternatives := splitEscaped(value, ',')
	if len(alternatives) > maxOr {
		return Filter{}, fhir.Errorf(fhir.Value, "more than %d alternatives", maxOr)
	}
	forms := len(f.Param.composite.forms)
	for _, param := range f.Params {
		if len(param.composite.forms) != forms {
			return Filter{}, fhir.Errorf(fhir.NotSupported, "%s is not the same question in all of the types", f.Param.Code)
		}
	}
	var either []Filter
	var first []Operand
	for _, text := range alternatives {
		values := splitEscaped(text, '$')
		if most := len(f.Param.composite.forms[0].whole); len(values) != most {
			return Filter{}, fhir.Errorf(fhir.Value, "a composite has %d values, separated by $; a $ within is written as \\$", most)
		}
		for i, v := range values {
			if v == "" || len(v) > maxValue {
				return Filter{}, fhir.Errorf(fhir.Value, "a value of the composite is empty or longer than %d bytes", maxValue)
			}
			if i > 0 {
				continue
			}
			operands, err := p.operands(leafOf(f.each(func(c *composite) *Param { return c.forms[0].component(0) })), v)
			if err != nil {
				return Filter{}, err
			}
			first = append(first, operands...)
		}
		for k := range forms {
			one, err := p.tuple(f, k, values)
			if err != nil {
				return Filter{}, err
			}
			either = append(either, one)
		}
	}
	found := combine(Or, either)
	leads := f.each(func(c *composite) *Param { return c.lead })
	if len(either) == 1 || len(leads) < len(f.Params) {
		return found, nil
	}
	start := leafOf(leads)
	start.Values = first
	return Filter{Op: And, Filters: []Filter{start, found}}, nil
}

// each chooses a parameter of the composite for each type that has it.
func (f Filter) each(choose func(c *composite) *Param) []*Param {
	var list []*Param
	for _, p := range f.Params {
		if chosen := choose(p.composite); chosen != nil {
			list = append(list, chosen)
		}
	}
	return list
}

func leafOf(params []*Param) Filter { return Filter{Param: params[0], Params: params} }

// combine joins conditions, unless there is only one.
func combine(op Op, list []Filter) Filter {
	if len(list) == 1 {
		return list[0]
	}
	return Filter{Op: op, Filters: list}
}

// component is what says component i, whether linked or not.
func (f form) component(i int) *Param {
	if f.whole[i] != nil {
		return f.whole[i]
	}
	at := 0
	for _, p := range f.whole[:i] {
		if p == nil {
			at++
		}
	}
	return f.link.components[at]
}

// tuple is the condition of one alternative at the k-th form.
func (p *parsing) tuple(f Filter, k int, values []string) (Filter, error) {
	own := f.Param.composite.forms[k]
	var all []Filter
	var linked [][]Operand
	for i, text := range values {
		leaf := leafOf(f.each(func(c *composite) *Param { return c.forms[k].component(i) }))
		operands, err := p.operands(leaf, text)
		if err != nil {
			return Filter{}, err
		}
		if own.whole[i] == nil {
			linked = append(linked, operands)
			continue
		}
		leaf.Values = operands
		all = append(all, leaf)
	}
	if own.link == nil {
		return combine(And, all), nil
	}
	for _, param := range f.Params {
		if l := param.composite.forms[k].link; l == nil || len(l.components) != len(linked) || l.pair() != own.link.pair() {
			return Filter{}, fhir.Errorf(fhir.NotSupported, "%s is not the same question in all of the types", f.Param.Code)
		}
	}
	last, err := linkedFilter(f, k, linked)
	return combine(And, append(all, last)), err
}

// linkedFilter is the condition that the components stand together.
func linkedFilter(f Filter, k int, linked [][]Operand) (Filter, error) {
	end := linked[len(linked)-1]
	if f.Param.composite.forms[k].link.pair() {
		leaf := leafOf(f.each(func(c *composite) *Param { return c.forms[k].link.numbers() }))
		leaf.Values = []Operand{{Pair: &[2]Operand{linked[0][0], end[0]}}}
		return leaf, nil
	}
	for _, operands := range linked {
		for _, o := range operands {
			if o.AnyCode {
				return Filter{}, fhir.Errorf(fhir.NotSupported, "any code of a system (system|) cannot be a part of this composite")
			}
		}
	}
	// A code may have been understood in several ways, as its system goes
	// without saying where a resource has nothing but the code.
	ways := [][]Operand{nil}
	for _, operands := range linked[:len(linked)-1] {
		var longer [][]Operand
		for _, way := range ways {
			for _, o := range operands {
				longer = append(longer, append(slices.Clone(way), o))
			}
		}
		ways = longer
	}
	var either []Filter
	for _, way := range ways {
		leaf := leafOf(f.each(func(c *composite) *Param { return c.forms[k].link.after(way) }))
		leaf.Values = end
		either = append(either, leaf)
	}
	return combine(Or, either), nil
}

// after is the last component behind what the ones before it are.
func (l *link) after(before []Operand) *Param {
	name := ""
	for i, o := range before {
		code := l.components[i].Fold(o.Token.Code)
		if o.AnySystem {
			name += linkName(code)
		} else {
			name += linkNameIn(o.Token.System, code)
		}
	}
	return l.under(name)
}
