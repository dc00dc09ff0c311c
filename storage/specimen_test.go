package storage_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir/spec"
)

// specimen makes a resource that has a value wherever a search parameter of
// its type looks: every choice of an element at once, every target of a
// reference. It is no valid resource, and the index does not ask for one.
type specimen struct {
	defs   *spec.Definitions
	word   string // every text
	letter string // in every code, url and id
	number int
	year   string

	names  map[string]bool     // of the elements in expressions
	guards map[string][]string // where(name='value')
	within []string            // types that are being made
}

var (
	specimenNames  = regexp.MustCompile(`[A-Za-z]+`)
	specimenGuards = regexp.MustCompile(`where\((\w+) ?= ?'([^']+)'\)`)
)

func (s specimen) of(typ string) string {
	s.names, s.guards = map[string]bool{"meta": true, "latitude": true, "longitude": true}, map[string][]string{}
	for _, p := range s.defs.SearchParams(typ) {
		texts := []string{p.Expression}
		for _, c := range p.Components {
			texts = append(texts, c.Expression)
		}
		for _, text := range texts {
			for _, name := range specimenNames.FindAllString(text, -1) {
				s.names[name] = true
			}
			for _, g := range specimenGuards.FindAllStringSubmatch(text, -1) {
				if !slices.Contains(s.guards[g[1]], g[2]) {
					s.guards[g[1]] = append(s.guards[g[1]], g[2])
				}
			}
		}
	}
	o := s.object(s.defs.Type(typ))[0].(map[string]any)
	o["resourceType"], o["id"] = typ, s.letter
	o["text"] = map[string]any{"status": "generated", "div": `<div xmlns="http://www.w3.org/1999/xhtml">` + s.word + `</div>`}
	out, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return string(out)
}

// object is one object of a type, or several that differ in what guards ask.
func (s specimen) object(t *spec.Type) []any {
	s.within = append(slices.Clone(s.within), t.Name)
	o := map[string]any{}
	guard := ""
	for i := range t.Elements {
		el := &t.Elements[i]
		if el.Max == 0 || slices.Contains([]string{"extension", "modifierExtension", "id"}, el.Name) {
			continue
		}
		if t.Kind == spec.Resource && slices.Contains([]string{"contained", "text", "implicitRules", "language"}, el.Name) {
			continue
		}
		if (t.Kind == spec.Resource || t.Kind == spec.Backbone) && !s.names[el.Name] {
			continue
		}
		if len(s.guards[el.Name]) > 0 && len(el.Types) == 1 && el.Types[0].Code == "code" {
			guard = el.Name
		}
		if el.Content != nil {
			if !slices.Contains(s.within, el.Content.Name) {
				o[el.Name] = s.object(el.Content)
			}
			continue
		}
		boolean := slices.ContainsFunc(el.Types, func(r spec.TypeRef) bool { return r.Code == "boolean" })
		for _, ref := range el.Types {
			name := el.Name
			if el.Choice {
				name += strings.ToUpper(ref.Code[:1]) + ref.Code[1:]
				if boolean && ref.Code != "boolean" && s.number > 20 && t.Kind == spec.Resource {
					continue // what is false has no date
				}
			}
			if v := s.value(ref); v != nil {
				if list, ok := v.([]any); ok && el.Max == 1 && len(list) == 1 {
					v = list[0]
				}
				if _, list := v.([]any); !list && el.Max != 1 {
					v = []any{v}
				}
				o[name] = v
			}
		}
	}
	all := []any{o}
	for _, value := range s.guards[guard] {
		other := map[string]any{}
		for k, v := range o {
			other[k] = v
		}
		other[guard] = value
		all = append(all, other)
	}
	return all
}

func (s specimen) value(ref spec.TypeRef) any {
	date := s.year + "-02-03"
	switch ref.Code {
	case "boolean":
		return s.number < 20
	case "integer", "positiveInt", "unsignedInt", "decimal":
		return s.number
	case "date":
		return date
	case "dateTime", "instant":
		return date + "T10:00:00Z"
	case "time":
		return "10:00:00"
	case "code":
		return "code-" + s.letter
	case "id":
		return "id-" + s.letter
	case "uri", "url", "canonical", "oid", "uuid":
		return "http://" + s.letter + ".example/x"
	case "string", "markdown":
		return s.word
	case "Reference":
		targets := ref.Targets
		if len(targets) == 0 || slices.Contains(targets, "Resource") {
			targets = []string{"Patient", "Practitioner", "Organization", "Encounter", "Device", "Location"}
		}
		var list []any
		for _, t := range targets {
			list = append(list, map[string]any{"reference": t + "/" + s.letter, "identifier": map[string]any{"system": "http://" + s.letter + ".example/x", "value": s.word}})
		}
		return list
	case "Resource":
		return []any{map[string]any{"resourceType": "Composition", "id": s.letter}, map[string]any{"resourceType": "MessageHeader", "id": s.letter}}
	case "Timing":
		return map[string]any{"event": []any{date}}
	case "Extension", "Narrative", "base64Binary", "xhtml", "SampledData":
		return nil
	}
	t := s.defs.Type(ref.Code)
	if t == nil || t.Kind == spec.Primitive || slices.Contains(s.within, t.Name) || len(s.within) > 7 {
		return nil
	}
	list := s.object(t)
	if strings.HasSuffix(ref.Code, "Quantity") || slices.Contains([]string{"Age", "Duration", "Count", "Distance"}, ref.Code) {
		q := list[0].(map[string]any)
		delete(q, "comparator")
		q["system"], q["code"] = "http://unitsofmeasure.org", "kg"
	}
	return list
}
