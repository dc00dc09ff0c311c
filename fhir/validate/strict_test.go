package validate_test

import (
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/validate"
)

// strict writes what Strict finds like found does.
func strict(t *testing.T, src string) string {
	t.Helper()
	return found(validator.Strict(parse(t, src), validate.Options{}))
}

// TestStrict is a row per rule that goes beyond the structure.
func TestStrict(t *testing.T) {
	t.Parallel()
	const patient, observation = `{"resourceType":"Patient",`, `{"resourceType":"Observation","status":"final","code":{"text":"x"},`
	const text = `"text":{"status":"generated","div":"`
	div := func(inside string) string {
		return text + `<div xmlns=\"http://www.w3.org/1999/xhtml\">` + inside + `</div>"}}`
	}
	for _, c := range []struct{ name, src, want string }{
		{"nothing wrong", patient + `"active":true}`, ""},

		{"invariant of the type", observation + `"valueString":"a","dataAbsentReason":{"text":"x"}}`, "invariant Observation"},
		{"invariant of an element", observation + `"referenceRange":[{"age":{"low":{"value":1}}}]}`, "invariant Observation.referenceRange[0]"},
		{"invariant of a data type", observation + `"effectivePeriod":{"start":"2020-02-01","end":"2020-01-01"}}`, "invariant Observation.effective.ofType(Period)"},
		{"invariant of a data type inside", observation + `"referenceRange":[{"low":{"value":1,"code":"mg"}}]}`, "invariant Observation.referenceRange[0].low"},
		{"invariant inside contained", patient + `"contained":[{"resourceType":"Organization","id":"o"}],"managingOrganization":{"reference":"#o"}}`, "invariant Patient.contained[0]"},
		{"warnings are not told", `{"resourceType":"ValueSet","status":"draft","name":"not a name"}`, ""},
		{"app-4 as it is meant", `{"resourceType":"Appointment","status":"noshow","cancelationReason":{"text":"x"},"start":"2020-01-01T00:00:00Z","end":"2020-01-01T01:00:00Z","participant":[{"actor":{"display":"x"},"status":"accepted"}]}`, ""},
		{"app-4", `{"resourceType":"Appointment","status":"booked","cancelationReason":{"text":"x"},"start":"2020-01-01T00:00:00Z","end":"2020-01-01T01:00:00Z","participant":[{"actor":{"display":"x"},"status":"accepted"}]}`, "invariant Appointment"},
		{"only an id", patient + `"name":[{"id":"a"}]}`, "invariant Patient.name[0]"},
		{"only an id of a primitive", patient + `"_birthDate":{"id":"a"}}`, "invariant Patient.birthDate"},
		{"id and value of a primitive", patient + `"birthDate":"2000","_birthDate":{"id":"a"}}`, ""},

		{"reference", patient + `"managingOrganization":{"reference":"Organization/1"}}`, ""},
		{"reference to a version", patient + `"managingOrganization":{"reference":"Organization/1/_history/2"}}`, ""},
		{"absolute reference", patient + `"managingOrganization":{"reference":"http://example.org/fhir/Organization/1"}}`, ""},
		{"absolute reference that is not RESTful", patient + `"managingOrganization":{"reference":"http://example.org/x?y=1"}}`, ""},
		{"conditional reference", patient + `"managingOrganization":{"reference":"Organization?identifier=a|b"}}`, ""},
		{"reference to another type", patient + `"managingOrganization":{"reference":"Patient/1"}}`, "invalid Patient.managingOrganization.reference"},
		{"absolute reference to another type", patient + `"managingOrganization":{"reference":"http://example.org/fhir/Patient/1"}}`, "invalid Patient.managingOrganization.reference"},
		{"type that is another", patient + `"managingOrganization":{"reference":"Organization/1","type":"Patient"}}`, "invalid Patient.managingOrganization.type"},
		{"type alone", patient + `"managingOrganization":{"type":"Patient","display":"x"}}`, "invalid Patient.managingOrganization.type"},
		{"reference without a type", patient + `"managingOrganization":{"reference":"1"}}`, "value Patient.managingOrganization.reference"},
		{"reference to no type", patient + `"managingOrganization":{"reference":"Organisation/1"}}`, "value Patient.managingOrganization.reference"},
		{"reference with a bad id", patient + `"managingOrganization":{"reference":"Organization/a_b"}}`, "value Patient.managingOrganization.reference"},
		{"bad urn:uuid", patient + `"managingOrganization":{"reference":"urn:uuid:x"}}`, "value Patient.managingOrganization.reference"},
		{"contained", patient + `"contained":[{"resourceType":"Organization","id":"o","name":"x"}],"managingOrganization":{"reference":"#o"}}`, ""},
		{"contained of another type", patient + `"contained":[{"resourceType":"Basic","id":"o","code":{"text":"x"}}],"managingOrganization":{"reference":"#o"}}`, "invalid Patient.managingOrganization.reference"},
		{"nothing contained", patient + `"managingOrganization":{"reference":"#o"}}`, "value Patient.managingOrganization.reference"},
		{"entry of another type", `{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520","resource":{"resourceType":"Basic","code":{"text":"x"}}},{"resource":` + patient + `"managingOrganization":{"reference":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520"}}}]}`, "invalid Bundle.entry[1].resource.managingOrganization.reference"},

		{"contained that nobody refers to", patient + `"contained":[{"resourceType":"Organization","id":"o","name":"x"}]}`, "invariant Patient.contained[0]"},
		{"contained that refers to what is around", patient + `"contained":[{"resourceType":"Basic","id":"o","code":{"text":"x"},"subject":{"reference":"#"}}]}`, ""},
		{"contained without id", patient + `"contained":[{"resourceType":"Organization","name":"x"}]}`, "required Patient.contained[0].id"},
		{"contained in contained", patient + `"contained":[{"resourceType":"Organization","id":"o","name":"x","contained":[{"resourceType":"Basic","id":"p","code":{"text":"x"}}]}],"managingOrganization":{"reference":"#o"}}`, "invariant Patient.contained[0].contained"},
		{"version of contained", patient + `"contained":[{"resourceType":"Organization","id":"o","name":"x","meta":{"versionId":"1"}}],"managingOrganization":{"reference":"#o"}}`, "invariant Patient.contained[0].meta.versionId"},

		{"Bundle without requests", `{"resourceType":"Bundle","type":"transaction","entry":[{"resource":` + patient + `"active":true}}]}`, "invariant Bundle"},
		{"document without composition", `{"resourceType":"Bundle","type":"document","timestamp":"2020-01-01T00:00:00Z","identifier":{"system":"urn:a","value":"b"},"entry":[{"fullUrl":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520","resource":` + patient + `"active":true}}]}`, "invariant Bundle"},

		{"narrative", patient + div(`<p>a &amp; b&#160;&nbsp;<br/></p><!-- c --><![CDATA[d]]>`), ""},
		{"image", patient + div(`<img src=\"data:image/png;base64,AAAA\" alt=''/>`), ""},
		{"no namespace", patient + text + `<div>a</div>"}}`, "invariant Patient.text.div"},
		{"another namespace", patient + text + `<div xmlns=\"http://example.org\">a</div>"}}`, "invariant Patient.text.div"},
		{"another namespace inside", patient + div(`<p xmlns=\"http://example.org\">a</p>`), "invariant Patient.text.div"},
		{"script", patient + div(`<script>x</script>`), "invariant Patient.text.div"},
		{"handler", patient + div(`<p onclick=\"x\">a</p>`), "invariant Patient.text.div"},
		{"link that runs", patient + div(`<a href=\" java\nscript:x\">a</a>`), "invariant Patient.text.div"},
		{"link that runs, in disguise", patient + div(`<a href=\"jav&#x61;script:x\">a</a>`), "invariant Patient.text.div"},
		{"data that runs", patient + div(`<a href=\"data:image/svg+xml,x\">a</a>`), "invariant Patient.text.div"},
		{"comment that browsers end early", patient + div(`a<!--><p>b</p>-->`), "invariant Patient.text.div"},
		{"comment with a dash too many", patient + div(`a<!-- --!><p>b</p>-->`), "invariant Patient.text.div"},
		{"CDATA that browsers end early", patient + div(`<![CDATA[><img src=x onerror=y>]]>`), "invariant Patient.text.div"},
		{"entity of nobody", patient + div(`&nosuch;`), "invariant Patient.text.div"},
		{"reference to no character", patient + div(`&#xG;`), "invariant Patient.text.div"},
		{"attribute twice", patient + div(`<p id=\"a\" id=\"b\">a</p>`), "invariant Patient.text.div"},
		{"attributes without space", patient + div(`<p id=\"a\"class=\"b\">a</p>`), "invariant Patient.text.div"},
		{"narrative without text", patient + div(` <p/> `), "invariant Patient.text.div"},
		{"narrative that does not end", patient + div(`<p>a`), "invariant Patient.text.div"},
		{"two narratives", patient + div(`a</div><div>b`), "invariant Patient.text.div"},

		{"concept of a required value set", `{"resourceType":"AllergyIntolerance","patient":{"display":"x"},"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]}}`, ""},
		{"concept of another value set", `{"resourceType":"AllergyIntolerance","patient":{"display":"x"},"clinicalStatus":{"coding":[{"code":"x"}]}}`, "code-invalid AllergyIntolerance.clinicalStatus"},
		{"concept without a code", `{"resourceType":"AllergyIntolerance","patient":{"display":"x"},"clinicalStatus":{"text":"x"}}`, "code-invalid AllergyIntolerance.clinicalStatus"},

		{"extension of anybody", patient + `"extension":[{"url":"http://example.org/e","valueString":"x"}]}`, ""},
		{"extension without a scheme", patient + `"extension":[{"url":"e","valueString":"x"}]}`, "extension Patient.extension[0].url"},
		{"extension of R4", patient + `"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthPlace","valueAddress":{"text":"x"}}]}`, ""},
		{"value of an extension of R4", patient + `"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthPlace","valueString":"x"}]}`, "extension Patient.extension[0].value.ofType(string)"},
		{"nested extension missing", patient + `"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-nationality","extension":[{"url":"x","valueString":"x"}]}]}`, "extension Patient.extension[0].extension[0]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := strict(t, c.src); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestAdvice holds what Validate says besides errors, and where.
func TestAdvice(t *testing.T) {
	t.Parallel()
	const src = "{\n  \"resourceType\": \"Patient\",\n  \"maritalStatus\": {\"coding\": [{\"system\": \"urn:x\", \"code\": \"x\"}]},\n" +
		"  \"extension\": [{\"url\": \"http://hl7.org/fhir/StructureDefinition/no-such\", \"valueString\": \"x\"}],\n  \"gender\": \"x\"\n}"
	issues := validator.Validate(parse(t, src), validate.Options{})
	want := map[string][2]int{"Patient.maritalStatus": {3, 3}, "Patient.extension[0]": {4, 17}, "Patient.gender": {5, 3}, "Patient": {1, 1}}
	for _, is := range issues {
		at, ok := want[is.Expression]
		if !ok || is.Line != at[0] || is.Col != at[1] || (is.Severity == "error") != (is.Expression == "Patient.gender") {
			t.Errorf("%+v", is)
		}
		delete(want, is.Expression)
	}
	delete(want, "Patient") // no narrative: told only of what is otherwise whole
	if len(want) > 0 {
		t.Errorf("nothing said of %v", want)
	}
}

// TestInvariantsAreBounded gives a Bundle that costs more than a check may.
func TestInvariantsAreBounded(t *testing.T) {
	t.Parallel()
	entry := `,{"resource":{"resourceType":"ImplementationGuide","url":"urn:a","name":"A","status":"draft","packageId":"a","fhirVersion":["4.0.1"],"definition":{"grouping":[` +
		strings.Repeat(`{"id":"g","name":"g"},`, 3000) + `{"name":"h"}],"resource":[` + strings.Repeat(`{"reference":{"display":"x"},"groupingId":"g"},`, 3000) + `{"reference":{"display":"x"}}]}}}`
	src := `{"resourceType":"Bundle","type":"collection","entry":[` + strings.Repeat(entry, 3)[1:] + `]}`
	got := strict(t, src)
	if !strings.Contains(got, "too-costly Bundle") {
		t.Errorf("got %.300s", got)
	}
}

// FuzzDiv holds that a narrative is read to its end, whatever it is.
func FuzzDiv(f *testing.F) {
	for _, s := range []string{"<div xmlns='http://www.w3.org/1999/xhtml'>a</div>", "<div><p a='b'/>&lt;<!-- x --><![CDATA[y]]></div>", "<div", "<", "</div>", "<div a", "<div a=\"&#x26;\">"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.Contains(strings.ToLower(s), "<script") && validate.ReadDiv(s) == "" && !strings.Contains(s, "<!") {
			t.Errorf("a script was let in: %q", s)
		}
	})
}

func BenchmarkStrict(b *testing.B) {
	for name, src := range seeds(b) {
		d := parse(b, string(src))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				validator.Strict(d, validate.Options{})
			}
		})
	}
}
