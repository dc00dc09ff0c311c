package terminology_test

import (
	"context"
	"slices"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/terminology"
)

const (
	hl7 = "http://hl7.org/fhir/"
	tho = "http://terminology.hl7.org/"
)

// TestMember asks about the value sets of R4.
func TestMember(t *testing.T) {
	t.Parallel()
	r := terminology.New(spec.R4(), nil)
	for _, c := range []struct {
		valueSet, system, code string
		want                   terminology.Answer
	}{
		{"administrative-gender", hl7 + "administrative-gender", "male", terminology.Yes},
		{"administrative-gender|4.0.1", hl7 + "administrative-gender", "male", terminology.Yes},
		{"administrative-gender|4.0.0", hl7 + "administrative-gender", "male", terminology.Unknown},
		{"administrative-gender", hl7 + "administrative-gender", "Male", terminology.No},
		{"administrative-gender", hl7 + "observation-status", "male", terminology.No},
		{"issue-type", hl7 + "issue-type", "code-invalid", terminology.Yes},
		// listed codes of a system that is not here
		{"observation-vitalsignresult", "http://loinc.org", "8867-4", terminology.Yes},
		{"observation-vitalsignresult", "http://loinc.org", "8867-5", terminology.No},
		// a system that is not here
		{"observation-codes", "http://loinc.org", "8867-4", terminology.Unknown},
		{"observation-codes", "http://snomed.info/sct", "1", terminology.No},
		{"condition-code", "http://snomed.info/sct", "404684003", terminology.Unknown},
		{"condition-code", "http://example.org", "404684003", terminology.No},
		// a filter over a hierarchy, an exclusion
		{"v3-ActEncounterCode", tho + "CodeSystem/v3-ActCode", "AMB", terminology.Yes},
		{"v3-ActEncounterCode", tho + "CodeSystem/v3-ActCode", "_ActEncounterCode", terminology.No},
		{"v3-ActEncounterCode", tho + "CodeSystem/v3-ActCode", "OPTIN", terminology.No},
		{"patient-contactrelationship", tho + "CodeSystem/v2-0131", "N", terminology.Yes},
		{"patient-contactrelationship", tho + "CodeSystem/v2-0131", "O", terminology.No},
		// other value sets included
		{"yesnodontknow", tho + "CodeSystem/v2-0136", "Y", terminology.Yes},
		{"yesnodontknow", tho + "CodeSystem/data-absent-reason", "asked-unknown", terminology.Yes},
		{"yesnodontknow", tho + "CodeSystem/data-absent-reason", "masked", terminology.No},
		// rules instead of lists
		{"mimetypes|4.0.1", "urn:ietf:bcp:13", "text/plain; charset=utf-8", terminology.Yes},
		{"mimetypes|4.0.1", "urn:ietf:bcp:13", "plain", terminology.No},
		{"currencies|4.0.1", "urn:iso:std:iso:4217", "EUR", terminology.Yes},
		{"currencies|4.0.1", "urn:iso:std:iso:4217", "EURO", terminology.No},
		{"currencies|4.0.1", "urn:iso:std:iso:4217", "QQQ", terminology.No},
		{"ucum-units|4.0.1", "http://unitsofmeasure.org", "mm[Hg]", terminology.Yes},
		{"ucum-units|4.0.1", "http://unitsofmeasure.org", "mmHg", terminology.No},
		{"all-time-units", "http://unitsofmeasure.org", "wk", terminology.Yes},
		{"all-time-units", "http://unitsofmeasure.org", "kg", terminology.No},
		{"all-languages", "urn:ietf:bcp:47", "de-CH", terminology.Yes},
		{"all-languages", "urn:ietf:bcp:47", "de_CH", terminology.No},
		{"all-languages", "urn:ietf:bcp:47", "zz", terminology.No},
		{"iso3166-1-3", "urn:iso:std:iso:3166", "DEU", terminology.Yes},
		{"iso3166-1-3", "urn:iso:std:iso:3166", "DE", terminology.No},
		{"nothing-of-that-name", "http://loinc.org", "8867-4", terminology.Unknown},
		// only a fragment, and examples, of a system
		{"insuranceplan-type", tho + "CodeSystem/insurance-plan-type", "medical", terminology.Yes},
		{"insuranceplan-type", tho + "CodeSystem/insurance-plan-type", "none", terminology.Unknown},
		{"service-type", tho + "CodeSystem/service-type", "none", terminology.Unknown},
	} {
		url := hl7 + "ValueSet/" + c.valueSet
		if c.valueSet[:2] == "v3" {
			url = tho + "ValueSet/" + c.valueSet
		}
		got, err := r.Session(context.Background()).Member(url, terminology.Coding{System: c.system, Code: c.code})
		if err != nil || got.Answer != c.want || got.Answer != terminology.Yes && got.Reason == "" {
			t.Errorf("%s has %s#%s: %+v, %v", c.valueSet, c.system, c.code, got, err)
		}
	}
}

