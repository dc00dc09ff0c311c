package terminology

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
)

// http://hl7.org/fhir/R4/valueset-operation-expand.html

// maxExpansion is how many codes an expansion may have that is not asked for
// in pages.
const maxExpansion = 10_000

// maxWords is how many words a text filter may have: each is looked for in all
// that every code is called.
const maxWords = 32

// expansion is a request to expand a value set.
type expansion struct {
	enumeration
	vs         *ValueSet
	words      []string // of the text filter, in lower case
	offset     int
	count      int // math.MaxInt for all
	paged      bool
	active     bool
	concrete   bool // abstract codes are left out
	nested     bool
	described  bool // with designations
	kinds      []string
	language   string
	definition bool
	without    []string // code systems

	total   int
	members []found
	asked   []parameter
}

// ExpandParameters are the parameters of ValueSet/$expand.
var ExpandParameters = []string{
	"url", "valueSet", "valueSetVersion", "filter", "offset", "count", "includeDesignations", "designation", "includeDefinition", "activeOnly",
	"excludeNested", "excludeNotForUI", "excludePostCoordinated", "displayLanguage", "exclude-system", "system-version", "check-system-version", "force-system-version",
}

// expand answers ValueSet/$expand.
func (r *Registry) expand(ctx context.Context, svc fhir.Service, op fhir.Operation) (fhir.Result, error) {
	v, list, err := r.begin(ctx, svc, op, "valueSet", ExpandParameters...)
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
	e := &expansion{enumeration: enumeration{view: v, partial: true}, vs: p.valueSet, count: math.MaxInt}
	if err := e.read(list); err != nil {
		return fhir.Result{}, err
	}
	if err := e.set(e.vs, e.take); err != nil {
		return fhir.Result{}, err
	}
	return e.result()
}

// read reads what restricts and shapes the expansion.
func (e *expansion) read(list arguments) error {
	for _, f := range []struct {
		name string
		to   *bool
	}{
		{"includeDesignations", &e.described}, {"includeDefinition", &e.definition}, {"activeOnly", &e.active},
		{"excludeNested", &e.nested}, {"excludeNotForUI", &e.concrete}, {"excludePostCoordinated", new(bool)},
	} {
		yes, given, err := list.flag(f.name)
		if err != nil {
			return err
		}
		if *f.to = yes; given {
			e.asked = append(e.asked, parameter{Name: f.name, Boolean: &yes})
		}
	}
	for _, n := range []struct {
		name string
		to   *int
	}{{"offset", &e.offset}, {"count", &e.count}} {
		text, err := list.text(n.name)
		if err != nil {
			return err
		}
		if text == "" {
			continue
		}
		number, err := strconv.Atoi(text)
		if err != nil || number < 0 {
			return fhir.Errorf(fhir.Value, "%s is a number from 0", n.name).At(n.name)
		}
		*n.to, e.paged = number, true
		e.asked = append(e.asked, parameter{Name: n.name, Integer: jsonNumber(number)})
	}
	filter, err := list.text("filter")
	if err != nil && list.get("filter").doc != nil {
		return err // an empty one in a URL is what a form sends before anything is typed
	}
	if e.words = strings.Fields(strings.ToLower(filter)); len(e.words) > maxWords {
		return fhir.Errorf(fhir.TooCostly, "a filter has at most %d words", maxWords).At("filter")
	}
	e.nested = !e.nested && !e.paged && len(e.words) == 0
	if e.language, err = list.text("displayLanguage"); err != nil {
		return err
	}
	if filter != "" {
		e.asked = append(e.asked, parameter{Name: "filter", String: filter})
	}
	if e.language != "" {
		e.asked = append(e.asked, parameter{Name: "displayLanguage", Code: e.language})
	}
	e.without, e.kinds = list.all("exclude-system"), list.all("designation")
	return e.readVersions(list)
}

// readVersions reads which versions of code systems are taken, unless the
// value set names one; must be those it names; are taken whatever it names.
func (v *view) readVersions(list arguments) error {
	for _, name := range []string{"system-version", "check-system-version", "force-system-version"} {
		for _, canonical := range list.all(name) {
			url, version := split(canonical)
			if version == "" {
				return fhir.Errorf(fhir.Value, "the parameter is the URL of a code system, | and a version").At(name)
			}
			rules := &v.versions
			switch name {
			case "check-system-version":
				rules = &v.checked
			case "force-system-version":
				rules = &v.forced
			}
			if *rules == nil {
				*rules = map[string]string{}
			}
			(*rules)[url] = version
		}
	}
	return nil
}

// take counts a member, and keeps it if it is on the page.
func (e *expansion) take(f found) error {
	if e.active && f.inactive || e.concrete && f.abstract || e.excluded(f.System) || !e.matches(f) {
		return nil
	}
	e.total++
	if e.total > e.offset && len(e.members) < e.count {
		e.members = append(e.members, f)
	}
	if !e.paged && e.total > maxExpansion || len(e.members) > maxExpansion {
		return fhir.Errorf(fhir.TooCostly, "the expansion has more than %d codes: it can be had in pages, by count and offset, or restricted by filter", maxExpansion)
	}
	return nil
}

func (e *expansion) excluded(system string) bool {
	return slices.ContainsFunc(e.without, func(c string) bool { url, _ := split(c); return url == system })
}

// matches says whether each word of the text filter occurs in the code, or in
// what it is called in whatever language.
func (e *expansion) matches(f found) bool {
	if len(e.words) == 0 {
		return true
	}
	texts := []string{strings.ToLower(f.Code), strings.ToLower(f.Display)}
	for _, d := range e.designations(f) {
		texts = append(texts, strings.ToLower(d.Value))
	}
	for _, word := range e.words {
		if !slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(t, word) }) {
			return false
		}
	}
	return true
}

// designations are those of the value set, then those of the code system.
func (e *enumeration) designations(f found) []designation {
	if f.system == nil || f.at < 0 {
		return f.designations
	}
	return append(f.designations[:len(f.designations):len(f.designations)], f.system.designations(f.at)...)
}
