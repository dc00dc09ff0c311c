package search

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
)

// filter reads a parameter that restricts the matches:
// name[:modifier]=value[,value], or a chain that ends in one.
func (p *parsing) filter(pair pair) (Filter, error) {
	if pair.name == "_filter" {
		return p.filterExpr(p.query.Types, pair.value)
	}
	return p.condition(p.query.Types, pair.name, pair.value, 0)
}

// condition reads a parameter of resources of the types.
func (p *parsing) condition(types []string, name, value string, depth int) (Filter, error) {
	if rest, ok := strings.CutPrefix(name, "_has:"); ok {
		return p.has(types, rest, value, depth)
	}
	if link, rest, ok := strings.Cut(name, "."); ok {
		return p.chain(types, link, rest, value, depth)
	}
	return p.leaf(types, name, value)
}

// leaf reads a parameter that is compared with its values.
func (p *parsing) leaf(types []string, name, value string) (Filter, error) {
	code, modifier, _ := strings.Cut(name, ":")
	f := Filter{Params: p.paramsOf(types, code), Modifier: modifier}
	if f.Params == nil {
		return Filter{}, p.unknown(types, code)
	}
	f.Param = f.Params[0]
	if f.Param.prose {
		return p.written(f, value)
	}
	if p.compare != nil {
		return p.compare.read(p, f)
	}
	if err := p.modifier(f); err != nil {
		return Filter{}, err
	}
	if len(value) > maxValue*maxOr {
		return Filter{}, fhir.Errorf(fhir.Value, "the value is too long")
	}
	if special, ok, err := p.special(f, value); ok {
		return special, err
	}
	alternatives := splitEscaped(value, ',')
	if len(alternatives) > maxOr {
		return Filter{}, fhir.Errorf(fhir.Value, "more than %d alternatives", maxOr)
	}
	for _, value := range alternatives {
		switch {
		case value == "":
			return Filter{}, fhir.Errorf(fhir.Value, "a value is empty")
		case len(value) > maxValue:
			return Filter{}, fhir.Errorf(fhir.Value, "a value is longer than %d bytes", maxValue)
		}
		operands, err := p.operands(f, value)
		if err != nil {
			return Filter{}, err
		}
		if f.Values = append(f.Values, operands...); len(f.Values) > maxOperands {
			return Filter{}, fhir.Errorf(fhir.Value, "too many alternatives; ids with their type are fewer")
		}
	}
	return f, nil
}

// unknown is the error of a parameter that cannot be searched by.
func (p *parsing) unknown(types []string, name string) error {
	what := "is not a search parameter of " + among(types)
	if len(types) == 1 && p.registry.definitions.SearchParam(types[0], name) != nil {
		what = "is a search parameter that this server does not support"
	}
	return &unknown{fhir.Errorf(fhir.NotSupported, "%q %s; there are: %s", clip(name), what, p.known(types))}
}

// modifiers are the modifiers of each type of parameter (search.html#modifiers).
// A reference has also the types that it may point at.
var modifiers = map[string][]string{
	"token":     {"text", "not", "in", "not-in", "above", "below", "missing"},
	"reference": {"identifier", "missing"},
	"string":    {"exact", "contains", "missing"},
	"date":      {"missing"},
	"number":    {"missing"},
	"quantity":  {"missing"},
	"uri":       {"above", "below", "missing"},
}

// Modifiers lists the modifiers that the parameter can have, not counting the
// types of a reference.
func (p *Param) Modifiers() []string {
	switch {
	case p.special == named || p.prose:
		return nil
	case p.Code == "_lastUpdated" || p.Type == "composite" || p.special != usual:
		return []string{"missing"}
	case p.Code == "_id":
		return []string{"not", "missing"}
	case p.identifier:
		return []string{"text", "not", "of-type", "missing"}
	}
	return modifiers[p.Type]
}

// modifier refuses a modifier that the parameter does not have: it changes
// what is asked for, so that it can never be passed over.
func (p *parsing) modifier(f Filter) error {
	if f.Modifier == "" {
		return nil
	}
	allowed := f.Param.Modifiers()
	for _, m := range allowed {
		if f.Modifier == m {
			return nil
		}
	}
	if f.Param.Type == "reference" && p.registry.definitions.IsResource(f.Modifier) {
		return nil
	}
	list := "no modifiers"
	if len(allowed) > 0 {
		list = ":" + strings.Join(allowed, ", :")
	}
	if f.Param.Type == "reference" {
		list += " and the type of the target"
	}
	return fhir.Errorf(fhir.NotSupported, "the modifier :%s is not supported here; %s supports %s", clip(f.Modifier), f.Param.Code, list)
}

// operands reads one value by the rules of the parameter's type.
func (p *parsing) operands(f Filter, value string) ([]Operand, error) {
	one := func(o Operand, err error) ([]Operand, error) { return []Operand{o}, err }
	if f.Modifier == "missing" {
		if value != "true" && value != "false" {
			return nil, fhir.Errorf(fhir.Value, ":missing is true or false")
		}
		return one(Operand{Missing: value == "true"}, nil)
	}
	switch f.Param.Type {
	case "special":
		return one(parseNear(value))
	case "token":
		return p.tokens(f, value)
	case "reference":
		return p.registry.parseReference(f.Param, f.Modifier, value)
	case "string":
		return one(parseString(f.Modifier, value))
	case "date":
		return one(p.registry.parseDate(value))
	case "number":
		return one(parseNumber(value))
	case "quantity":
		return one(parseQuantity(value))
	}
	return parseURI(f.Modifier, value)
}

// Prefixes compare ordered values (search.html#prefix).
const Prefixes = "eq ne gt lt ge le sa eb ap"

// cutPrefix takes the prefix off a value; without one it is eq.
func cutPrefix(value string) (prefix, rest string, err error) {
	if len(value) < 2 || !isLetter(value[0]) || !isLetter(value[1]) {
		return "eq", value, nil
	}
	prefix = value[:2]
	for known := range strings.SplitSeq(Prefixes, " ") {
		if prefix == known {
			return prefix, value[2:], nil
		}
	}
	return "", "", fhir.Errorf(fhir.Value, "there is no such prefix; there are %s", Prefixes)
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
