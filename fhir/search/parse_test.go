package search_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
)

func patients(query string) search.Request { return search.Request{Type: "Patient", Query: query} }

// TestRefusals: what is refused, with which code and naming which parameter.
// More of them stand among the cases in testdata, next to what is accepted.
func TestRefusals(t *testing.T) {
	t.Parallel()
	r := search.NewRegistry(spec.R4())
	criteria := func(query string) search.Request {
		return search.Request{Type: "Patient", Query: query, Criteria: true, Lenient: true}
	}
	long := strings.Repeat("x", 9000)
	for name, c := range map[string]struct {
		request search.Request
		code    fhir.Code
		at      string
		says    string
	}{
		"unknown parameter":         {patients("nosuchparam=1"), fhir.NotSupported, "nosuchparam", "active, address"},
		"unknown type":              {search.Request{Type: "Nothing"}, fhir.NotSupported, "", "Nothing"},
		"no words":                  {patients("_text=-"), fhir.Value, "_text", "no word"},
		"too many words":            {patients("_content=" + strings.Repeat("a+", 33)), fhir.Value, "_content", "words"},
		"list by function":          {patients("_list=$current-problems"), fhir.NotSupported, "_list", "function"},
		"unknown modifier":          {patients("family:nosuchmodifier=x"), fhir.NotSupported, "family:nosuchmodifier", ":exact, :contains"},
		"two modifiers":             {patients("family:exact:missing=x"), fhir.NotSupported, "family:exact:missing", ""},
		"empty modifier":            {patients("family:=x"), "", "", ""},
		"modifier of another type":  {patients("gender:exact=x"), fhir.NotSupported, "gender:exact", ":not"},
		"chain of a string":         {patients("family.name=x"), fhir.Invalid, "family.name", "no reference"},
		"chain to another type":     {patients("organization:Patient.name=x"), fhir.Invalid, "organization:Patient.name", "cannot refer"},
		"chain to no type":          {patients("organization:Nothing.name=x"), fhir.Value, "organization:Nothing.name", "no resource type"},
		"chain to nothing":          {patients("organization.nothing=x"), fhir.NotSupported, "organization.nothing", "is not a search parameter"},
		"chain to a bad value":      {patients("link:Patient.birthdate=x"), fhir.Value, "link:Patient.birthdate", ""},
		"chain without an end":      {patients("organization.=x"), fhir.NotSupported, "organization.", ""},
		"long chain":                {patients("link:Patient." + strings.Repeat("link:Patient.", 8) + "_id=x"), fhir.Value, "", "at most 8 links"},
		"chain through everything":  {search.Request{Type: "Observation", Query: "focus.focus.focus.focus.focus.code=x"}, fhir.TooCostly, "focus.focus.focus.focus.focus.code", "name them"},
		"chain from nothing":        {patients("nothing.name=x"), fhir.NotSupported, "nothing.name", "is not a search parameter"},
		"_has of no type":           {patients("_has:Nothing:patient:code=1"), fhir.Value, "_has:Nothing:patient:code", "no resource type"},
		"_has by nothing":           {patients("_has:Observation:nothing:code=1"), fhir.NotSupported, "_has:Observation:nothing:code", "is not a search parameter"},
		"_has by no reference":      {patients("_has:Observation:code:code=1"), fhir.Invalid, "_has:Observation:code:code", "no reference"},
		"_has elsewhere":            {patients("_has:Observation:encounter:code=1"), fhir.Invalid, "_has:Observation:encounter:code", "cannot refer"},
		"_has without a parameter":  {patients("_has:Observation:patient=1"), fhir.Value, "_has:Observation:patient", "is written as"},
		"_has alone":                {patients("_has=1"), fhir.NotSupported, "_has", ""},
		"NUL":                       {patients("family=a%00"), fhir.Value, "family", ""},
		"bad UTF-8":                 {patients("family=%c3%28"), fhir.Value, "family", ""},
		"bad UTF-8, raw":            {patients("family=\xff"), fhir.Value, "family", ""},
		"bad percent-encoding":      {patients("family=%4"), fhir.Value, "family", ""},
		"bad encoding of the name":  {patients("fam%zzily=x"), fhir.Value, "fam%zzily", ""},
		"no name":                   {patients("=x"), fhir.Value, "", ""},
		"long name":                 {patients(long + "=x"), fhir.NotSupported, "", "too long"},
		"long value":                {patients("family=" + long), fhir.Value, "family", "8192"},
		"many alternatives":         {patients("family=a" + strings.Repeat(",a", 1000)), fhir.Value, "family", "1000"},
		"many filters":              {patients(strings.Repeat("family=a&", 65)), fhir.Value, "family", "64"},
		"many parameters":           {patients(strings.Repeat("_include=Patient:link&", 201)), fhir.Value, "", "200"},
		"many inclusions":           {patients(strings.Repeat("_include=Patient:link&", 51)), fhir.Value, "_include", "50"},
		"many bytes":                {patients(strings.Repeat("a", 1<<20+1)), fhir.TooLarge, "", ""},
		"many ids of any type":      {search.Request{Type: "Provenance", Query: "target=a" + strings.Repeat(",a", 999)}, fhir.Value, "target", "type"},
		"criteria without any":      {criteria(""), fhir.Invalid, "", "at least one"},
		"criteria with a result":    {criteria("family=x&_count=1"), fhir.Invalid, "_count", "_count"},
		"criteria are never laxer":  {criteria("family=x&nothing=1"), fhir.NotSupported, "nothing", ""},
		"criteria with a sort":      {criteria("family=x&_sort=family"), fhir.Invalid, "_sort", ""},
		"criteria with _include":    {criteria("family=x&_include:iterate=Patient:link"), fhir.Invalid, "_include:iterate", ""},
		"_lastUpdated:exact":        {patients("_lastUpdated:exact=true"), fhir.NotSupported, "_lastUpdated:exact", "supports :missing"},
		"unknown compartment":       {search.Request{Compartment: fhir.Key{Type: "Group", ID: "1"}}, fhir.NotSupported, "", "Group"},
		"not in the compartment":    {search.Request{Type: "Medication", Compartment: fhir.Key{Type: "Patient", ID: "1"}}, fhir.Invalid, "", "Medication"},
		"six sort keys":             {patients("_sort=family,given,name,birthdate,_id,_lastUpdated"), fhir.Value, "_sort", "5"},
		"cursor of nonsense":        {patients("_cursor=bm9uc2Vuc2U"), fhir.Value, "_cursor", ""},
		"cursor with NUL":           {patients("_cursor=" + (&search.Cursor{Keys: []string{"\x00"}}).Encode()), fhir.Value, "_cursor", ""},
		"lenient about a bad value": {search.Request{Type: "Patient", Query: "birthdate=x", Lenient: true}, fhir.Value, "birthdate", ""},
		"lenient about a modifier":  {search.Request{Type: "Patient", Query: "family:x=x", Lenient: true}, fhir.NotSupported, "family:x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := r.Parse(c.request)
			if c.code == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			e, ok := errors.AsType[*fhir.Error](err)
			if !ok || e.Code != c.code || c.at != "" && e.Expression != c.at || !strings.Contains(e.Message, c.says) {
				t.Fatalf("got %v, want %s at %q saying %q", err, c.code, c.at, c.says)
			}
			if len(e.Message) > 2000 || len(e.Expression) > 300 {
				t.Errorf("the message has %d bytes", len(e.Message))
			}
		})
	}
}

