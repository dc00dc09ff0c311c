package validate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
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

// found writes issues as "code expression", one a line.
func found(issues []fhir.Issue) string {
	var b strings.Builder
	for _, is := range issues {
		fmt.Fprintf(&b, "%s %s\n", is.Code, is.Expression)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// TestStructure is a row per rule: what is wrong, and everything that must be
// said about it.
func TestStructure(t *testing.T) {
	t.Parallel()
	const patient, observation = `{"resourceType":"Patient",`, `{"resourceType":"Observation","status":"final","code":{"text":"x"},`
	const ext = `{"url":"http://example.org/e","valueBoolean":true}`
	for _, c := range []struct{ name, src, want string }{
		{"root is no object", `["a"]`, "structure $this"},
		{"root is null", `null`, "structure $this"},
		{"empty", `{}`, "required $this.resourceType"},
		{"no type", `{"id":"a"}`, "required $this.resourceType"},
		{"type is no string", `{"resourceType":7}`, "structure $this.resourceType"},
		{"type unknown", `{"resourceType":"Pazient"}`, "value $this.resourceType"},
		{"type abstract", `{"resourceType":"DomainResource"}`, "value $this.resourceType"},
		{"type of no resource", `{"resourceType":"HumanName"}`, "value $this.resourceType"},
		{"type in another case", `{"resourceType":"patient"}`, "value $this.resourceType"},
		{"nothing but the type", `{"resourceType":"Patient"}`, ""},
		{"escaped type", `{"resourceType":"P\u0061tient","active":true}`, ""},

		{"unknown name", patient + `"foo":1}`, "structure Patient.foo"},
		{"another case", patient + `"birthdate":"2000"}`, "structure Patient.birthdate"},
		{"another case of the type", `{"resourceType":"Patient","ResourceType":"Patient"}`, "structure Patient.ResourceType"},
		{"another case within", patient + `"name":[{"Family":"x"}]}`, "structure Patient.name[0].Family"},
		{"name that is no identifier", patient + `"a b":1}`, "structure Patient"},
		{"empty name", patient + `"":1}`, "structure Patient"},
		{"underscore", patient + `"_":{}}`, "structure Patient._"},
		{"resourceType within", patient + `"name":[{"resourceType":"HumanName"}]}`, "structure Patient.name[0].resourceType"},
		{"choice without type", observation + `"value":1}`, "structure Observation.value"},
		{"choice of a wrong type", observation + `"valueMoney":{"value":1}}`, "structure Observation.valueMoney"},
		{"unknown sibling", patient + `"_foo":{"id":"a"}}`, "structure Patient._foo"},
		{"comments of DSTU2", patient + `"fhir_comments":["x"]}`, "structure Patient.fhir_comments"},

		{"array for one", patient + `"active":[true]}`, "structure Patient.active"},
		{"object for many", patient + `"name":{"family":"x"}}`, "structure Patient.name"},
		{"text for many", patient + `"name":[{"given":"x"}]}`, "structure Patient.name[0].given"},
		{"text for an object", patient + `"maritalStatus":"M"}`, "structure Patient.maritalStatus"},
		{"text among objects", patient + `"name":[{"family":"x"},"y"]}`, "structure Patient.name[1]"},
		{"array in an array", patient + `"name":[[{"family":"x"}]]}`, "structure Patient.name[0]"},
		{"text for boolean", patient + `"active":"true"}`, "structure Patient.active"},
		{"text for number", observation + `"valueQuantity":{"value":"1"}}`, "structure Observation.value.ofType(Quantity).value"},
		{"number for text", patient + `"birthDate":2000}`, "structure Patient.birthDate"},
		{"object for text", patient + `"birthDate":{"value":"2000"}}`, "structure Patient.birthDate"},
		{"null", patient + `"birthDate":null}`, "structure Patient.birthDate"},
		{"null for an object", patient + `"maritalStatus":null}`, "structure Patient.maritalStatus"},
		{"null for many", patient + `"name":null}`, "structure Patient.name"},
		{"null among objects", patient + `"name":[null,{"family":"x"}]}`, "structure Patient.name[0]"},
		{"empty object", patient + `"maritalStatus":{}}`, "structure Patient.maritalStatus"},
		{"blank empty object", patient + `"maritalStatus":{ }}`, "structure Patient.maritalStatus"},
		{"empty array", patient + `"name":[]}`, "structure Patient.name"},
		{"empty string", patient + `"birthDate":""}`, "value Patient.birthDate"},
		{"empty string among others", patient + `"name":[{"given":["a",""]}]}`, "value Patient.name[0].given[1]"},

		{"missing", `{"resourceType":"Observation","code":{"text":"x"}}`, "required Observation.status"},
		{"two missing", `{"resourceType":"Observation"}`, "required Observation.status\nrequired Observation.code"},
		{"missing choice", `{"resourceType":"MedicationRequest","status":"active","intent":"order","subject":{"display":"x"}}`, "required MedicationRequest.medication"},
		{"missing within", patient + `"link":[{"type":"refer"}]}`, "required Patient.link[0].other"},
		{"missing in a value", observation + `"valueSampledData":{"origin":{"value":1},"period":1}}`, "required Observation.value.ofType(SampledData).dimensions"},
		{"extension instead", `{"resourceType":"Observation","_status":{"extension":[` + ext + `]},"code":{"text":"x"}}`, ""},
		{"id instead", `{"resourceType":"Observation","_status":{"id":"a"},"code":{"text":"x"}}`, "required Observation.status"},
		{"extension instead of many", `{"resourceType":"CapabilityStatement","status":"draft","date":"2020","kind":"instance","fhirVersion":"4.0.1","_format":[{"extension":[` + ext + `]}]}`, ""},
		{"not for a constrained type", observation + `"referenceRange":[{"low":{"value":1,"comparator":"<"}}]}`, "structure Observation.referenceRange[0].low.comparator"},
		{"nor its sibling", observation + `"referenceRange":[{"low":{"value":1,"_comparator":{"id":"a"}}}]}`, "structure Observation.referenceRange[0].low.comparator"},

		{"two of a choice", observation + `"valueString":"a","valueInteger":1}`, "structure Observation.value.ofType(integer)"},
		{"two of a choice within", observation + `"component":[{"code":{"text":"x"},"valueString":"a","valueInteger":1}]}`, "structure Observation.component[0].value.ofType(integer)"},
		{"choice and its sibling", observation + `"valueString":"a","_valueString":{"id":"a"}}`, ""},
		{"choice and the sibling of another", observation + `"valueString":"a","_valueInteger":{"id":"a"}}`, "structure Observation.value.ofType(integer)"},
		{"two siblings of a choice", observation + `"_valueString":{"id":"a"},"_valueInteger":{"id":"a"}}`, "structure Observation.value.ofType(integer)"},

		{"siblings", patient + `"birthDate":"2000","_birthDate":{"extension":[` + ext + `]}}`, ""},
		{"sibling alone", patient + `"_birthDate":{"extension":[` + ext + `]}}`, ""},
		{"sibling is an array", patient + `"_birthDate":[{"extension":[` + ext + `]}]}`, "structure Patient.birthDate"},
		{"sibling is text", patient + `"_birthDate":"x"}`, "structure Patient.birthDate"},
		{"sibling is null", patient + `"birthDate":"2000","_birthDate":null}`, "structure Patient.birthDate"},
		{"sibling is empty", patient + `"birthDate":"2000","_birthDate":{}}`, "structure Patient.birthDate"},
		{"sibling with a value", patient + `"_birthDate":{"value":"2000"}}`, "structure Patient.birthDate.value"},
		{"wrong extension in a sibling", patient + `"_birthDate":{"extension":[{"valueString":"x"}]}}`, "required Patient.birthDate.extension[0].url"},
		{"sibling of an object", patient + `"_maritalStatus":{"id":"a"}}`, "structure Patient.maritalStatus"},
		{"sibling of an attribute", patient + `"name":[{"id":"a","_id":{"id":"b"}}]}`, "structure Patient.name[0].id"},
		{"sibling of an extension's url", patient + `"extension":[{"_url":{"extension":[` + ext + `]},"valueString":"x"}]}`, "structure Patient.extension[0].url\nrequired Patient.extension[0].url"},
		{"sibling of the narrative", patient + `"text":{"status":"empty","div":"<div></div>","_div":{"id":"a"}}}`, "structure Patient.text.div"},

		{"padded", patient + `"name":[{"given":[null,"b"],"_given":[{"extension":[` + ext + `]},null]}]}`, ""},
		{"padded in the middle", patient + `"name":[{"given":["a",null,"c"],"_given":[null,{"id":"x"},{"id":"y"}]}]}`, ""},
		{"null without sibling", patient + `"name":[{"given":["a",null]}]}`, "structure Patient.name[0].given[1]"},
		{"null on both sides", patient + `"name":[{"given":["a",null],"_given":[{"id":"x"},null]}]}`, "structure Patient.name[0].given[1]"},
		{"shorter sibling", patient + `"name":[{"given":["a","b"],"_given":[{"id":"x"}]}]}`, ""},
		{"longer sibling", patient + `"name":[{"given":["a"],"_given":[null,{"extension":[` + ext + `]}]}]}`, ""},
		{"sibling of nulls", patient + `"name":[{"given":["a"],"_given":[null,null]}]}`, "structure Patient.name[0].given[1]"},
		{"sibling array is an object", patient + `"name":[{"given":["a"],"_given":{"id":"x"}}]}`, "structure Patient.name[0].given"},
		{"sibling array of text", patient + `"name":[{"given":["a"],"_given":["x"]}]}`, "structure Patient.name[0].given[0]"},
		{"sibling array is empty", patient + `"name":[{"given":["a"],"_given":[]}]}`, "structure Patient.name[0].given"},
		{"wrong extension in a sibling array", patient + `"name":[{"given":["a"],"_given":[{"extension":[{"url":"u","valueDate":"x"}]}]}]}`, "value Patient.name[0].given[0].extension[0].value.ofType(date)"},

		{"extension without url", patient + `"extension":[{"valueString":"x"}]}`, "required Patient.extension[0].url"},
		{"extension with two values", patient + `"extension":[{"url":"u","valueString":"x","valueCode":"y"}]}`, "structure Patient.extension[0].value.ofType(code)"},
		{"extension with value and extensions", patient + `"extension":[{"url":"u","valueString":"x","extension":[` + ext + `]}]}`, "structure Patient.extension[0]"},
		{"extension with neither", patient + `"extension":[{"url":"u"}]}`, "structure Patient.extension[0]"},
		{"extension whose value is an extension", patient + `"extension":[{"url":"u","_valueString":{"extension":[` + ext + `]}}]}`, ""},
		{"extension of an extension", patient + `"extension":[{"url":"u","extension":[{"url":"v","valueDate":"2000-13"}]}]}`, "value Patient.extension[0].extension[0].value.ofType(date)"},

		{"bad date", patient + `"birthDate":"2001-02-29"}`, "value Patient.birthDate"},
		{"bad code", patient + `"gender":"Female"}`, "code-invalid Patient.gender"},
		{"bad code in a value", observation + `"valueQuantity":{"comparator":"=="}}`, "code-invalid Observation.value.ofType(Quantity).comparator"},
		{"malformed code", patient + `"gender":" male"}`, "value Patient.gender"},
		{"code of a grammar", patient + `"photo":[{"contentType":"image/x-anything"}]}`, ""},
		{"concept outside a required binding", `{"resourceType":"AllergyIntolerance","patient":{"display":"x"},"clinicalStatus":{"coding":[{"code":"x"}]}}`, ""},
		{"conditional reference", patient + `"managingOrganization":{"reference":"Organization?identifier=a|b c"}}`, ""},
		{"urn reference", patient + `"managingOrganization":{"reference":"urn:uuid:7b5a3f8e-0000-4000-8000-000000000000"}}`, ""},
		{"uri with a space", patient + `"implicitRules":"http://a b"}`, "value Patient.implicitRules"},
		{"narrative", patient + `"text":{"status":"generated","div":"<p>x</p>"}}`, "value Patient.text.div"},
		{"escaped narrative", patient + `"text":{"status":"generated","div":"\u003cdiv xmlns=\"http://www.w3.org/1999/xhtml\"\u003ex\u003c/div\u003e"}}`, ""},
		{"form feed", patient + `"name":[{"family":"a\fb"}]}`, "value Patient.name[0].family"},
		{"line feed", patient + `"name":[{"family":"a\n\t\rb"}]}`, ""},

		{"contained", patient + `"contained":[{"resourceType":"Organization","id":"o","name":"x"}]}`, ""},
		{"wrong within contained", patient + `"contained":[{"resourceType":"Organization","active":1}]}`, "structure Patient.contained[0].active"},
		{"contained of no type", patient + `"contained":[{"id":"o"}]}`, "required Patient.contained[0].resourceType"},
		{"contained of an unknown type", patient + `"contained":[{"resourceType":"organization"}]}`, "value Patient.contained[0].resourceType"},
		{"contained text", patient + `"contained":["o"]}`, "structure Patient.contained[0]"},
		{"contained but empty", patient + `"contained":[{}]}`, "required Patient.contained[0].resourceType"},
		{"entry", `{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient"}},{"resource":{"resourceType":"Patient","deceasedDateTime":"2000-00"}}]}`, "value Bundle.entry[1].resource.deceased.ofType(dateTime)"},
		{"outcome of an entry", `{"resourceType":"Bundle","type":"batch-response","entry":[{"response":{"status":"400","outcome":{"resourceType":"OperationOutcome","issue":[{"severity":"bad","code":"invalid"}]}}}]}`, "code-invalid Bundle.entry[0].response.outcome.issue[0].severity"},
		{"parameter", `{"resourceType":"Parameters","parameter":[{"name":"a","part":[{"name":"b","resource":{"resourceType":"Patient","Active":true}}]}]}`, "structure Parameters.parameter[0].part[0].resource.Active"},
		{"value of a parameter", `{"resourceType":"Parameters","parameter":[{"name":"a","valueBoolean":"x"}]}`, "structure Parameters.parameter[0].value.ofType(boolean)"},
		{"content reference", `{"resourceType":"Questionnaire","status":"draft","item":[{"linkId":"1","type":"group","item":[{"linkId":"2","type":"group","item":[{"type":"group"}]}]}]}`, "required Questionnaire.item[0].item[0].item[0].linkId"},
		{"element called resourceType", `{"resourceType":"ExampleScenario","status":"draft","instance":[{"resourceId":"a","resourceType":"Patient"}]}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := found(validator.Structure(parse(t, c.src))); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestHints holds what the messages say to somebody who mistyped.
func TestHints(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`{"resourceType":"Patient","birthdate":"2000"}`:                                                "names are case-sensitive, this one is birthDate",
		`{"resourceType":"Patient","_BirthDate":{"id":"a"}}`:                                           "names are case-sensitive, this one is birthDate",
		`{"resourceType":"Patient","RESOURCETYPE":"Patient"}`:                                          "this one is resourceType",
		`{"resourceType":"observation"}`:                                                               "the resource type is Observation",
		`{"resourceType":"Observation","status":"final","code":{"text":"x"},"value":1}`:                "value[x]",
		`{"resourceType":"Observation","code":{"text":"x"}}`:                                           "Observation must have status",
		`{"resourceType":"Patient","link":[{"other":{"display":"x"}}]}`:                                "Patient.link must have type",
		`{"resourceType":"Patient","gender":"x"}`:                                                      "http://hl7.org/fhir/ValueSet/administrative-gender",
		`{"resourceType":"Patient","name":{"family":"x"}}`:                                             "name may repeat and must be an array",
		`{"resourceType":"Patient","active":[true]}`:                                                   "active does not repeat here",
		`{"resourceType":"Patient","active":"true"}`:                                                   "a JSON boolean, not a JSON string",
		`{"resourceType":"Patient","_name":[{"id":"a"}]}`:                                              "only primitives have a sibling",
		`{"resourceType":"Patient","name":[{"_id":{"id":"a"},"text":"x"}]}`:                            "id cannot be extended",
		`{"resourceType":"MedicationRequest","status":"active","intent":"order","subject":{"id":"a"}}`: "MedicationRequest must have medication[x]",
	} {
		issues := validator.Structure(parse(t, src))
		if len(issues) != 1 || !strings.Contains(issues[0].Message, want) || issues[0].Severity != "error" {
			t.Errorf("%s: got %+v, want one error that says %q", src, issues, want)
		}
	}
}

// TestMessagesDoNotQuote puts a mark into every place of a document that a
// client fills and looks for it in the messages.
func TestMessagesDoNotQuote(t *testing.T) {
	t.Parallel()
	const mark = "Zaphod"
	for _, src := range []string{
		`{"resourceType":"Zaphod"}`, `{"resourceType":"Patient","Zaphod":1}`, `{"resourceType":"Patient","_Zaphod":1}`,
		`{"resourceType":"Patient","gender":"Zaphod","birthDate":"Zaphod","active":"Zaphod","name":"Zaphod","contained":["Zaphod"]}`,
		`{"resourceType":"Patient","name":[{"given":{"Zaphod":"x"}}],"photo":[{"data":"Zaphod"}],"id":"Zaphod!"}`,
		`{"resourceType":"Patient","contained":[{"resourceType":"Zaphod"}],"text":{"status":"Zaphod","div":"Zaphod"}}`,
	} {
		issues := validator.Structure(parse(t, src))
		if len(issues) == 0 {
			t.Errorf("%s: nothing found", src)
		}
		for _, is := range issues {
			if strings.Contains(is.Message, mark) {
				t.Errorf("%s: %s", src, is.Message)
			}
		}
	}
}

func TestAtMostTwentyIssues(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		`{"resourceType":"Patient","name":[` + strings.Repeat(`null,`, 1000) + `null]}`,
		`{"resourceType":"Patient","name":[` + strings.Repeat(`{"a":1},`, 1000) + `{"a":1}]}`,
		`{"resourceType":"Patient","name":[{"given":[` + strings.Repeat(`null,`, 1000) + `1]}]}`,
		`{"resourceType":"Patient","name":[{"_given":[` + strings.Repeat(`null,`, 1000) + `1]}]}`,
	} {
		if n := len(validator.Structure(parse(t, src))); n != validate.MaxIssues {
			t.Errorf("%d issues, want %d", n, validate.MaxIssues)
		}
	}
}

// TestLongText holds the limit of 1,048,576 characters, which are not bytes.
func TestLongText(t *testing.T) {
	t.Parallel()
	const most = 1 << 20
	for name, c := range map[string]struct{ text, want string }{
		"at the limit":            {strings.Repeat("a", most), ""},
		"over the limit":          {strings.Repeat("a", most+1), "value Patient.name[0].text"},
		"two bytes a character":   {strings.Repeat("é", most), ""},
		"over the limit, escaped": {strings.Repeat(`\u00e9`, most+1), "value Patient.name[0].text"},
		"six bytes a character":   {strings.Repeat(`\u00e9`, most), ""},
	} {
		if got := found(validator.Structure(parse(t, `{"resourceType":"Patient","name":[{"text":"`+c.text+`"}]}`))); got != c.want {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

// TestOpaqueResourcesAreLeftAlone is the bargain with the engine, which parses
// the entries of a Bundle on their own.
func TestOpaqueResourcesAreLeftAlone(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Patient","foo":1},"request":{"method":"POST","url":"Patient"}}]}`: "",
		`{"resourceType":"Bundle","type":"batch","entry":[{"resource":{},"request":{"method":"POST","url":"Patient"}}]}`:                                 "required Bundle.entry[0].resource.resourceType",
		`{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Patient"},"request":{"method":"FETCH","url":"Patient"}}]}`:        "code-invalid Bundle.entry[0].request.method",
	} {
		d, err := tree.ParseOpaque([]byte(src), "resource", 3)
		if err != nil {
			t.Fatal(err)
		}
		if got := found(validator.Structure(d)); got != want {
			t.Errorf("%s: got %q, want %q", src, got, want)
		}
	}
}
