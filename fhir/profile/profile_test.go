package profile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/profile"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
	"github.com/webdoctor/webdoctor/fhir/validate"
)

var validator = validate.New(spec.R4())

func parse(t testing.TB, src string) *tree.Doc {
	t.Helper()
	d, err := tree.Parse([]byte(src))
	if err != nil {
		t.Fatalf("%v: %.200s", err, src)
	}
	return d
}

// define makes a profile of the elements of a differential.
func define(t testing.TB, url, typ, base string, elements ...string) *profile.Profile {
	t.Helper()
	src := fmt.Sprintf(`{"resourceType":"StructureDefinition","url":%q,"type":%q,"baseDefinition":%q,"differential":{"element":[%s]}}`, url, typ, base, strings.Join(elements, ","))
	p, err := profile.Read(parse(t, src), spec.R4())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const (
	r4       = "http://hl7.org/fhir/StructureDefinition/"
	own      = "http://example.org/"
	slicedBy = `{"id":"Observation.category","path":"Observation.category","slicing":{"rules":"%s","discriminator":[{"type":"%s","path":"%s"}]}}`
)

// known are the profiles of the table, by URL.
func known(t testing.TB) map[string]*profile.Profile {
	t.Helper()
	m := map[string]*profile.Profile{}
	add := func(p *profile.Profile) { m[p.URL] = p }
	sliceable := func(rules, kind, path string) string { return fmt.Sprintf(slicedBy, rules, kind, path) }
	add(define(t, own+"base", "Observation", r4+"Observation",
		`{"id":"Observation.subject","path":"Observation.subject","min":1}`,
		sliceable("open", "value", "coding.code"),
		`{"id":"Observation.category:lab","path":"Observation.category","sliceName":"lab","min":1,"max":"1"}`,
		`{"id":"Observation.category:lab.coding","path":"Observation.category.coding","min":1}`,
		`{"id":"Observation.category:lab.coding.code","path":"Observation.category.coding.code","min":1,"fixedCode":"lab"}`))
	add(define(t, own+"derived", "Observation", own+"base",
		`{"id":"Observation.status","path":"Observation.status","patternCode":"final"}`,
		`{"id":"Observation.category:chem","path":"Observation.category","sliceName":"chem","min":1}`,
		`{"id":"Observation.category:chem.coding","path":"Observation.category.coding"}`,
		`{"id":"Observation.category:chem.coding.code","path":"Observation.category.coding.code","fixedCode":"chem"}`))
	add(define(t, own+"pattern", "Observation", r4+"Observation",
		sliceable("closed", "pattern", "$this"),
		`{"id":"Observation.category:a","path":"Observation.category","sliceName":"a","patternCodeableConcept":{"coding":[{"system":"urn:a","code":"a"}]}}`))
	add(define(t, own+"exists", "Observation", r4+"Observation",
		sliceable("open", "exists", "text"),
		`{"id":"Observation.category:with","path":"Observation.category","sliceName":"with","max":"1"}`,
		`{"id":"Observation.category:with.text","path":"Observation.category.text","min":1}`,
		`{"id":"Observation.category:without","path":"Observation.category","sliceName":"without","max":"0"}`,
		`{"id":"Observation.category:without.text","path":"Observation.category.text","max":"0"}`))
	add(define(t, own+"types", "Observation", r4+"Observation",
		`{"id":"Observation.value[x]","path":"Observation.value[x]","type":[{"code":"Quantity"},{"code":"string"}]}`,
		`{"id":"Observation.valueQuantity","path":"Observation.valueQuantity"}`,
		`{"id":"Observation.valueQuantity.unit","path":"Observation.valueQuantity.unit","min":1}`))
	add(define(t, own+"ref", "Observation", r4+"Observation",
		`{"id":"Observation.subject","path":"Observation.subject","type":[{"code":"Reference","targetProfile":["`+r4+`Patient"]}]}`))
	add(define(t, own+"rule", "Observation", r4+"Observation",
		`{"id":"Observation","path":"Observation","constraint":[{"key":"own-1","severity":"error","human":"a value is needed","expression":"value.exists()"},{"key":"obs-6","severity":"error","human":"x","expression":"dataAbsentReason.empty() or value.empty()"},{"key":"obs-7","severity":"error","human":"another one of that name","expression":"method.empty()"},{"key":"own-2","severity":"error","human":"x","expression":"1 +"}]}`))
	add(define(t, own+"bound", "Patient", r4+"Patient",
		`{"id":"Patient.maritalStatus","path":"Patient.maritalStatus","min":1,"binding":{"strength":"required","valueSet":"http://hl7.org/fhir/ValueSet/marital-status"}}`))
	add(define(t, own+"race", "Extension", r4+"Extension",
		`{"id":"Extension.url","path":"Extension.url","fixedUri":"`+own+`race"}`,
		`{"id":"Extension.value[x]","path":"Extension.value[x]","min":1,"type":[{"code":"code"}]}`))
	add(define(t, own+"extended", "Patient", r4+"Patient",
		`{"id":"Patient.extension:race","path":"Patient.extension","sliceName":"race","min":1,"max":"1","type":[{"code":"Extension","profile":["`+own+`race"]}]}`))
	add(define(t, own+"entries", "Bundle", r4+"Bundle",
		`{"id":"Bundle.entry","path":"Bundle.entry","slicing":{"rules":"open","discriminator":[{"type":"profile","path":"resource"}]}}`,
		`{"id":"Bundle.entry:one","path":"Bundle.entry","sliceName":"one","min":1}`,
		`{"id":"Bundle.entry:one.resource","path":"Bundle.entry.resource","type":[{"code":"Patient","profile":["`+own+`bound"]}]}`))
	add(define(t, own+"itself", "Bundle", r4+"Bundle",
		`{"id":"Bundle.entry","path":"Bundle.entry"}`,
		`{"id":"Bundle.entry.resource","path":"Bundle.entry.resource","type":[{"code":"Bundle","profile":["`+own+`itself"]}]}`))
	add(define(t, own+"items", "Questionnaire", r4+"Questionnaire",
		`{"id":"Questionnaire.item","path":"Questionnaire.item"}`,
		`{"id":"Questionnaire.item.text","path":"Questionnaire.item.text","min":1}`,
		`{"id":"Questionnaire.item.item","path":"Questionnaire.item.item","contentReference":"#Questionnaire.item"}`))
	return m
}

// TestProfiles is a row per rule: the profile, the resource, and all that is
// said about it.
func TestProfiles(t *testing.T) {
	t.Parallel()
	profiles := known(t)
	c := &profile.Checker{Defs: spec.R4(), Find: func(url string) (*profile.Profile, error) { return profiles[url], nil }}
	category := func(codes ...string) string {
		var list []string
		for _, code := range codes {
			list = append(list, `{"coding":[{"system":"urn:a","code":"`+code+`"}]}`)
		}
		return `{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/1"},"category":[` + strings.Join(list, ",") + `]}`
	}
	observation := func(more string) string {
		return `{"resourceType":"Observation","status":"final","code":{"text":"x"}` + more + `}`
	}
	for _, row := range []struct{ name, profile, src, want string }{
		{"value", "base", category("lab"), ""},
		{"value, with others", "base", category("x", "lab", "y"), ""},
		{"value, missing", "base", category("x"), "required Observation.category"},
		{"value, too many", "base", category("lab", "lab"), "invalid Observation.category"},
		{"minimum", "base", observation(`,"category":[{"coding":[{"code":"lab"}]}]`), "required Observation.subject"},
		{"derived", "derived", category("lab", "chem"), ""},
		{"derived, slice of the base", "derived", category("chem"), "required Observation.category"},
		{"derived, slice of its own", "derived", category("lab"), "required Observation.category"},
		{"derived, pattern", "derived", strings.Replace(category("lab", "chem"), "final", "amended", 1), "value Observation.status"},
		{"pattern", "pattern", category("a", "a"), ""},
		{"closed", "pattern", category("a", "b"), "invalid Observation.category[1]"},
		{"exists", "exists", observation(`,"category":[{"text":"a"}]`), ""},
		{"exists, too many", "exists", observation(`,"category":[{"text":"a"},{"text":"b"}]`), "invalid Observation.category"},
		{"exists not", "exists", observation(`,"category":[{"id":"a","coding":[{"code":"b"}]}]`), "invalid Observation.category"},
		{"type", "types", observation(`,"valueQuantity":{"value":1,"unit":"g"}`), ""},
		{"type, slice", "types", observation(`,"valueQuantity":{"value":1}`), "required Observation.value.ofType(Quantity).unit"},
		{"type, another", "types", observation(`,"valueBoolean":true`), "value Observation.value.ofType(boolean)"},
		{"target", "ref", observation(`,"subject":{"reference":"Patient/1"}`), ""},
		{"another target", "ref", observation(`,"subject":{"reference":"Group/1"}`), "invalid Observation.subject.reference"},
		{"invariant", "rule", observation(""), "invariant Observation\ninvariant Observation"}, // the other one is no FHIRPath
		{"invariant of R4", "rule", observation(`,"valueString":"x","dataAbsentReason":{"text":"x"}`), "invariant Observation"},
		{"invariant that is called like one of R4", "rule", observation(`,"valueString":"x","method":{"text":"x"}`), "invariant Observation\ninvariant Observation"},
		{"binding", "bound", `{"resourceType":"Patient","maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M"}]}}`, ""},
		{"binding, another code", "bound", `{"resourceType":"Patient","maritalStatus":{"coding":[{"system":"urn:a","code":"M"}]}}`, "code-invalid Patient.maritalStatus"},
		{"extension", "extended", `{"resourceType":"Patient","extension":[{"url":"` + own + `race","valueCode":"a"},{"url":"urn:b","valueString":"b"}]}`, ""},
		{"extension, missing", "extended", `{"resourceType":"Patient","extension":[{"url":"urn:b","valueString":"b"}]}`, "required Patient.extension"},
		{"extension, value", "extended", `{"resourceType":"Patient","extension":[{"url":"` + own + `race","valueString":"a"}]}`, "value Patient.extension[0].value.ofType(string)"},
		{"profile", "entries", `{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M"}]}}}]}`, ""},
		{"profile, none", "entries", `{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient"}}]}`, "required Bundle.entry"},
		{"content of another element", "items", `{"resourceType":"Questionnaire","item":[{"linkId":"a","text":"a","item":[{"linkId":"b","text":"b","item":[{"linkId":"c"}]}]}]}`, "required Questionnaire.item[0].item[0].item[0].text"},
		{"another type", "base", `{"resourceType":"Patient"}`, "invalid Patient"},
		{"not there", "none", `{"resourceType":"Patient"}`, "not-found Patient"},
		{"recursive", "itself", `{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Bundle","type":"collection"}}]}`, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := parse(t, row.src)
			var got []string
			for _, is := range c.Check(d, d.Root(), own+row.profile, 20) {
				got = append(got, string(is.Code)+" "+validator.Expression(d, is.Node, is.Below))
			}
			if text := strings.Join(got, "\n"); text != row.want {
				t.Errorf("got\n%s\nwant\n%s", text, row.want)
			}
		})
	}
}

