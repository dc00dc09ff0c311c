package profile

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
	"github.com/webdoctor/webdoctor/fhir/validate"
)

const structureURL = "http://hl7.org/fhir/StructureDefinition/"

// typed holds an item against the types of the element.
func (w *walk) typed(i item, e *Element) {
	if len(e.Types) == 0 || i.typ == "" {
		return
	}
	var of *Type
	for at := range e.Types {
		if t := &e.Types[at]; t.Code == i.typ || w.derives(i.typ, t.Code) {
			of = t
		}
	}
	if of == nil {
		if strings.HasSuffix(e.Name, "[x]") || i.kind != nil && i.kind.Kind == spec.Resource {
			w.report(i.at, fhir.Value, "the profile does not allow the type "+i.typ+" here")
		}
		return
	}
	if len(of.Targets) > 0 && i.node != tree.None {
		w.points(i, of)
	}
	if len(of.Profiles) > 0 && w.d.Kind(i.node) == tree.Object {
		w.one(i, of.Profiles)
	}
}

// derives says whether a type is another or one that is made of it.
func (w *walk) derives(name, base string) bool {
	for t := w.defs.Type(name); t != nil; t = w.defs.Type(t.Base) {
		if t.Name == base {
			return true
		}
	}
	return false
}

// points holds a reference against the types of the resources that the
// profile allows. What they are beyond their type only they could tell.
func (w *walk) points(i item, of *Type) {
	at := w.d.Get(i.node, "reference")
	ref := w.d.Text(at)
	name := validate.TypeOfReference(ref)
	if name == "" || !w.defs.IsResource(name) {
		return
	}
	for _, target := range of.Targets {
		if w.isOf(name, target) {
			return
		}
	}
	w.report(at, fhir.Invalid, "the profile does not allow a reference to a "+name+" here")
}

// isOf says whether resources of a type can satisfy a profile, as far as it is
// known.
func (w *walk) isOf(name, profile string) bool {
	profile, _, _ = strings.Cut(profile, "|")
	if bare, ours := strings.CutPrefix(profile, structureURL); ours && w.defs.Type(bare) != nil {
		return w.derives(name, bare)
	}
	p, err := w.c.Find(profile)
	return err != nil || p == nil || p.Type == name
}

// mayPoint says whether an element refers to resources of a type.
func (w *walk) mayPoint(e *Element, name string) bool {
	for _, t := range e.Types {
		for _, target := range t.Targets {
			if bare, ours := strings.CutPrefix(target, structureURL); ours && bare == name {
				return true
			}
			if p, err := w.c.Find(target); err == nil && p != nil && p.Type == name {
				return true
			}
		}
	}
	return false
}

// coded says whether the codes of a node are in a value set.
func (w *walk) coded(n tree.Node, valueSet string) validate.Answer {
	d := w.d
	if valueSet == "" {
		return validate.Unknown
	}
	switch d.Kind(n) {
	case tree.String:
		return w.c.member(valueSet, "", d.Text(n))
	case tree.Object:
		if list := d.Get(n, "coding"); list != tree.None {
			answer := validate.No
			for c := range d.Children(list) {
				switch w.coded(c, valueSet) {
				case validate.Yes:
					return validate.Yes
				case validate.Unknown:
					answer = validate.Unknown
				}
			}
			return answer
		}
		if code := d.Get(n, "code"); d.Kind(code) == tree.String {
			system := d.Text(d.Get(n, "system"))
			if system == "" {
				return validate.No // the code means nothing
			}
			return w.c.member(valueSet, system, d.Text(code))
		}
		return validate.No
	}
	return validate.Unknown
}

// bound holds an item against the binding that the profile gives the element.
// One that names no value set is about that of R4.
func (w *walk) bound(i item, e *Element) {
	if e.Binding == nil || i.node == tree.None || e.Binding.Strength != "required" && e.Binding.Strength != "extensible" {
		return
	}
	set := e.Binding.ValueSet
	if set == "" {
		set = i.set
	}
	if set == "" || !w.bindable(i) {
		return
	}
	url, _, _ := strings.Cut(set, "|")
	switch answer := w.coded(i.node, set); {
	case answer == validate.Yes:
	case answer == validate.Unknown:
		w.warn(i.at, fhir.CodeInvalid, "it is not known whether the code is in the value set "+url+" of the profile")
	case e.Binding.Strength == "required":
		w.report(i.at, fhir.CodeInvalid, "no code is in the value set "+url+", which the profile requires")
	case w.d.Get(i.node, "text") == tree.None || w.d.Get(i.node, "coding") != tree.None:
		w.warn(i.at, fhir.CodeInvalid, "no code is in the value set "+url+" of the profile, which should be used where it has a fitting one")
	}
}

// bindable says whether the type of an item has codes that a binding can be
// about (terminologies.html#4.1). Some profiles bind extensions.
func (w *walk) bindable(i item) bool {
	return i.typ == "Coding" || i.typ == "CodeableConcept" || w.derives(i.typ, "Quantity") || w.derives(i.typ, "string") || w.derives(i.typ, "uri")
}

// invariants holds an item against the invariants of the profile.
func (w *walk) invariants(i item, e *Element) {
	if i.node == tree.None {
		return
	}
	for _, r := range e.Rules {
		if w.overspent || w.full() {
			return
		}
		if r.expr == nil {
			w.add(i.at, "", fhir.Issue{Severity: "information", Code: fhir.Invariant, Message: r.Key + " of the profile is not FHIRPath that can be read here"})
			continue
		}
		holds, err := r.expr.Holds(w.d, i.item(), path.Env{Definitions: w.defs, Budget: w.steps})
		switch {
		case err != nil && tooCostly(err):
			w.overspent = true
		case err != nil:
			w.add(i.at, "", fhir.Issue{Severity: "information", Code: fhir.Invariant, Message: r.Key + " of the profile cannot be decided here"})
		case holds:
		case r.Severity == "error":
			w.report(i.at, fhir.Invariant, r.Key+" of the profile does not hold: "+r.Human)
		default:
			w.warn(i.at, fhir.Invariant, r.Key+" of the profile does not hold: "+r.Human)
		}
	}
}

func tooCostly(err error) bool { return fhir.CodeOf(err) == fhir.TooCostly }
