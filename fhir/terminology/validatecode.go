package terminology

import (
	"context"
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
)

// http://hl7.org/fhir/R4/valueset-operation-validate-code.html
// http://hl7.org/fhir/R4/codesystem-operation-validate-code.html

// validateMember answers ValueSet/$validate-code.
func (r *Registry) validateMember(ctx context.Context, svc fhir.Service, op fhir.Operation) (fhir.Result, error) {
	v, list, err := r.begin(ctx, svc, op, "",
		"url", "valueSet", "valueSetVersion", "code", "system", "systemVersion", "display", "coding", "codeableConcept", "abstract", "displayLanguage",
		"system-version", "check-system-version", "force-system-version")
	if err != nil {
		return fhir.Result{}, err
	}
	p, err := v.subject(op, list, valueSetType, "url", "valueSetVersion", "valueSet")
	if err != nil {
		return fhir.Result{}, err
	}
	if p == nil {
		return fhir.Result{}, fhir.Errorf(fhir.Required, "a value set is named by url, or is given as valueSet").At("url")
	}
	if err := v.readVersions(list); err != nil {
		return fhir.Result{}, err
	}
	codings, err := list.questions("systemVersion")
	if err != nil {
		return fhir.Result{}, err
	}
	if codings[0].System == "" && list.get("code") != nil {
		return fhir.Result{}, fhir.Errorf(fhir.Required, "a code is one of a code system: it is given as system").At("system")
	}
	return v.judge(list, codings, func(c Coding) (Membership, error) {
		if c.System == "" {
			return no("the coding has no system"), nil
		}
		return v.member(p.valueSet, c)
	})
}

// validateCode answers CodeSystem/$validate-code.
func (r *Registry) validateCode(ctx context.Context, svc fhir.Service, op fhir.Operation) (fhir.Result, error) {
	v, list, err := r.begin(ctx, svc, op, "",
		"url", "codeSystem", "code", "version", "display", "coding", "codeableConcept", "abstract", "displayLanguage")
	if err != nil {
		return fhir.Result{}, err
	}
	p, err := v.subject(op, list, systemType, "url", "version", "codeSystem")
	if err != nil {
		return fhir.Result{}, err
	}
	codings, err := list.questions("version")
	if err != nil {
		return fhir.Result{}, err
	}
	if p == nil && list.get("code") != nil {
		return fhir.Result{}, fhir.Errorf(fhir.Required, "a code system is named by url, or is given as codeSystem").At("url")
	}
	return v.judge(list, codings, func(c Coding) (Membership, error) {
		s := (*System)(nil)
		if p != nil {
			if s = p.system; c.System != "" && c.System != s.URL {
				return no("the coding is of another code system"), nil
			}
		} else if s, err = v.system(c.System, c.Version); err != nil {
			return Membership{}, err
		}
		if s == nil {
			return unknown("the code system " + clip(c.System) + versionOf(c.Version) + " is not known here"), nil
		}
		return s.has(c.Code), nil
	})
}

// questions are the codings that are to be judged: any one of them will do.
func (list arguments) questions(version string) ([]Coding, error) {
	code, err := list.text("code")
	if err != nil {
		return nil, err
	}
	one, err := list.coding("coding")
	if err != nil {
		return nil, err
	}
	several, err := list.codings("codeableConcept")
	if err != nil {
		return nil, err
	}
	n := 0
	for _, given := range []bool{code != "", one != nil, several != nil} {
		if given {
			n++
		}
	}
	if n != 1 {
		return nil, fhir.Errorf(fhir.Required, "exactly one of code, coding and codeableConcept is given").At("code")
	}
	display, err := list.text("display")
	if err != nil {
		return nil, err
	}
	switch {
	case one != nil:
		several = []Coding{*one}
	case code != "":
		c := Coding{Code: code}
		if list.get("system") != nil {
			if c.System, err = list.text("system"); err != nil {
				return nil, err
			}
		}
		if c.Version, err = list.text(version); err != nil {
			return nil, err
		}
		several = []Coding{c}
	}
	if display != "" && len(several) == 1 {
		several[0].Display = display
	}
	return several, nil
}

// judge writes what is true of the codings.
func (v *view) judge(list arguments, codings []Coding, ask func(Coding) (Membership, error)) (fhir.Result, error) {
	abstract, given, err := list.flag("abstract")
	if err != nil {
		return fhir.Result{}, err
	}
	language, err := list.text("displayLanguage")
	if err != nil {
		return fhir.Result{}, err
	}
	result := false
	var display string
	var messages []string
	for _, c := range codings {
		m, err := ask(c)
		if m, err = v.settle(m, err); err != nil {
			return fhir.Result{}, err
		}
		if m.Answer == Yes && m.Abstract && given && !abstract {
			m = no("the code is abstract")
		}
		called, err := v.names(c, m, language)
		if err != nil {
			return fhir.Result{}, err
		}
		ok := m.Answer == Yes
		if ok && c.Display != "" && len(called) > 0 && !slices.ContainsFunc(called, func(name string) bool { return sameText(name, c.Display) }) {
			ok = false
			messages = append(messages, "the display is not one of those that the code has")
		}
		if len(called) > 0 && (display == "" || ok && !result) {
			display = called[0]
		}
		if result = result || ok; m.Answer != Yes {
			messages = append(messages, m.Reason)
		}
	}
	out := []parameter{{Name: "result", Boolean: &result}}
	if !result {
		out = with(out, parameter{Name: "message", String: strings.Join(slices.Compact(messages), "; ")})
	}
	return answer(with(out, parameter{Name: "display", String: display}))
}

// names are what a code may be called, the preferred one first.
func (v *view) names(c Coding, m Membership, language string) ([]string, error) {
	var names []string
	if m.Display != "" {
		names = []string{m.Display}
	}
	s, err := v.system(c.System, c.Version)
	if err != nil || s == nil {
		return names, err
	}
	at, ok := s.find(c.Code)
	if !ok {
		return names, nil
	}
	all := s.designations(at)
	if d := inLanguage(all, language); d != nil && !speaks(s.Language, language) {
		names = append([]string{d.Value}, names...)
	}
	if s.concepts[at].Display != "" {
		names = append(names, s.concepts[at].Display)
	}
	for _, d := range all {
		names = append(names, d.Value)
	}
	return names, nil
}

// sameText compares what people read: without regard to case and white space.
func sameText(a, b string) bool {
	return strings.EqualFold(strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " "))
}
