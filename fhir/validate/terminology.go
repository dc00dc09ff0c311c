package validate

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// Terms knows value sets. The validator asks R4's own definitions first and
// Terms about the rest; without Terms the rest is unknown.
type Terms interface {
	// Member says whether the code of the system belongs to the value set,
	// given by its canonical URL with or without |version. With an empty
	// system any system of the value set will do.
	Member(valueSet, system, code string) Answer
}

// Answer is yes, no, or that nobody can tell: the value set is not there, or
// needs a code system that is not.
type Answer uint8

// The answers.
const (
	Unknown Answer = iota
	No
	Yes
)

// codes are the codes that an element of type code must be among: those of
// its required binding (terminologies.html#required). It is nil when there is
// none, or when its members cannot be enumerated from the definitions, as with
// media types, currencies and units. Of a code the value set implies the
// system, so that the code alone decides.
func (v *Validator) codes(el *spec.Element, ref spec.TypeRef) *spec.Set {
	if ref.Code != "code" || el.Binding == nil || el.Binding.Strength != "required" {
		return nil
	}
	set, ok := v.defs.Codes(el.Binding.ValueSet)
	if !ok {
		return nil
	}
	return &set
}

// unknownCode names the value set that a code is not in.
func unknownCode(el *spec.Element) string {
	url, _, _ := strings.Cut(el.Binding.ValueSet, "|")
	return "the code is not in the required value set " + url
}

// bound is the binding of a concept, nil when there is nothing to check.
func bound(el *spec.Element, ref spec.TypeRef) *spec.Binding {
	switch ref.Code {
	case "CodeableConcept", "Coding":
		if b := el.Binding; b != nil && b.ValueSet != "" && (b.Strength == "required" || b.Strength == "extensible") {
			return b
		}
	}
	return nil
}

// concept holds a Coding or CodeableConcept against the binding of its
// element (terminologies.html#strength): one of its codings must be a member.
func (w *walk) concept(n tree.Node, m *member) {
	required := m.bound.Strength == "required"
	if !required && !w.advise {
		return
	}
	d := w.d
	any, yes, unknown := false, false, false
	try := func(c tree.Node) {
		code := d.Get(c, "code")
		if code == tree.None {
			return
		}
		any = true
		switch w.member(m.bound.ValueSet, d.Text(d.Get(c, "system")), d.Text(code)) {
		case Yes:
			yes = true
		case Unknown:
			unknown = true
		}
	}
	if m.shape.typ.Name == "Coding" {
		try(n)
	} else {
		for c := range d.Children(d.Get(n, "coding")) {
			try(c)
		}
	}
	url, _, _ := strings.Cut(m.bound.ValueSet, "|")
	switch {
	case !any && required:
		if d.Get(n, "extension") == tree.None {
			w.report(n, fhir.CodeInvalid, "a code of the required value set "+url+" is needed")
		}
	case !any, yes:
	case unknown:
		w.warn(n, fhir.CodeInvalid, "it is not known whether the code is in the value set "+url)
	case required:
		w.report(n, fhir.CodeInvalid, "no code is in the required value set "+url)
	default:
		w.warn(n, fhir.CodeInvalid, "no code is in the value set "+url+", which should be used where it has a fitting one")
	}
}

// member asks R4's definitions, then Terms. A coding without a system is in no
// value set: its code means nothing.
func (w *walk) member(valueSet, system, code string) Answer {
	if system == "" {
		return No
	}
	if set, ok := w.v.defs.Codes(valueSet); ok {
		if set.Has(system, code) {
			return Yes
		}
		return No
	}
	if w.terms != nil {
		return w.terms.Member(valueSet, system, code)
	}
	return Unknown
}
