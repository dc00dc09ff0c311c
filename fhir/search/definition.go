package search

import (
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// http://hl7.org/fhir/R4/searchparameter.html

// Definition is a search parameter that was added while the server runs, by a
// SearchParameter resource.
type Definition struct {
	Source     fhir.Key // the resource that defines it
	URL        string
	Version    string
	Code       string
	Type       string
	Expression string
	Base       []string
	Targets    []string
	XPathUsage string
	Status     string

	DerivedFrom string // the url of a parameter that it restates
}

// ReadDefinition reads a SearchParameter resource.
func ReadDefinition(d *tree.Doc, source fhir.Key) Definition {
	text := func(name string) string { return d.Text(d.Get(d.Root(), name)) }
	texts := func(name string) (list []string) {
		for item := range d.Children(d.Get(d.Root(), name)) {
			list = append(list, d.Text(item))
		}
		return list
	}
	return Definition{
		Source: source, URL: text("url"), Version: text("version"), Code: text("code"), Type: text("type"), Expression: text("expression"),
		XPathUsage: text("xpathUsage"), Status: text("status"), Base: texts("base"), Targets: texts("target"),
		DerivedFrom: text("derivedFrom"),
	}
}

// Applies says whether the definition adds something: whether it is active and
// none of R4's own, nor derived from one of them and of the same code. Profiles
// restate those of R4 for their own sake, US Core nearly all it uses; what is
// searched by stays R4's.
func (r *Registry) Applies(def Definition) bool {
	return def.Status == "active" && !slices.ContainsFunc(r.definitions.AllSearchParams(), func(p *spec.SearchParam) bool {
		return p.URL == def.URL || p.URL == def.DerivedFrom && p.Code == def.Code
	})
}

// versionOf says whether two definitions are versions of one search parameter:
// packages of several versions may be there, side by side.
func (def Definition) versionOf(other Definition) bool {
	return def.URL != "" && def.URL == other.URL && def.Version != other.Version
}

// latest leaves of the versions of a search parameter the highest, which is the
// one that is in force.
func latest(list []Definition) []Definition {
	return slices.DeleteFunc(slices.Clone(list), func(def Definition) bool {
		return slices.ContainsFunc(list, func(other Definition) bool {
			return other.versionOf(def) && fhir.CompareVersions(other.Version, def.Version) > 0
		})
	})
}

// maxAdded is how many parameters can be added to one resource type.
const maxAdded = 64

// Admit says why a definition that applies cannot be searched by, nil if it
// can. The others are those that are stored; one of the same resource gives
// way, and another version of the same parameter stands beside it.
func (r *Registry) Admit(def Definition, others []Definition) error {
	refuse := func(element, format string, args ...any) error {
		return fhir.Errorf(fhir.Unprocessable, format, args...).At("SearchParameter." + element)
	}
	if def.Code == "" || strings.HasPrefix(def.Code, "_") || len(def.Code) > 64 || strings.ContainsFunc(def.Code, notInCode) {
		return refuse("code", "an active search parameter needs a code of 1 to 64 letters, digits and '-'; those that begin with '_' are FHIR's own")
	}
	if !indexed[def.Type] {
		return refuse("type", "search parameters of type %s cannot be added to this server; with the status draft it can be stored", clip(def.Type))
	}
	if def.XPathUsage != "" && def.XPathUsage != "normal" {
		return refuse("xpathUsage", "search parameters of the usage %s cannot be added to this server", clip(def.XPathUsage))
	}
	types := r.appliesTo(def)
	if len(types) == 0 {
		return refuse("base", "the base names no resource type")
	}
	for _, typ := range types {
		if built := r.definitions.SearchParam(typ, def.Code); built != nil {
			return refuse("code", "%s has a search parameter %q already: %s", typ, def.Code, built.URL)
		}
	}
	for _, other := range others {
		if other.Code == def.Code && other.Source.Current() != def.Source.Current() && !other.versionOf(def) {
			if both := common(types, r.appliesTo(other)); both != "" {
				return refuse("code", "%s has a search parameter %q already: %s", both, def.Code, other.Source.Current())
			}
		}
	}
	for _, typ := range types {
		n := 0
		for _, other := range others {
			if other.Source.Current() != def.Source.Current() && !other.versionOf(def) && slices.Contains(r.appliesTo(other), typ) {
				n++
			}
		}
		if n >= maxAdded {
			return refuse("base", "%s has %d added search parameters, and cannot have more", typ, maxAdded)
		}
	}
	return r.evaluable(def, types)
}

// evaluable says why an expression cannot be evaluated.
func (r *Registry) evaluable(def Definition, types []string) error {
	if def.Expression == "" {
		return fhir.Errorf(fhir.Unprocessable, "an active search parameter needs an expression").At("SearchParameter.expression")
	}
	expr, err := path.Parse(def.Expression)
	if err != nil {
		return explained(err)
	}
	if name := unstable(expr); name != "" {
		return fhir.Errorf(fhir.Unprocessable, "an expression that uses %s() has no lasting value to index", name).At("SearchParameter.expression")
	}
	for _, typ := range types {
		d, err := tree.Parse([]byte(`{"resourceType":"` + typ + `"}`))
		if err == nil {
			_, err = expr.Eval(d, d.Root(), path.Env{Definitions: r.definitions})
		}
		if err != nil {
			return explained(err)
		}
	}
	return nil
}

// explained is the refusal for what fhir/path says of an expression, with the
// position in it.
func explained(err error) error {
	if e, ok := err.(*fhir.Error); ok {
		return fhir.Errorf(fhir.Unprocessable, "%s", e.Message).At("SearchParameter.expression")
	}
	return err
}

// unstable is the function by which an expression depends on when it is
// evaluated, "" if it does not.
func unstable(e *path.Expr) string {
	if e == nil {
		return ""
	}
	if e.Kind == path.Call && (e.Name == "now" || e.Name == "today" || e.Name == "timeOfDay") {
		return e.Name
	}
	for _, part := range append([]*path.Expr{e.On}, e.Args...) {
		if name := unstable(part); name != "" {
			return name
		}
	}
	return ""
}

func notInCode(c rune) bool {
	return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_')
}

func common(a, b []string) string {
	for _, s := range a {
		if slices.Contains(b, s) {
			return s
		}
	}
	return ""
}

// appliesTo lists the resource types that a definition is for.
func (r *Registry) appliesTo(def Definition) []string {
	var types []string
	for _, typ := range r.definitions.ResourceTypes() {
		for t := r.definitions.Type(typ); t != nil; t = r.definitions.Type(t.Base) {
			if slices.Contains(def.Base, t.Name) {
				types = append(types, typ)
				break
			}
		}
	}
	return types
}
