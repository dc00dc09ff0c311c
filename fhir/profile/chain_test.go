package profile_test

import (
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/profile"
	"github.com/webdoctor/webdoctor/fhir/spec"
)

// chained are profiles without snapshots, each of which is based on the one
// before: slices that only their base tells apart, slices of slices, slices in
// slices, and what only narrows.
func chained(t testing.TB) map[string]*profile.Profile {
	t.Helper()
	m := map[string]*profile.Profile{}
	add := func(name, base string, elements ...string) {
		if !strings.HasPrefix(base, "http") {
			base = own + base
		}
		p := define(t, own+name, "Observation", base, elements...)
		m[p.URL] = p
	}
	add("c0", r4+"Observation",
		`{"id":"Observation.status","path":"Observation.status","patternCode":"final"}`,
		`{"id":"Observation.category","path":"Observation.category","slicing":{"rules":"open","discriminator":[{"type":"value","path":"coding.system"}]}}`,
		`{"id":"Observation.category:own","path":"Observation.category","sliceName":"own","min":1}`,
		`{"id":"Observation.category:own.coding","path":"Observation.category.coding","min":1,"max":"1"}`,
		`{"id":"Observation.category:own.coding.system","path":"Observation.category.coding.system","min":1,"fixedUri":"urn:own"}`,
		`{"id":"Observation.subject","path":"Observation.subject","min":1}`,
		`{"id":"Observation.component","path":"Observation.component","slicing":{"rules":"open","discriminator":[{"type":"pattern","path":"code"}]}}`,
		`{"id":"Observation.component:sys","path":"Observation.component","sliceName":"sys"}`,
		`{"id":"Observation.component:sys.code","path":"Observation.component.code","patternCodeableConcept":{"coding":[{"system":"urn:own","code":"sys"}]}}`,
		`{"id":"Observation.component:sys.interpretation","path":"Observation.component.interpretation","slicing":{"rules":"open","discriminator":[{"type":"value","path":"text"}]}}`,
		`{"id":"Observation.component:sys.interpretation:high","path":"Observation.component.interpretation","sliceName":"high"}`,
		`{"id":"Observation.component:sys.interpretation:high.text","path":"Observation.component.interpretation.text","min":1,"fixedString":"high"}`)
	add("c1", "c0",
		`{"id":"Observation.category:own","path":"Observation.category","sliceName":"own","max":"2"}`,
		`{"id":"Observation.category:own.text","path":"Observation.category.text","min":1}`,
		`{"id":"Observation.component:sys","path":"Observation.component","sliceName":"sys","max":"1"}`,
		`{"id":"Observation.component:sys.value[x]","path":"Observation.component.value[x]","min":1,"type":[{"code":"Quantity"}]}`,
		`{"id":"Observation.component:sys.interpretation:high","path":"Observation.component.interpretation","sliceName":"high","min":1}`,
		`{"id":"Observation.component:dia","path":"Observation.component","sliceName":"dia"}`,
		`{"id":"Observation.component:dia.code","path":"Observation.component.code","patternCodeableConcept":{"coding":[{"system":"urn:own","code":"dia"}]}}`,
		`{"id":"Observation.component:dia.value[x]","path":"Observation.component.value[x]","max":"0"}`)
	add("c2", "c1",
		`{"id":"Observation.category:own","path":"Observation.category","sliceName":"own","slicing":{"rules":"closed","discriminator":[{"type":"value","path":"coding.code"}]}}`,
		`{"id":"Observation.category:own/a","path":"Observation.category","sliceName":"own/a","min":1,"max":"1"}`,
		`{"id":"Observation.category:own/a.coding","path":"Observation.category.coding"}`,
		`{"id":"Observation.category:own/a.coding.code","path":"Observation.category.coding.code","min":1,"fixedCode":"a"}`,
		`{"id":"Observation.category:own/b","path":"Observation.category","sliceName":"own/b","max":"1"}`,
		`{"id":"Observation.category:own/b.coding","path":"Observation.category.coding"}`,
		`{"id":"Observation.category:own/b.coding.code","path":"Observation.category.coding.code","min":1,"fixedCode":"b"}`,
		`{"id":"Observation.category:own/b.id","path":"Observation.category.id","min":1}`)
	add("c3", "c1",
		`{"id":"Observation.component","path":"Observation.component","slicing":{"rules":"closed","discriminator":[{"type":"pattern","path":"code"}]}}`)
	add("ordered", "c0",
		`{"id":"Observation.category","path":"Observation.category","slicing":{"rules":"openAtEnd","ordered":true,"discriminator":[{"type":"value","path":"coding.system"}]}}`,
		`{"id":"Observation.category:other","path":"Observation.category","sliceName":"other"}`,
		`{"id":"Observation.category:other.coding","path":"Observation.category.coding","min":1}`,
		`{"id":"Observation.category:other.coding.system","path":"Observation.category.coding.system","min":1,"fixedUri":"urn:other"}`)
	add("orphan", "nobody", `{"id":"Observation.subject","path":"Observation.subject","min":1}`)
	add("loop1", "loop2", `{"id":"Observation.subject","path":"Observation.subject","min":1}`)
	add("loop2", "loop1", `{"id":"Observation.code","path":"Observation.code","min":1}`)
	return m
}

