package storage_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/webdoctor/webdoctor/fhir/search"
)

// condition is a random condition: how a search writes it, how _filter does,
// and what it means.
type condition struct {
	name, value string
	filter      string // "" if _filter cannot say it
	holds       func(m *model, t *thing) bool
}

// field is what conditions can be about, by type.
var modelFields = map[string]map[string]string{
	"Practitioner": {"gender": "token", "family": "string"},
	"Patient":      {"gender": "token", "birthdate": "date", "family": "string", "given": "string", "general-practitioner": "reference"},
	"Observation":  {"status": "token", "code": "token", "category": "token", "date": "date", "value-quantity": "number", "subject": "reference", "has-member": "reference", "performer": "reference"},
}

// modelTargets are the types to which references point.
var modelTargets = map[string][]string{"general-practitioner": {"Practitioner"}, "subject": {"Patient"}, "has-member": {"Observation"}, "performer": {"Practitioner", "Patient"}}

func sortedNames[V any](m map[string]V) (names []string) {
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// condition draws one about resources of a type. depth is how many references
// it may still follow.
func (d draws) condition(typ string, depth int) condition {
	if depth > 0 && d.chance(3) {
		if c, ok := d.follow(typ, depth-1); ok {
			return c
		}
	}
	names := sortedNames(modelFields[typ])
	name := names[d.IntN(len(names))]
	if d.chance(6) {
		missing := d.chance(2)
		return condition{name + ":missing", strconv.FormatBool(missing), fmt.Sprintf("%s pr %t", name, !missing), func(_ *model, t *thing) bool { return t.has(name) != missing }}
	}
	switch modelFields[typ][name] {
	case "token":
		return d.token(name)
	case "date":
		return d.dated(name)
	case "string":
		return d.text(name)
	case "number":
		return d.number(name)
	}
	var ref string
	switch target := d.one(modelTargets[name]...); target {
	case "Practitioner":
		ref = fmt.Sprintf("Practitioner/d%d", d.IntN(practitioners))
	case "Patient":
		ref = fmt.Sprintf("Patient/p%02d", d.IntN(patients))
	default:
		ref = fmt.Sprintf("Observation/o%03d", d.IntN(observations))
	}
	return condition{name, ref, name + " eq " + ref, func(_ *model, t *thing) bool { return slices.Contains(t.refs[name], ref) }}
}

func (t *thing) has(name string) bool {
	_, date := t.dates[name]
	_, number := t.numbers[name]
	return date || number || len(t.tokens[name])+len(t.strings[name])+len(t.refs[name]) > 0
}

func (d draws) token(name string) condition {
	value := func() string {
		switch name {
		case "gender":
			return d.one("male", "female", "other")
		case "status":
			return d.one("final", "amended", "preliminary")
		}
		if c := d.code(); d.chance(2) {
			return c
		} else {
			return c[strings.Index(c, "|")+1:]
		}
	}
	values := []string{value()}
	if d.chance(3) {
		values = append(values, value())
	}
	is := func(t *thing, value string) bool {
		return slices.ContainsFunc(t.tokens[name], func(have string) bool {
			if !strings.Contains(value, "|") {
				have = have[strings.Index(have, "|")+1:]
			}
			return strings.EqualFold(have, value)
		})
	}
	any := func(_ *model, t *thing) bool {
		return slices.ContainsFunc(values, func(v string) bool { return is(t, v) })
	}
	if d.chance(3) {
		return condition{name + ":not", strings.Join(values, ","), "", func(m *model, t *thing) bool { return !any(m, t) }}
	}
	filter := ""
	if len(values) == 1 {
		filter = name + " eq " + values[0]
	}
	return condition{name, strings.Join(values, ","), filter, any}
}

// compared says how intervals compare, the resource's first.
var compared = map[string]func(v, s [2]int) bool{
	"eq": func(v, s [2]int) bool { return v[0] >= s[0] && v[1] <= s[1] },
	"ne": func(v, s [2]int) bool { return v[0] < s[0] || v[1] > s[1] },
	"gt": func(v, s [2]int) bool { return v[1] > s[1] },
	"lt": func(v, s [2]int) bool { return v[0] < s[0] },
	"ge": func(v, s [2]int) bool { return v[1] > s[1] || v[0] >= s[0] },
	"le": func(v, s [2]int) bool { return v[0] < s[0] || v[1] <= s[1] },
	"sa": func(v, s [2]int) bool { return v[0] >= s[1] },
	"eb": func(v, s [2]int) bool { return v[1] <= s[0] },
}

func (d draws) dated(name string) condition {
	prefix, date := d.one(sortedNames(compared)...), d.date()
	return condition{name, prefix + date, name + " " + prefix + " " + date, func(_ *model, t *thing) bool {
		v, ok := t.dates[name]
		return ok && compared[prefix](v, span(date))
	}}
}

func (d draws) number(name string) condition {
	prefix, number := d.one("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"), d.IntN(12)
	return condition{name, prefix + strconv.Itoa(number), fmt.Sprintf("%s %s %d", name, prefix, number), func(_ *model, t *thing) bool {
		v, ok := t.numbers[name]
		return ok && map[string]bool{"eq": v == number, "ne": v != number, "gt": v > number, "lt": v < number, "ge": v >= number, "le": v <= number, "sa": v > number, "eb": v < number}[prefix]
	}}
}

func (d draws) text(name string) condition {
	value := d.given()
	if name == "family" {
		value = d.family()
	}
	runes := []rune(value)
	part := string(runes[:1+d.IntN(2)])
	any := func(is func(have string) bool) func(*model, *thing) bool {
		return func(_ *model, t *thing) bool { return slices.ContainsFunc(t.strings[name], is) }
	}
	switch d.IntN(4) {
	case 0:
		return condition{name + ":exact", value, "", any(func(have string) bool { return have == value })}
	case 1:
		part = string(runes[len(runes)-2:])
		return condition{name + ":contains", part, fmt.Sprintf("%s co %q", name, part), any(func(have string) bool { return strings.Contains(search.Fold(have), search.Fold(part)) })}
	case 2:
		return condition{name, value, fmt.Sprintf("%s sw %q", name, value), any(func(have string) bool { return strings.HasPrefix(search.Fold(have), search.Fold(value)) })}
	}
	return condition{name, part, fmt.Sprintf("%s sw %q", name, part), any(func(have string) bool { return strings.HasPrefix(search.Fold(have), search.Fold(part)) })}
}

// follow draws a chain or a _has.
func (d draws) follow(typ string, depth int) (condition, bool) {
	if d.chance(2) {
		var names []string
		for _, name := range sortedNames(modelFields[typ]) {
			if modelFields[typ][name] == "reference" {
				names = append(names, name)
			}
		}
		if len(names) == 0 {
			return condition{}, false
		}
		name := d.one(names...)
		target := d.one(modelTargets[name]...)
		c := d.condition(target, depth)
		filter := c.filter
		if filter != "" {
			filter = name + ":" + target + "." + filter
		}
		return condition{name + ":" + target + "." + c.name, c.value, filter, func(m *model, t *thing) bool {
			return slices.ContainsFunc(t.refs[name], func(ref string) bool {
				to := m.known[ref]
				return m.visible(to) && to.typ == target && c.holds(m, to)
			})
		}}, true
	}
	var ways [][2]string // type and reference
	for _, source := range sortedNames(modelFields) {
		for _, name := range sortedNames(modelFields[source]) {
			if modelFields[source][name] == "reference" && slices.Contains(modelTargets[name], typ) {
				ways = append(ways, [2]string{source, name})
			}
		}
	}
	way := ways[d.IntN(len(ways))]
	c := d.condition(way[0], depth)
	filter := c.filter
	if filter != "" {
		filter = "_has:" + way[0] + ":" + way[1] + ":" + filter
	}
	return condition{"_has:" + way[0] + ":" + way[1] + ":" + c.name, c.value, filter, func(m *model, t *thing) bool {
		return slices.ContainsFunc(m.all, func(from *thing) bool {
			return from.typ == way[0] && m.visible(from) && slices.Contains(from.refs[way[1]], t.key()) && c.holds(m, from)
		})
	}}, true
}

// tree draws an expression of And, Or and Not; "" if it happened to draw what
// _filter cannot say.
func (d draws) tree(typ string, depth int) condition {
	if depth == 0 || d.chance(3) {
		for {
			if c := d.condition(typ, 2); c.filter != "" {
				return c
			}
		}
	}
	a, b := d.tree(typ, depth-1), d.tree(typ, depth-1)
	switch d.IntN(3) {
	case 0:
		return condition{filter: "(" + a.filter + ") and (" + b.filter + ")", holds: func(m *model, t *thing) bool { return a.holds(m, t) && b.holds(m, t) }}
	case 1:
		return condition{filter: "(" + a.filter + ") or (" + b.filter + ")", holds: func(m *model, t *thing) bool { return a.holds(m, t) || b.holds(m, t) }}
	}
	return condition{filter: "not (" + a.filter + ")", holds: func(m *model, t *thing) bool { return !a.holds(m, t) }}
}
