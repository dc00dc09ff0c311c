package terminology_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/terminology"
)

// filtered is a value set of the animals that satisfy filters.
func filtered(filters ...string) string {
	return `{"resourceType":"ValueSet","status":"draft","compose":{"include":[{"system":"http://example.org/animals","filter":[` + strings.Join(filters, ",") + `]}]}}`
}

func filter(property, op, value string) string {
	text, _ := json.Marshal(map[string]string{"property": property, "op": op, "value": value})
	return string(text)
}

// codes are those of an expansion.
func codes(t *testing.T, text string) []string {
	t.Helper()
	type contains struct {
		Code     string
		Contains []contains
	}
	var vs struct {
		Expansion struct {
			Total    int
			Contains []contains
		}
	}
	if err := json.Unmarshal([]byte(text), &vs); err != nil {
		t.Fatal(err)
	}
	var all []string
	var walk func([]contains)
	walk = func(list []contains) {
		for _, c := range list {
			all = append(all, c.Code)
			walk(c.Contains)
		}
	}
	walk(vs.Expansion.Contains)
	if len(all) != vs.Expansion.Total {
		t.Errorf("the total is %d of %v", vs.Expansion.Total, all)
	}
	return all
}

// TestFilters tries every operator, and holds the expansion against the
// membership of each code.
func TestFilters(t *testing.T) {
	t.Parallel()
	every := []string{"animal", "mammal", "dog", "cat", "whale", "bird", "sparrow", "dodo"}
	for name, c := range map[string]struct {
		filters []string
		want    string // "?" when it cannot be told
	}{
		"is-a":                    {[]string{filter("concept", "is-a", "mammal")}, "mammal dog cat whale"},
		"is-a of the code":        {[]string{filter("code", "is-a", "mammal")}, "mammal dog cat whale"},
		"descendent-of":           {[]string{filter("concept", "descendent-of", "mammal")}, "dog cat whale"},
		"is-not-a":                {[]string{filter("concept", "is-not-a", "mammal")}, "animal bird sparrow dodo"},
		"generalizes":             {[]string{filter("concept", "generalizes", "dog")}, "animal mammal dog"},
		"is-a of what is not":     {[]string{filter("concept", "is-a", "unicorn")}, "?"},
		"is-a of another":         {[]string{filter("habitat", "is-a", "house")}, "?"},
		"equals":                  {[]string{filter("habitat", "=", "house")}, "dog cat"},
		"equals a number":         {[]string{filter("legs", "=", "2")}, "sparrow dodo"},
		"equals a coding":         {[]string{filter("food", "=", "krill")}, "whale"},
		"equals a coding whole":   {[]string{filter("food", "=", "http://example.org/food|krill")}, "whale"},
		"equals the display":      {[]string{filter("display", "=", "Dog")}, "dog"},
		"equals the parent":       {[]string{filter("parent", "=", "bird")}, "sparrow dodo"},
		"equals a child":          {[]string{filter("child", "=", "dog")}, "mammal"},
		"inactive":                {[]string{filter("inactive", "=", "true")}, "dodo"},
		"active, by default":      {[]string{filter("inactive", "=", "false")}, "animal mammal dog cat whale bird sparrow"},
		"not selectable":          {[]string{filter("group", "=", "true")}, "animal"},
		"selectable, by default":  {[]string{filter("group", "=", "false")}, "mammal dog cat whale bird sparrow dodo"},
		"equals what is nowhere":  {[]string{filter("colour", "=", "red")}, "?"},
		"in":                      {[]string{filter("concept", "in", "dog, cat,unicorn")}, "dog cat"},
		"in of a property":        {[]string{filter("legs", "in", "2,3")}, "sparrow dodo"},
		"not-in":                  {[]string{filter("concept", "not-in", "dog,cat,animal,mammal")}, "whale bird sparrow dodo"},
		"exists":                  {[]string{filter("habitat", "exists", "true")}, "dog cat whale"},
		"exists not":              {[]string{filter("habitat", "exists", "false")}, "animal mammal bird sparrow dodo"},
		"exists perhaps":          {[]string{filter("habitat", "exists", "maybe")}, "?"},
		"regex":                   {[]string{filter("code", "regex", "d.*")}, "dog dodo"},
		"regex of the whole":      {[]string{filter("code", "regex", "o")}, ""},
		"regex of a display":      {[]string{filter("display", "regex", "[A-C].*|Dog")}, "animal dog cat bird"},
		"regex that is none":      {[]string{filter("code", "regex", "(")}, "?"},
		"regex that looks back":   {[]string{filter("code", "regex", `(a)\1`)}, "?"},
		"regex that is long":      {[]string{filter("code", "regex", strings.Repeat("a?", 1000))}, "?"},
		"regex that explodes":     {[]string{filter("code", "regex", `(a+)+(b+)+((c|d)*)*`)}, ""},
		"two":                     {[]string{filter("concept", "is-a", "mammal"), filter("habitat", "=", "house")}, "dog cat"},
		"two, one of them is not": {[]string{filter("concept", "is-a", "mammal"), filter("colour", "=", "red")}, "?"},
		"an operator of no one":   {[]string{filter("code", "like", "d")}, "?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, r := zoo(t)
			got, err := call(r, s, "ValueSet/$expand?excludeNested=true", filtered(c.filters...))
			if c.want == "?" {
				if fhir.CodeOf(err) != fhir.Unprocessable {
					t.Errorf("%v %s", err, got)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if have := strings.Join(codes(t, got), " "); have != c.want {
				t.Errorf("there are %s", have)
			}
			for _, code := range every {
				text, err := call(r, s, "ValueSet/$validate-code", params(named("valueSet", `"resource":`+filtered(c.filters...)),
					named("code", `"valueCode":"`+code+`"`), named("system", `"valueUri":"http://example.org/animals"`)))
				if in := slices.Contains(strings.Fields(c.want), code); err != nil || strings.Contains(text, `"valueBoolean":true`) != in {
					t.Errorf("%s: %v %s", code, err, text)
				}
			}
		})
	}
}

// FuzzFilter holds for whatever filters: they end, they say the same by
// membership and by expansion, and what cannot be told by one is not asserted
// by the other.
func FuzzFilter(f *testing.F) {
	for _, op := range []string{"=", "is-a", "descendent-of", "is-not-a", "regex", "in", "not-in", "generalizes", "exists"} {
		for _, property := range []string{"concept", "legs", "display", "parent", "none"} {
			f.Add(property, op, "mammal", "code", "regex", "(d|c).*")
		}
	}
	s, r := zoo(f)
	f.Fuzz(func(t *testing.T, property1, op1, value1, property2, op2, value2 string) {
		vs := filtered(filter(property1, op1, value1), filter(property2, op2, value2))
		if _, err := call(r, s, "ValueSet/$expand", vs); err != nil && fhir.CodeOf(err) != fhir.Unprocessable {
			if !json.Valid([]byte(vs)) || fhir.CodeOf(err) == fhir.Malformed {
				return
			}
			t.Fatal(err)
		}
		text, err := call(r, s, "ValueSet/$expand", vs)
		var members []string
		if err == nil {
			members = codes(t, text)
		}
		for _, code := range []string{"animal", "dog", "dodo"} {
			got, e := call(r, s, "ValueSet/$validate-code", params(named("valueSet", `"resource":`+vs), named("code", `"valueCode":"`+code+`"`), named("system", `"valueUri":"http://example.org/animals"`)))
			if e != nil {
				t.Fatal(e)
			}
			if in := strings.Contains(got, `"valueBoolean":true`); err == nil && in != slices.Contains(members, code) {
				t.Errorf("%s of %v: %s", code, members, got)
			}
		}
	})
}

// bomb is n value sets each of which includes the next one twice.
func bomb(t *testing.T, s *server, n int) {
	for i := range n {
		s.put(t, fmt.Sprintf(`{"resourceType":"ValueSet","id":"bomb%d","url":"http://example.org/bomb%d","status":"active",
 "compose":{"include":[{"valueSet":["http://example.org/bomb%d"]},{"valueSet":["http://example.org/bomb%d"]}]}}`, i, i, i+1, i+1))
	}
	s.put(t, fmt.Sprintf(`{"resourceType":"ValueSet","id":"bomb%d","url":"http://example.org/bomb%d","status":"active",
 "compose":{"include":[{"system":"http://example.org/animals"}]}}`, n, n))
}

// TestTooCostly sees that what multiplies ends, and that what is large is had
// in pages.
func TestTooCostly(t *testing.T) {
	t.Parallel()
	s, r := zoo(t)
	bomb(t, s, 25)
	begun := time.Now()
	if _, err := call(r, s, "ValueSet/bomb0/$expand", ""); fhir.CodeOf(err) != fhir.TooCostly {
		t.Errorf("expand: %v", err)
	}
	text, err := call(r, s, "ValueSet/bomb0/$validate-code?system=http://example.org/animals&code=unicorn", "")
	if err != nil || !strings.Contains(text, `"valueBoolean":false`) || !strings.Contains(text, "takes too much") {
		t.Errorf("validate: %v %s", err, text)
	}
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
	bomb(t, s, 40)
	if _, err := call(r, s, "ValueSet/bomb0/$expand", ""); fhir.CodeOf(err) != fhir.Unprocessable {
		t.Errorf("40 deep: %v", err)
	}

	var concepts []string
	for i := range 12_000 {
		concepts = append(concepts, fmt.Sprintf(`{"code":"c%d"}`, i))
	}
	s.put(t, `{"resourceType":"CodeSystem","id":"large","url":"http://example.org/large","status":"active","content":"complete","concept":[`+strings.Join(concepts, ",")+`]}`)
	s.put(t, `{"resourceType":"ValueSet","id":"large","url":"http://example.org/vs/large","status":"active","compose":{"include":[{"system":"http://example.org/large"}]}}`)
	_, err = call(r, s, "ValueSet/large/$expand", "")
	if e, _ := errors.AsType[*fhir.Error](err); e == nil || e.Code != fhir.TooCostly || !strings.Contains(e.Message, "count and offset") {
		t.Errorf("large: %v", err)
	}
	text, err = call(r, s, "ValueSet/large/$expand?count=2&offset=11000", "")
	if err != nil || !strings.Contains(text, `"total":12000`) || !strings.Contains(text, `"code":"c11001"`) {
		t.Errorf("a page of it: %v %s", err, text)
	}
	if text, err = call(r, s, "ValueSet/large/$expand?filter=c1199", ""); err != nil || len(codes(t, text)) != 11 {
		t.Errorf("a part of it: %v %.200s", err, text)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Operations()[0].Do(ctx, s, fhir.Operation{Key: fhir.Key{Type: "ValueSet"}, Query: "url=http://example.org/vs/large&count=1"}); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}

// TestStored sees which of several resources counts, and that what changes is
// seen, and what is hidden is not.
func TestStored(t *testing.T) {
	t.Parallel()
	s, r := zoo(t)
	member := func(valueSet, system, code string) terminology.Answer {
		t.Helper()
		m, err := r.Session(t.Context()).Member(valueSet, terminology.Coding{System: system, Code: code})
		if err != nil {
			t.Fatal(err)
		}
		return m.Answer
	}
	const animals = "http://example.org/animals"
	if member("http://example.org/vs/mammals", animals, "cat") != terminology.No || member("http://example.org/vs/mammals|1", animals, "cat") != terminology.Yes {
		t.Error("not the highest version counts")
	}
	if member("http://hl7.org/fhir/ValueSet/administrative-gender", "http://hl7.org/fhir/administrative-gender", "nonsense") != terminology.No {
		t.Error("a code system of R4 was redefined")
	}
	before := s.finds
	for range 10 {
		member("http://example.org/vs/mammals", animals, "dog")
	}
	if s.finds != before {
		t.Errorf("it was looked for %d times though nothing changed", s.finds-before)
	}
	s.put(t, `{"resourceType":"ValueSet","id":"mammals2","url":"http://example.org/vs/mammals","version":"10","status":"active",
 "compose":{"include":[{"system":"http://example.org/animals","concept":[{"code":"cat"}]}]}}`)
	if member("http://example.org/vs/mammals", animals, "cat") != terminology.Yes || member("http://example.org/vs/mammals", animals, "dog") != terminology.No {
		t.Error("a change was not seen")
	}
	s.put(t, `{"resourceType":"CodeSystem","id":"gender5","url":"http://hl7.org/fhir/administrative-gender","version":"5.0.0","status":"active","content":"complete","concept":[{"code":"male"},{"code":"new"}]}`)
	if member("http://hl7.org/fhir/ValueSet/administrative-gender", "http://hl7.org/fhir/administrative-gender", "new") != terminology.Yes {
		t.Error("a version of its own was not seen")
	}
	s.put(t, `{"resourceType":"CodeSystem","id":"gender6","url":"http://hl7.org/fhir/administrative-gender","version":"6.0.0","status":"active","content":"not-present"}`)
	if member("http://hl7.org/fhir/ValueSet/administrative-gender", "http://hl7.org/fhir/administrative-gender", "male") != terminology.Yes {
		t.Error("one without content took the place of one that has it")
	}

	s.hidden[fhir.Key{Type: "ValueSet", ID: "mammals2"}] = true
	if text, err := call(r, s, "ValueSet/$expand?url=http://example.org/vs/mammals", ""); err != nil || !strings.Contains(text, `"total":3`) {
		t.Errorf("what is hidden was shown: %v %s", err, text)
	}
	s.hidden[fhir.Key{Type: "CodeSystem", ID: "animals"}] = true
	if text, err := call(r, s, "CodeSystem/$lookup?system=http://example.org/animals&code=dog", ""); fhir.CodeOf(err) != fhir.NotFound {
		t.Errorf("what is hidden was looked up: %v %s", err, text)
	}
	if err := r.For(t.Context(), s).Members("http://example.org/vs/all", func(string, string) bool { return true }); fhir.CodeOf(err) != fhir.NotSupported {
		t.Errorf("what is hidden was searched by: %v", err)
	}
}

// TestMembers asks as a search does.
func TestMembers(t *testing.T) {
	t.Parallel()
	s, r := zoo(t)
	a := r.For(t.Context(), s)
	for valueSet, want := range map[string]string{
		"http://example.org/vs/mammals": "dog", "ValueSet/mammals": "mammal dog cat", "http://example.org/vs/lost": "not-supported",
		"http://snomed.info/sct?fhir_vs": "not-supported", "http://example.org/vs/none": "not-supported", "ValueSet/none": "value",
	} {
		var list []string
		err := a.Members(valueSet, func(_, code string) bool { list = append(list, code); return true })
		if got := strings.Join(list, " "); err == nil && got != want || err != nil && string(fhir.CodeOf(err)) != want {
			t.Errorf("%s: %s %v", valueSet, got, err)
		}
	}
	n := 0
	if err := a.Members("http://example.org/vs/all", func(string, string) bool { n++; return n < 3 }); err != nil || n != 3 {
		t.Errorf("it went on to %d: %v", n, err)
	}
	for _, c := range []struct {
		system, code string
		above        bool
		want         string
	}{
		{"http://example.org/animals", "mammal", false, "mammal dog cat whale"}, {"http://example.org/animals", "dog", true, "dog mammal animal"},
		{"http://example.org/animals", "unicorn", false, "?"}, {"http://snomed.info/sct", "404684003", false, "?"}, {"http://example.org/grouped", "hand", false, "?"},
	} {
		codes, known, err := a.Subsumed(c.system, c.code, c.above)
		if err != nil || known != (c.want != "?") || known && strings.Join(codes, " ") != c.want {
			t.Errorf("%v: %v %v %v", c, codes, known, err)
		}
	}
}