// TestUsed: the query as understood is what a self link may repeat.
func TestUsed(t *testing.T) {
	t.Parallel()
	r := search.NewRegistry(spec.R4())
	cursor := (&search.Cursor{ID: 5}).Encode()
	for query, want := range map[string]string{
		"":                                   "",
		"&family=a&&":                        "family=a",
		"family=a+b&given=%C3%A9":            "family=a%20b&given=%C3%A9",
		"identifier=http://x|1,2":            "identifier=http://x%7C1,2",
		"identifier=a%26b%3Dc%2Bd%25":        "identifier=a%26b%3Dc%2Bd%25",
		"family=a&nothing=1&_count=5":        "family=a&_count=5",
		"_cursor=" + cursor + "&family=a":    "family=a",
		"family:exact=a\\,b":                 "family:exact=a%5C,b",
		"_has:Observation:patient:nothing=1": "",
		"_has:Observation:patient:code=1":    "_has:Observation:patient:code=1",
		"organization.nothing=x&gender=male": "gender=male",
		"_format=json&_pretty=true":          "_format=json&_pretty=true",
		"_include:iterate=Patient:link":      "_include:iterate=Patient:link",
		"_sort=-birthdate&_elements=name,id": "_sort=-birthdate&_elements=name,id",
	} {
		q, err := r.Parse(search.Request{Type: "Patient", Query: query, Lenient: true})
		if err != nil || q.Used != want {
			t.Errorf("%s: %q %v, want %q", query, q.Used, err, want)
		}
		ignored := strings.Contains(query, "nothing")
		if (len(q.Notes) > 0) != ignored {
			t.Errorf("%s: notes %v", query, q.Notes)
		}
	}
}

