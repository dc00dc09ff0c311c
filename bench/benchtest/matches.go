package benchtest

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// parameter is where a search parameter looks, as far as the scenarios ask.
type parameter struct{ kind, paths string }

var parameters = map[string]parameter{
	"_id":                           {"id", "id"},
	"identifier":                    {"token", "identifier"},
	"code":                          {"token", "code medicationCodeableConcept"},
	"category":                      {"token", "category"},
	"status":                        {"token", "status"},
	"class":                         {"token", "class"},
	"gender":                        {"token", "gender"},
	"clinical-status":               {"token", "clinicalStatus"},
	"name":                          {"string", "name name.family name.given name.prefix"},
	"family":                        {"string", "name.family"},
	"given":                         {"string", "name.given"},
	"address":                       {"string", "address.line address.city address.state address.postalCode address.country"},
	"address-city":                  {"string", "address.city"},
	"birthdate":                     {"date", "birthDate"},
	"date":                          {"date", "effectiveDateTime occurrenceDateTime period"},
	"created":                       {"date", "created"},
	"value-quantity":                {"number", "valueQuantity.value"},
	"component-value-quantity":      {"number", "component.valueQuantity.value"},
	"combo-value-quantity":          {"number", "valueQuantity.value component.valueQuantity.value"},
	"patient":                       {"reference", "subject.reference patient.reference"},
	"subject":                       {"reference", "subject.reference"},
	"encounter":                     {"reference", "encounter.reference"},
	"participant":                   {"reference", "participant.individual.reference"},
	"performer":                     {"reference", "performer.reference"},
	"requester":                     {"reference", "requester.reference"},
	"code-value-quantity":           {"composite", "."},
	"component-code-value-quantity": {"composite", "component"},
	"combo-code-value-quantity":     {"composite", ". component"},
}

// at is all values that a path of members leads to.
func at(v any, path string) (found []any) {
	if list, ok := v.([]any); ok {
		for _, x := range list {
			found = append(found, at(x, path)...)
		}
		return found
	}
	if path == "" || path == "." {
		return []any{v}
	}
	name, rest, _ := strings.Cut(path, ".")
	if o, ok := v.(map[string]any); ok && o[name] != nil {
		return at(o[name], rest)
	}
	return nil
}

// seen is all values that a parameter looks at.
func (p parameter) seen(o map[string]any) (found []any) {
	for _, path := range strings.Fields(p.paths) {
		found = append(found, at(o, path)...)
	}
	return found
}

func (s *Server) matches(key string, q url.Values) bool {
	o := s.object(key)
	for name, values := range q {
		for _, v := range values {
			if !s.satisfies(key, o, name, v) {
				return false
			}
		}
	}
	return true
}

// satisfies says whether a resource has one of the values of a parameter.
func (s *Server) satisfies(key string, o map[string]any, name, value string) bool {
	if path, chained := strings.CutPrefix(name, "subject:Patient."); chained {
		return s.satisfies("", s.object(reference(o, "subject")), path, value)
	}
	if name == "_has:Condition:patient:code" {
		return slices.ContainsFunc(s.keys, func(other string) bool {
			return strings.HasPrefix(other, "Condition/") && reference(s.object(other), "subject") == key && s.satisfies(other, s.object(other), "code", value)
		})
	}
	param, modifier, _ := strings.Cut(name, ":")
	p, known := parameters[param]
	if !known {
		return true // what does not narrow the search
	}
	for _, one := range strings.Split(value, ",") {
		for _, v := range p.seen(o) {
			if p.is(v, modifier, one) {
				return true
			}
		}
	}
	return false
}

func (p parameter) is(v any, modifier, value string) bool {
	switch p.kind {
	case "id":
		return v == value
	case "token":
		return token(v, value)
	case "reference":
		ref, _ := v.(string)
		return ref == value || strings.HasSuffix(ref, "/"+value)
	case "string":
		text, _ := v.(string)
		text, value = strings.ToLower(text), strings.ToLower(value)
		return strings.HasPrefix(text, value) || modifier == "contains" && strings.Contains(text, value)
	case "date":
		return during(v, value)
	case "number":
		n, _ := v.(float64)
		return compares(n, value)
	}
	code, limit, _ := strings.Cut(value, "$")
	part, _ := v.(map[string]any)
	n, ok := at(v, "valueQuantity.value"), part != nil
	return ok && len(n) > 0 && token(part["code"], code) && compares(n[0].(float64), limit)
}

// token compares a code, Coding, CodeableConcept or Identifier.
func token(v any, want string) bool {
	switch v := v.(type) {
	case string:
		return v == want[strings.Index(want, "|")+1:]
	case map[string]any:
		if list, ok := v["coding"].([]any); ok {
			return slices.ContainsFunc(list, func(c any) bool { return token(c, want) })
		}
		code := v["code"]
		if code == nil {
			code = v["value"]
		}
		return want == fmt.Sprintf("%v|%v", v["system"], code) || want == fmt.Sprint(code)
	}
	return false
}

// prefixed takes the prefix off a value.
func prefixed(value string) (prefix, rest string) {
	for _, p := range []string{"eq", "lt", "gt", "ge", "le", "sa", "eb"} {
		if rest, ok := strings.CutPrefix(value, p); ok {
			return p, rest
		}
	}
	return "eq", value
}

func compares(n float64, value string) bool {
	prefix, text := prefixed(value)
	limit, _ := strconv.ParseFloat(text, 64)
	switch prefix {
	case "lt", "eb":
		return n < limit
	case "gt", "sa":
		return n > limit
	case "ge":
		return n >= limit
	case "le":
		return n <= limit
	}
	return n >= limit-0.5 && n < limit+0.5
}

// during compares times as intervals.
func during(v any, value string) bool {
	prefix, text := prefixed(value)
	low, high := span(text)
	l, h := span(v)
	switch inside := !l.Before(low) && !h.After(high); prefix {
	case "lt":
		return l.Before(low)
	case "gt":
		return h.After(high)
	case "ge":
		return h.After(high) || inside
	case "le":
		return l.Before(low) || inside
	case "sa":
		return !l.Before(high)
	case "eb":
		return !h.After(low)
	default:
		return inside
	}
}

func span(v any) (low, high time.Time) {
	if p, ok := v.(map[string]any); ok {
		low, _ = span(p["start"])
		_, high = span(p["end"])
		return low, high
	}
	text, _ := v.(string)
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, t.Add(time.Second)
	}
	if t, err := time.Parse("2006-01-02", text); err == nil {
		return t, t.AddDate(0, 0, 1)
	}
	t, _ := time.Parse("2006", text)
	return t, t.AddDate(1, 0, 0)
}
