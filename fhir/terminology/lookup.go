package terminology

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
)

// http://hl7.org/fhir/R4/codesystem-operation-lookup.html

// lookup answers CodeSystem/$lookup.
func (r *Registry) lookup(ctx context.Context, svc fhir.Service, op fhir.Operation) (fhir.Result, error) {
	v, list, err := r.begin(ctx, svc, op, "", "code", "system", "version", "coding", "displayLanguage", "property")
	if err != nil {
		return fhir.Result{}, err
	}
	c, err := list.pair("code", "coding", "system", "version")
	if err != nil {
		return fhir.Result{}, err
	}
	s, err := v.system(c.System, c.Version)
	if err != nil {
		return fhir.Result{}, err
	}
	if s == nil {
		return fhir.Result{}, missing("code system", c.System+strings.TrimSuffix("|"+c.Version, "|"), "system")
	}
	at, ok := s.find(c.Code)
	switch m := s.has(c.Code); {
	case m.Answer == Yes && !ok: // a code of a grammar, of which more is not known
		return answer([]parameter{{Name: "name", String: s.URL}, {Name: "display", String: c.Code}})
	case m.Answer != Yes:
		return fhir.Result{}, fhir.Errorf(fhir.NotFound, "%s", m.Reason).At("code")
	}
	language, err := list.text("displayLanguage")
	if err != nil {
		return fhir.Result{}, err
	}
	return answer(s.describe(at, language, list.all("property")))
}

// pair is a code with its system, given as one or as two parameters.
func (list arguments) pair(code, coding, system, version string) (Coding, error) {
	one, err := list.coding(coding)
	if err != nil {
		return Coding{}, err
	}
	text, err := list.text(code)
	if err != nil {
		return Coding{}, err
	}
	if (one == nil) == (text == "") {
		return Coding{}, fhir.Errorf(fhir.Required, "either %s or %s is given", code, coding).At(code)
	}
	if one == nil {
		one = &Coding{Code: text}
		if one.System, err = list.text(system); err != nil {
			return Coding{}, err
		}
		if one.Version, err = list.text(version); err != nil {
			return Coding{}, err
		}
	}
	if one.System == "" {
		return Coding{}, fhir.Errorf(fhir.Required, "a code is one of a code system").At(system)
	}
	return *one, nil
}

// describe says of a concept what was asked for, or everything.
func (s *System) describe(at int32, language string, wanted []string) []parameter {
	c := &s.concepts[at]
	want := func(name string) bool { return len(wanted) == 0 || slices.Contains(wanted, name) }
	name := s.Name
	if name == "" {
		name = s.URL
	}
	out := with([]parameter{{Name: "name", String: name}}, parameter{Name: "version", String: s.Version})
	display, all := c.Display, s.designations(at)
	if d := inLanguage(all, language); d != nil && !speaks(s.Language, language) {
		display = d.Value
	}
	if display == "" {
		display = c.Code // it is mandatory
	}
	out = append(out, parameter{Name: "display", String: display})
	for _, d := range all {
		if want("designation") || slices.Contains(wanted, "lang."+d.Language) {
			part := with(nil, parameter{Name: "language", Code: d.Language})
			if d.Use.Code != "" {
				part = append(part, parameter{Name: "use", Coding: d.Use.written()})
			}
			out = append(out, parameter{Name: "designation", Part: with(part, parameter{Name: "value", String: d.Value})})
		}
	}
	property := func(code string, value parameter) {
		if want(code) {
			value.Name = "value"
			out = append(out, parameter{Name: "property", Part: with([]parameter{{Name: "code", Code: code}}, value)})
		}
	}
	if c.Definition != "" {
		property("definition", parameter{String: c.Definition})
	}
	if c.inactive {
		property("inactive", parameter{Boolean: &c.inactive})
	}
	for _, p := range c.parents {
		property("parent", parameter{Code: s.concepts[p].Code})
	}
	for _, p := range c.children {
		property("child", parameter{Code: s.concepts[p].Code})
	}
	for _, p := range s.attributes(at) {
		if !slices.Contains([]string{"parent", "child", "inactive"}, p.Code) {
			property(p.Code, p.written())
		}
	}
	return out
}

// numeral is a number of JSON. What is stored without being validated may
// have something else in its place.
var numeral = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// written is the value of a property as it is written.
func (p attribute) written() parameter {
	if p.Coding != nil {
		return parameter{Coding: p.Coding.written()}
	}
	switch p.Type {
	case "Code":
		return parameter{Code: p.Text}
	case "Boolean":
		return parameter{Boolean: truth(p.Text == "true")}
	case "Integer":
		if numeral.MatchString(p.Text) {
			return parameter{Integer: json.Number(p.Text)}
		}
	case "Decimal":
		if numeral.MatchString(p.Text) {
			return parameter{Decimal: json.Number(p.Text)}
		}
	case "DateTime":
		return parameter{DateTime: p.Text}
	}
	return parameter{String: p.Text}
}