// chainRows are a profile, what an Observation has besides what all have, and
// what is said about it.
var chainRows = []struct{ name, profile, more, want string }{
	{"nothing wrong", "c3", `,"category":[CATA],"component":[SYS,DIA]`, ""},
	{"slice of the base, by what the base says", "c1", `,"category":[{"coding":[{"system":"urn:other"}]},CATA]`, ""},
	{"rule of a slice of the base", "c1", `,"category":[{"coding":[{"system":"urn:own"}]}]`, "required Observation.category[0].text"},
	{"slice of the base is missing", "c1", `,"category":[{"text":"x"}]`, "required Observation.category"},
	{"maximum of the slice of the base", "c1", `,"category":[CATA,CATA,CATA]`, "invalid Observation.category"},
	{"slice in a slice", "c1", `,"category":[CATA],"component":[{"code":{"coding":[{"system":"urn:own","code":"sys"}]},"valueQuantity":{"value":1},"interpretation":[{"text":"low"}]}]`, "required Observation.component[0].interpretation"},
	{"type in a slice of the base", "c1", `,"category":[CATA],"component":[{"code":{"coding":[{"system":"urn:own","code":"sys"}]},"valueString":"x","interpretation":[{"text":"high"}]}]`, "value Observation.component[0].value.ofType(string)"},
	{"another slice", "c1", `,"category":[CATA],"component":[{"code":{"coding":[{"system":"urn:own","code":"dia"}]},"valueString":"x"}]`, "invalid Observation.component[0].value"},
	{"no slice", "c1", `,"category":[CATA],"component":[{"code":{"text":"x"},"valueString":"x"}]`, ""},
	{"slice of a slice", "c2", `,"category":[CATA,{"id":"b","text":"b","coding":[{"system":"urn:own","code":"b"}]}]`, ""},
	{"slice of a slice is missing", "c2", `,"category":[{"id":"b","text":"b","coding":[{"system":"urn:own","code":"b"}]}]`, "required Observation.category"},
	{"rule of a slice of a slice", "c2", `,"category":[CATA,{"text":"b","coding":[{"system":"urn:own","code":"b"}]}]`, "required Observation.category[1].id"},
	{"no slice of a closed slice", "c2", `,"category":[CATA,{"text":"c","coding":[{"system":"urn:own","code":"c"}]}]`, "invalid Observation.category[1]"},
	{"not of the slice that is closed", "c2", `,"category":[CATA,{"coding":[{"system":"urn:other","code":"c"}]}]`, ""},
	{"closed later, slice of the base", "c3", `,"category":[CATA],"component":[DIA]`, ""},
	{"closed later, no slice", "c3", `,"category":[CATA],"component":[{"code":{"text":"x"}}]`, "invalid Observation.component[0]"},
	{"order", "ordered", `,"category":[CATA,{"coding":[{"system":"urn:other"}]},{"text":"x"}]`, ""},
	{"another order", "ordered", `,"category":[{"coding":[{"system":"urn:other"}]},CATA]`, "invalid Observation.category[1]"},
	{"not at the end", "ordered", `,"category":[{"text":"x"},CATA]`, "invalid Observation.category[1]"},
	{"base that is not there", "orphan", ``, "not-found Observation"},
	{"base of itself", "loop1", ``, "processing Observation"},
}

func chainRow(more string) string {
	src := `{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/1"}` + more + `}`
	return strings.NewReplacer("CATA", `{"text":"a","coding":[{"system":"urn:own","code":"a"}]}`,
		"SYS", `{"code":{"coding":[{"system":"urn:own","code":"sys"}]},"valueQuantity":{"value":1},"interpretation":[{"text":"high"}]}`,
		"DIA", `{"code":{"coding":[{"system":"urn:own","code":"dia"}]}}`).Replace(src)
}

// TestChains holds Observations against profiles without snapshots. HL7's
// validator says the same, but of c2, for which it makes no snapshot, and of
// openAtEnd, which it does not look at.
func TestChains(t *testing.T) {
	t.Parallel()
	profiles := chained(t)
	c := &profile.Checker{Defs: spec.R4(), Find: func(url string) (*profile.Profile, error) { return profiles[url], nil }}
	for _, row := range chainRows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := parse(t, chainRow(row.more))
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