// TestRegexThatBacktracks is bounded by the engine of FHIRPath, which has none
// that backtracks.
func TestRegexThatBacktracks(t *testing.T) {
	t.Parallel()
	p := define(t, own+"regex", "Patient", r4+"Patient",
		`{"id":"Patient","path":"Patient","constraint":[{"key":"own-1","severity":"error","human":"x","expression":"name.family.matches('^(a+)+$')"}]}`)
	c := &profile.Checker{Defs: spec.R4(), Find: func(string) (*profile.Profile, error) { return p, nil }}
	d := parse(t, `{"resourceType":"Patient","name":[{"family":"`+strings.Repeat("a", 5000)+`b"}]}`)
	if issues := c.Check(d, d.Root(), p.URL, 20); len(issues) != 1 {
		t.Errorf("%v", issues)
	}
}

// FuzzRead holds that whatever is stored as a StructureDefinition can be read
// and used, or is refused.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		`{"resourceType":"StructureDefinition","type":"Patient","differential":{"element":[{"path":"Patient.name","min":1}]}}`,
		`{"resourceType":"StructureDefinition","type":"Patient","snapshot":{"element":[{"id":"Patient.name:a.b:c","path":"Patient.name.b","max":"x","type":[{"code":7}],"slicing":{"discriminator":[{"path":"a("}]}}]}}`,
		`{"type":"Observation","baseDefinition":"x","differential":{"element":[{"id":"Observation.valueQuantity"},{"id":""},{"path":".."},7]}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		d, err := tree.Parse(src)
		if err != nil {
			return
		}
		p, err := profile.Read(d, spec.R4())
		if err != nil {
			return
		}
		c := &profile.Checker{Defs: spec.R4(), Find: func(string) (*profile.Profile, error) { return p, nil }}
		r := parse(t, `{"resourceType":"Observation","status":"final","code":{"coding":[{"code":"x"}]},"valueQuantity":{"value":1},"category":[{"text":"a"}]}`)
		if n := len(c.Check(r, r.Root(), "u", 20)); n > 20 {
			t.Errorf("%d issues", n)
		}
	})
}