func TestResultParameters(t *testing.T) {
	t.Parallel()
	r := search.NewRegistry(spec.R4())
	q, err := r.Parse(patients("_count=7&_total=accurate&_summary=text&_elements=name,birthDate&_sort=-birthdate,_id&_include=Patient:link:Patient&_revinclude:iterate=Observation:subject"))
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(q.Count, q.Total, q.Summary, q.Elements, len(q.Sort), q.Sort[0].Param, q.Sort[0].Descending, q.Sort[1].Param, q.Sort[1].Descending,
		q.Include[0].Source, q.Include[0].Param, q.Include[0].Target, q.Include[0].Iterate, q.RevInclude[0].Source, q.RevInclude[0].Param, q.RevInclude[0].Target, q.RevInclude[0].Iterate)
	want := "7accuratetext[name birthDate]2 Patient.birthdate (date) true Patient._id (token) falsePatient Patient.link (reference)Patient falseObservation Observation.subject (reference) true"
	if strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(want, " ", "") {
		t.Errorf("got %s", got)
	}
	for query, count := range map[string]int{"": 50, "_count=1000": 1000, "_count=1001": 1000, "_count=0": 0, "_count=5&_summary=count": 0} {
		if q, err := r.Parse(patients(query)); err != nil || q.Count != count {
			t.Errorf("%s: %d %v", query, q.Count, err)
		}
	}
	if q, err := r.Parse(patients("_summary=false")); err != nil || q.Summary != "" {
		t.Errorf("_summary=false: %q %v", q.Summary, err)
	}
}

func TestSystemSearch(t *testing.T) {
	t.Parallel()
	r := search.NewRegistry(spec.R4())
	q, err := r.Parse(search.Request{Query: "_id=1"})
	if err != nil || len(q.Types) != len(spec.R4().ResourceTypes()) || len(q.Filters[0].Params) != len(q.Types) || q.Filters[0].Params[3].On != q.Types[3] {
		t.Errorf("%v %v", q.Types, err)
	}
	q, err = r.Parse(search.Request{Query: "code=1&_type=Observation,Condition,Observation"})
	if err != nil || !slices.Equal(q.Types, []string{"Observation", "Condition"}) || q.Filters[0].Params[1].On != "Condition" {
		t.Errorf("%v %v", q.Types, err)
	}
	// A reference in one type and a token in the other is no common question.
	if _, err = r.Parse(search.Request{Query: "target=1&_type=Provenance,MessageHeader"}); err != nil {
		t.Error(err)
	}
	if _, err = r.Parse(search.Request{Query: "patient=1&_type=Observation,Patient"}); fhir.CodeOf(err) != fhir.NotSupported {
		t.Error(err)
	}
}