// TestMemberAgreesWithSpec holds the value sets as they are evaluated against
// the tables in which the generator enumerated them.
func TestMemberAgreesWithSpec(t *testing.T) {
	t.Parallel()
	r := terminology.New(spec.R4(), nil)
	sets, codes := 0, 0
	for _, c := range spec.R4().Canonicals() {
		if c.Type != "ValueSet" {
			continue
		}
		set, ok := spec.R4().Codes(c.URL + "|" + c.Version)
		if !ok {
			continue
		}
		sets++
		for system, code := range set.All() {
			codes++
			m, err := r.Session(context.Background()).Member(c.URL+"|"+c.Version, terminology.Coding{System: system, Code: code})
			if err != nil || m.Answer != terminology.Yes {
				t.Fatalf("%s has not %s#%s: %+v, %v", c.URL, system, code, m, err)
			}
			m, err = r.Session(context.Background()).Member(c.URL+"|"+c.Version, terminology.Coding{System: system, Code: code + "~"})
			if err != nil || m.Answer == terminology.Yes {
				t.Fatalf("%s has %s#%s~: %+v, %v", c.URL, system, code, m, err)
			}
			if m, err = r.Session(context.Background()).Member(c.URL+"|"+c.Version, terminology.Coding{Code: code}); err != nil || m.Answer != terminology.Yes {
				t.Fatalf("%s has not %s: %+v, %v", c.URL, code, m, err)
			}
		}
	}
	if sets < 1200 || codes < 30_000 {
		t.Errorf("there were only %d value sets with %d codes", sets, codes)
	}
}

func TestExists(t *testing.T) {
	t.Parallel()
	r := terminology.New(spec.R4(), nil)
	for _, c := range []struct {
		system, code string
		want         terminology.Answer
	}{
		{tho + "CodeSystem/v3-ActCode", "AMB", terminology.Yes},
		{tho + "CodeSystem/v3-ActCode", "amb", terminology.No},
		{"http://snomed.info/sct", "404684003", terminology.Unknown},
		{"http://loinc.org", "8867-4", terminology.Unknown},
		{"http://unitsofmeasure.org", "Cel", terminology.Yes},
		{"", "x", terminology.Unknown},
	} {
		m, err := r.Exists(context.Background(), terminology.Coding{System: c.system, Code: c.code})
		if err != nil || m.Answer != c.want {
			t.Errorf("%s#%s: %+v, %v", c.system, c.code, m, err)
		}
	}
}

// TestMembersAgreeWithSpec holds the enumeration of the value sets against
// the tables too: what is searched by is the same, no more and no less.
func TestMembersAgreeWithSpec(t *testing.T) {
	t.Parallel()
	a := terminology.New(spec.R4(), nil).For(context.Background(), nil)
	for _, c := range spec.R4().Canonicals() {
		if c.Type != "ValueSet" {
			continue
		}
		var got, want []string
		err := a.Members(c.URL+"|"+c.Version, func(system, code string) bool { got = append(got, system+" "+code); return true })
		set, ok := spec.R4().Codes(c.URL + "|" + c.Version)
		if !ok {
			if err == nil && len(got) > 0 {
				t.Errorf("%s has members that the tables have not", c.URL)
			}
			continue
		}
		for system, code := range set.All() {
			want = append(want, system+" "+code)
		}
		slices.Sort(got)
		slices.Sort(want)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %d of %d members, %v", c.URL, len(got), len(want), err)
		}
	}
}
