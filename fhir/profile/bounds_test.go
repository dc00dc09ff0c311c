package profile_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/profile"
	"github.com/webdoctor/webdoctor/fhir/spec"
)

// soon fails a test whose deed takes longer than anybody would wait.
func soon(t *testing.T, do func()) {
	t.Helper()
	begun := time.Now()
	if do(); time.Since(begun) > time.Minute {
		t.Errorf("it took %v", time.Since(begun))
	}
}

// TestWorkIsBounded: what multiplies in profiles ends and is told to be too
// costly.
func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	nested := `{"resourceType":"Bundle","type":"collection"}`
	for range 18 {
		nested = `{"resourceType":"Bundle","type":"collection","entry":[{"resource":` + nested + `}]}`
	}
	var all []string
	for i := range 9 {
		all = append(all, fmt.Sprintf("%q", own+"bomb"+fmt.Sprint(i)))
	}
	many := strings.Repeat(`,{"text":"a"}`, 4_000)[1:]
	var distinct []string
	for i := range 4_000 {
		distinct = append(distinct, fmt.Sprintf(`{"text":"%d"}`, i))
	}
	for name, c := range map[string]struct {
		typ, src string
		elements []string
	}{
		"profiles that lead to one another": {"Bundle", nested, []string{
			`{"id":"Bundle.entry","path":"Bundle.entry"}`,
			`{"id":"Bundle.entry.resource","path":"Bundle.entry.resource","type":[{"code":"Bundle","profile":[` + strings.Join(all, ",") + `]}]}`,
			`{"id":"Bundle.total","path":"Bundle.total","min":1}`}},
		"a large pattern": {"Patient", `{"resourceType":"Patient","name":[` + strings.Join(distinct, ",") + `]}`, []string{
			`{"id":"Patient","path":"Patient","patternPatient":{"name":[` + strings.Join(distinct, ",") + `]}}`}},
		"many slices": {"Patient", `{"resourceType":"Patient","name":[` + many + `]}`, func() []string {
			list := []string{`{"id":"Patient.name","path":"Patient.name","slicing":{"rules":"open","discriminator":[{"type":"value","path":"text"}]}}`}
			for i := range 3000 {
				list = append(list, fmt.Sprintf(`{"id":"Patient.name:%d.text","path":"Patient.name.text","fixedString":"%d"}`, i, i))
			}
			return list
		}()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := define(t, own+"bomb", c.typ, r4+c.typ, c.elements...)
			checker := &profile.Checker{Defs: spec.R4(), Find: func(url string) (*profile.Profile, error) {
				other := *p
				other.URL = url
				return &other, nil
			}}
			d := parse(t, c.src)
			soon(t, func() {
				costly := false
				for _, is := range checker.Check(d, d.Root(), p.URL, 20) {
					costly = costly || is.Code == fhir.TooCostly
				}
				if !costly {
					t.Error("it is not too costly")
				}
			})
		})
	}
}

// TestProfilesAreBounded: what is too large or too deep to be a profile is
// refused before it takes much memory.
func TestProfilesAreBounded(t *testing.T) {
	t.Parallel()
	deep := `{"id":"Patient` + strings.Repeat(".a", 5000) + `","path":"Patient"}`
	wide := make([]string, 0, 20001)
	for i := range 20001 {
		wide = append(wide, fmt.Sprintf(`{"id":"Patient.a%d","path":"Patient.a"}`, i))
	}
	tall := make([]string, 0, 2000)
	for i := range 2000 {
		tall = append(tall, fmt.Sprintf(`{"id":"Patient%s","path":"Patient.a"}`, strings.Repeat(fmt.Sprintf(".a%d", i), 60)))
	}
	for name, elements := range map[string][]string{"deep": {deep}, "wide": wide, "tall": tall} {
		src := `{"resourceType":"StructureDefinition","url":"` + own + `big","type":"Patient","differential":{"element":[` + strings.Join(elements, ",") + `]}}`
		soon(t, func() {
			if _, err := profile.Read(parse(t, src), spec.R4()); fhir.CodeOf(err) != fhir.TooCostly {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

// TestPatternsOfOtherEngines: a regular expression that RE2 does not have, as
// with a look ahead, decides nothing and is told.
func TestPatternsOfOtherEngines(t *testing.T) {
	t.Parallel()
	p := define(t, own+"regex", "Patient", r4+"Patient",
		`{"id":"Patient","path":"Patient","constraint":[{"key":"own-1","severity":"error","human":"x","expression":"name.family.matches('^(?!x).*$')"},
		 {"key":"own-2","severity":"error","human":"x","expression":"name.family.matches('^(a|aa)+\\\\1$')"}]}`)
	c := &profile.Checker{Defs: spec.R4(), Find: func(string) (*profile.Profile, error) { return p, nil }}
	d := parse(t, `{"resourceType":"Patient","name":[{"family":"a"}]}`)
	issues := c.Check(d, d.Root(), p.URL, 20)
	if len(issues) != 2 || issues[0].Severity != "information" || issues[1].Severity != "information" {
		t.Errorf("%v", issues)
	}
}
