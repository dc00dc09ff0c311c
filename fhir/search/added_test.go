package search_test

import (
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

func definition(code, typ, expression string, base ...string) search.Definition {
	return search.Definition{
		Source: fhir.Key{Type: "SearchParameter", ID: code, Version: 1}, URL: "http://example.org/" + code,
		Code: code, Type: typ, Expression: expression, Base: base, Status: "active",
	}
}

// TestAddedParameters: what an added expression selects is read like what the
// compiled ones select, of every type, and what is computed too.
func TestAddedParameters(t *testing.T) {
	t.Parallel()
	r := search.NewRegistry(spec.R4())
	const patient = `{"resourceType":"Patient","id":"1","active":true,"birthDate":"1980-02-03","multipleBirthInteger":3,
 "name":[{"use":"official","family":"Hollow","given":["Ann","Beth"]},{"use":"nickname","given":["Annie"]}],
 "extension":[{"url":"http://example.org/race","valueCoding":{"system":"urn:x","code":"A"}},{"url":"http://example.org/site","valueReference":{"reference":"Location/9"}}],
 "contact":[{"period":{"start":"2020-01-01","end":"2020-02-01"}}]}`
	d, err := tree.Parse([]byte(patient))
	if err != nil {
		t.Fatal(err)
	}
	before, err := r.Extract(d)
	if err != nil {
		t.Fatal(err)
	}
	refused := r.Define(1, []search.Definition{
		definition("nick", "string", "Patient.name.where(use = 'nickname').given", "Patient"),
		definition("named", "string", "Patient.name.where(use = 'official')", "Patient"),
		definition("joined", "string", "Patient.name.where(use = 'official').select(given.first() + ' ' + family)", "Patient"),
		definition("race", "token", "Patient.extension.where(url = 'http://example.org/race').value", "Patient"),
		definition("many", "token", "Patient.name.count() > 1", "Patient"),
		definition("work-site", "reference", "extension('http://example.org/site').value", "DomainResource"),
		definition("born", "date", "(Patient.birthDate)", "Patient"),
		definition("known", "date", "Patient.contact.period | Observation.effective", "Patient", "Observation"),
		definition("nth", "number", "Patient.multipleBirth.ofType(integer) * 2", "Patient"),
	})
	if len(refused) > 0 {
		t.Fatalf("refused: %v", refused)
	}
	v, err := r.Extract(d)
	if err != nil {
		t.Fatal(err)
	}
	if v.Generation != 1 || r.Generation() != 1 {
		t.Error("the generation is not told")
	}
	var got []string
	for _, s := range v.Strings[len(before.Strings):] {
		got = append(got, s.Param+"="+s.Text)
	}
	for _, s := range v.Tokens[len(before.Tokens):] {
		got = append(got, s.Param+"="+s.System+"|"+s.Code)
	}
	for _, s := range v.References[len(before.References):] {
		got = append(got, s.Param+"="+s.Type+"/"+s.ID)
	}
	for _, s := range v.Dates[len(before.Dates):] {
		got = append(got, s.Param+"="+s.Low.Format("2006-01-02")+".."+s.High.Format("2006-01-02"))
	}
	for _, s := range v.Quantities[len(before.Quantities):] {
		got = append(got, s.Param+"="+s.Value)
	}
	want := "nick=Annie named=Hollow named=Ann named=Beth joined=Ann Hollow race=urn:x|a many=|true work-site=Location/9 born=1980-02-03..1980-02-04 known=2020-01-01..2020-02-02 nth=6"
	if text := strings.ToLower(strings.Join(got, " ")); text != strings.ToLower(want) {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
	if len(v.Shape.Params) != len(before.Shape.Params)+9 {
		t.Errorf("the shape has %d parameters, and had %d", len(v.Shape.Params), len(before.Shape.Params))
	}
	if refs := r.Param("Patient", "work-site").References(d); len(refs) != 1 || refs[0].ID != "9" {
		t.Errorf("work-site refers to %v", refs)
	}
	q, err := r.Parse(search.Request{Type: "Observation", Query: "subject:Patient.nick=x&code=1"})
	if err != nil || len(q.Added()) != 1 || q.Added()[0].Code != "nick" || q.Added()[0].Fingerprint() == 0 {
		t.Errorf("added in a chain: %v %v", q.Added(), err)
	}
	r.Define(2, nil)
	if after, err := r.Extract(d); err != nil || after.Shape.Key != before.Shape.Key || r.Param("Patient", "nick") != nil {
		t.Error("what was taken away is still there")
	}
}

// TestVersionsOfAParameter: of several the highest is in force, and when it
// goes the one before; versions do not hinder each other.
func TestVersionsOfAParameter(t *testing.T) {
	t.Parallel()
	r := search.NewRegistry(spec.R4())
	version := func(v, expression string) search.Definition {
		def := definition("nick", "string", expression, "Patient")
		def.Version, def.Source.ID = v, "nick-"+v
		return def
	}
	all := []search.Definition{version("3.1.1", "Patient.name.given"), version("10.0.0", "Patient.name.family"), version("6.1.0", "Patient.name.text")}
	d, err := tree.Parse([]byte(`{"resourceType":"Patient","name":[{"family":"Last","given":["First"],"text":"Whole"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		list []search.Definition
		want string
	}{{all, "Last"}, {all[:1], "First"}, {[]search.Definition{all[0], all[2]}, "Whole"}} {
		if refused := r.Define(1, c.list); len(refused) > 0 {
			t.Errorf("refused: %v", refused)
		}
		v, err := r.Extract(d)
		if err != nil {
			t.Fatal(err)
		}
		if got := v.Strings[len(v.Strings)-1].Text; got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
	if err := r.Admit(all[1], all[:1]); err != nil {
		t.Errorf("another version is refused: %v", err)
	}
	same := all[0]
	same.Source.ID = "twin"
	if err := r.Admit(same, all[:1]); err == nil {
		t.Error("the same version is taken twice")
	}
}

// TestApplies: drafts, R4's own and what restates them add nothing.
func TestApplies(t *testing.T) {
	t.Parallel()
	r := search.NewRegistry(spec.R4())
	added := definition("race", "token", "Patient.extension.value", "Patient")
	draft, own, restated, renamed := added, added, added, added
	draft.Status = "draft"
	own.URL, own.Code = "http://hl7.org/fhir/SearchParameter/Patient-name", "name"
	restated.DerivedFrom, restated.Code = own.URL, "name"
	renamed.DerivedFrom = own.URL
	for i, def := range []search.Definition{added, renamed, draft, own, restated} {
		if got := r.Applies(def); got != (i < 2) {
			t.Errorf("%d: %v", i, got)
		}
	}
}

// TestInadmissible: what cannot be searched by is refused, and the element is
// named.
func TestInadmissible(t *testing.T) {
	t.Parallel()
	r := search.NewRegistry(spec.R4())
	others := []search.Definition{definition("nick", "string", "Patient.name.given", "Patient")}
	twin := definition("nick", "string", "Patient.name.given", "Patient", "Person")
	twin.Source.ID = "twin"
	same := definition("nick", "string", "Patient.name.family", "Patient")
	for name, c := range map[string]struct {
		def search.Definition
		at  string // "" when admitted
	}{
		"R4 has it":             {definition("name", "string", "Patient.name", "Patient"), "code"},
		"R4 has it for a base":  {definition("code", "token", "DomainResource.id", "DomainResource"), "code"},
		"another one has it":    {twin, "code"},
		"itself once more":      {same, ""},
		"other types":           {definition("nick", "string", "Person.name.given", "Person"), ""},
		"no code":               {definition("", "string", "Patient.name", "Patient"), "code"},
		"a result parameter":    {definition("_sort", "string", "Patient.name", "Patient"), "code"},
		"a chain as a code":     {definition("a.b", "string", "Patient.name", "Patient"), "code"},
		"composite":             {definition("two", "composite", "Patient", "Patient"), "type"},
		"no base":               {definition("x", "string", "Patient.name"), "base"},
		"unknown base":          {definition("x", "string", "Patient.name", "Pat"), "base"},
		"no expression":         {definition("x", "string", "", "Patient"), "expression"},
		"broken expression":     {definition("x", "string", "Patient.name.where(", "Patient"), "expression"},
		"unknown function":      {definition("x", "string", "Patient.name.frobnicate()", "Patient"), "expression"},
		"an expression of time": {definition("x", "date", "Patient.birthDate | now()", "Patient"), "expression"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := r.Admit(c.def, others)
			if c.at == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			e, ok := err.(*fhir.Error)
			if !ok || e.Code != fhir.Unprocessable || e.Expression != "SearchParameter."+c.at {
				t.Errorf("answers %v, not about %s", err, c.at)
			}
			t.Log(err)
		})
	}
}