func TestCursor(t *testing.T) {
	t.Parallel()
	for _, c := range []search.Cursor{{ID: 1}, {ID: -1 << 60, Backward: true, Keys: []string{"", "é\n", `"\`}}} {
		got, err := search.DecodeCursor(c.Encode())
		if err != nil || !reflect.DeepEqual(*got, c) {
			t.Errorf("%v becomes %v %v", c, got, err)
		}
		if strings.ContainsAny(c.Encode(), "+/=&%") {
			t.Errorf("%s needs escaping", c.Encode())
		}
	}
	if _, err := search.DecodeCursor(strings.Repeat("A", 5000)); fhir.CodeOf(err) != fhir.Value {
		t.Error(err)
	}
}

// FuzzParse holds the laws of queries: nothing crashes the parser, every
// refusal is one that may be told, and the query as understood means the same
// as what was sent.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "family=a", "family:exact=a,b&given=c", `identifier=http://x|1,|2,a\|b`, "birthdate=ge2020-01-01&birthdate=lt2021", "_id=1,2&_count=5",
		"organization=Organization/1,2,http://x/Organization/3", "general-practitioner:Practitioner=1", "organization:identifier=a|b",
		"_sort=-birthdate,_id&_include=Patient:*&_revinclude:iterate=Observation:subject:Patient", "_lastUpdated=ap2020", "a.b:c=d", "_has:a:b:c=d", "_content=a+-b+OR+\"c+d\"+NOT+\"", "_list=a,b", "organization.name:exact=x&general-practitioner:Practitioner.name=y", "_has:Observation:patient:_has:Provenance:target:recorded=gt2020", "link:Patient._has:Observation:patient:code:not=x",
		"gender:in=http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1", "gender:below=male&_tag:above=http://hl7.org/fhir/issue-type|structure", "identifier=a|,|b&identifier:of-type=a|b|c", "_profile:below=http://a/b&_profile:above=http://a//b/", "name:missing=true&active=http://terminology.hl7.org/CodeSystem/special-values|",
		"code-value-quantity=a|b$gt5||mg,c$1&combo-code-value-concept=a$b\\$c", "component-code-value-quantity=|a$ne5", "component-code-value-quantity:missing=true", "phonetic=ann lee,x",
		`_filter=not (family co "a, b") and code-value-quantity eq a$b`, "gender:not=male&_tag=x|y&_summary=count&_elements=a,b", "family=%C3%A9%2C%5C%24", "=&;&%", "_cursor=" + (&search.Cursor{ID: 1, Keys: []string{"a"}}).Encode(),
	} {
		f.Add(s, false)
	}
	r := search.NewRegistry(spec.R4())
	f.Fuzz(func(t *testing.T, query string, lenient bool) {
		for _, request := range []search.Request{
			{Type: "Patient", Query: query, Lenient: lenient}, {Type: "Observation", Query: query, Lenient: lenient},
			{Query: query, Lenient: lenient}, {Compartment: fhir.Key{Type: "Patient", ID: "1"}, Query: query},
		} {
			q, err := r.Parse(request)
			if err != nil {
				if code := fhir.CodeOf(err); code == fhir.Internal {
					t.Fatalf("%q: %v", query, err)
				}
				continue
			}
			request.Query, request.Lenient = q.Used, false
			again, err := r.Parse(request)
			if err != nil || again.Used != q.Used {
				t.Fatalf("%q is understood as %q, and that as %q: %v", query, q.Used, again.Used, err)
			}
			again.After, again.Notes, q.After, q.Notes = nil, nil, nil, nil
			if !strings.Contains(query, "ap") && !reflect.DeepEqual(q, again) {
				t.Fatalf("%q and %q differ", query, q.Used)
			}
		}
	})
}
