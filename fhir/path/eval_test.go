package path_test

import (
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

const person = `{"resourceType":"Patient","id":"7","active":true,"gender":"female","birthDate":"1980-02-29",
 "_birthDate":{"extension":[{"url":"http://example.org/time","valueDateTime":"1980-02-29T10:00:00+01:00"}]},
 "_language":{"extension":[{"url":"http://example.org/none","valueCode":"x"}]},
 "contained":[{"resourceType":"Organization","id":"org","name":"O"},{"resourceType":"Practitioner","id":"doc"}],
 "name":[{"use":"official","family":"F","given":["A",null,"B"],"_given":[null,{"id":"second"},{"id":"third"}]},{"use":"usual","given":["C"]},{"text":"T"}],
 "telecom":[{"system":"phone","value":"1","rank":2},{"system":"email","value":"2","rank":1}],
 "deceasedBoolean":false,"multipleBirthInteger":2,
 "managingOrganization":{"reference":"#org"},
 "generalPractitioner":[{"reference":"Practitioner/9"},{"reference":"http://example.org/fhir/Organization/3/_history/2"},{"type":"PractitionerRole","identifier":{"value":"x"}},{"reference":"#doc"},{"display":"nobody"}]}`

const observation = `{"resourceType":"Observation","status":"final","effectiveDateTime":"2020-03","issued":"2020-03-04T05:06:07.890Z",
 "code":{"coding":[{"system":"http://loinc.org","code":"8867-4"},{"system":"s","code":"c"}],"text":"Heart  RATE"},
 "subject":{"reference":"Patient/7"},
 "valueQuantity":{"value":72.50,"unit":"beats/min","system":"http://unitsofmeasure.org","code":"/min"},
 "component":[{"code":{"text":"a"},"valueQuantity":{"value":5,"system":"http://unitsofmeasure.org","code":"g"}},
  {"code":{"text":"b"},"valueString":"text"},{"code":{"text":"c"},"valueQuantity":{"value":6,"comparator":"<"}},
  {"code":{"text":"d"},"valueSampledData":{"origin":{"value":1},"period":1,"dimensions":1}}],
 "extension":[{"url":"u","valueAge":{"value":30,"system":"http://unitsofmeasure.org","code":"a"}}]}`

const bundle = `{"resourceType":"Bundle","type":"collection","entry":[
 {"fullUrl":"http://example.org/fhir/Patient/7","resource":{"resourceType":"Patient","id":"7","link":[{"other":{"reference":"urn:uuid:1"}}]}},
 {"fullUrl":"urn:uuid:1","resource":{"resourceType":"RelatedPerson","id":"r","patient":{"reference":"Patient/7"}}}]}`

// render writes an item: a value, or the path of what has none.
func render(d *tree.Doc, i path.Item) string {
	switch v := i.Value(d).(type) {
	case nil:
		switch {
		case i.Node != tree.None:
			return d.Path(i.Node)
		case i.Extra != tree.None:
			return d.Path(i.Extra)
		}
		return "a " + i.Type().Name
	case path.Temporal:
		if v.Kind == path.Time {
			return "@T" + v.String()
		}
		return "@" + v.String()
	default:
		return v.String()
	}
}

func show(d *tree.Doc, c path.Collection) string {
	var out []string
	for _, i := range c {
		out = append(out, render(d, i))
	}
	return strings.Join(out, ", ")
}

func document(t testing.TB, src string) *tree.Doc {
	t.Helper()
	d, err := tree.Parse([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func clock() time.Time {
	return time.Date(2024, 2, 29, 23, 30, 5, 678900000, time.FixedZone("", 3600))
}

// table is expressions and their results.
type table map[string]string

func (x table) run(t *testing.T, src string, env path.Env) {
	t.Helper()
	d := document(t, src)
	env.Now = clock
	for expression, want := range x {
		e, err := path.Parse(expression)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		c, err := e.Eval(d, d.Root(), env)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
		} else if got := show(d, c); got != want {
			t.Errorf("%s: got %q, want %q", expression, got, want)
		}
	}
}

func TestNavigation(t *testing.T) {
	t.Parallel()
	table{
		"Patient":                       "Patient",
		"Patient.id":                    "7",
		"Resource.id":                   "7",
		"DomainResource.active":         "true",
		"Observation.id":                "",
		"name.given":                    "A, Patient.name[0].given[1], B, C",
		"Patient.name[1].given":         "C",
		"name[7]":                       "",
		"name[-1]":                      "",
		"`name`.`given`[0]":             "A",
		"deceased":                      "false",
		"deceased is boolean":           "true",
		"deceased is dateTime":          "false",
		"deceasedBoolean":               "",
		"multipleBirth":                 "2",
		"multipleBirth.ofType(integer)": "2",
		"multipleBirth as boolean":      "",
		"birthDate.extension.value":     "@1980-02-29T10:00:00+01:00",
		"birthDate.extension('http://example.org/time').value is dateTime": "true",
		"birthDate.extension('http://example.org/other')":                  "",
		"language":                                         "Patient._language",
		"language.exists()":                                "true",
		"language.hasValue()":                              "false",
		"language.getValue()":                              "",
		"language = 'en'":                                  "false",
		"language & 'x'":                                   "x",
		"language.extension.value":                         "x",
		"name.given.id":                                    "second, third",
		"name.given.hasValue()":                            "false",
		"name.given.select(hasValue())":                    "true, false, true, true",
		"name.given.where(hasValue().not()).id":            "second",
		"name.given.count()":                               "4",
		"contained.name":                                   "O",
		"contained.id":                                     "org, doc",
		"contained.ofType(Organization).id":                "org",
		"contained.where($this is DomainResource).count()": "2",
		"contained.type().name":                            "Organization, Practitioner",
		"name.type().name":                                 "HumanName, HumanName, HumanName",
		"gender.type()":                                    "FHIR.code",
		"gender is code":                                   "true",
		"gender is string":                                 "true",
		"gender is FHIR.uri":                               "false",
		"gender.ofType(string)":                            "",
		"gender.as(code)":                                  "female",
		"id is System.String":                              "false",
		"Patient is Resource":                              "true",
		"Patient is Observation":                           "false",
		"nothing.at.all":                                   "",
		"nothing is string":                                "",
		"resourceType":                                     "",
		"children().count() > 10":                          "true",
		"name[0].children()":                               "official, F, A, Patient.name[0].given[1], B",
		"name[1].descendants()":                            "usual, C",
		"contained.children()":                             "org, O, doc",
		"descendants().ofType(Organization).name":          "O",
		"managingOrganization.resolve().name":              "O",
		"managingOrganization.resolve() is Organization":   "true",
		"generalPractitioner.resolve()":                    "a Practitioner, a Organization, a PractitionerRole, Patient.contained[1]",
		"generalPractitioner.where(resolve() is Practitioner).count()": "2",
		"generalPractitioner[0].resolve().name":                        "",
		"'Observation/1'.resolve() is Observation":                     "true",
		"'Nothing/1'.resolve()":                                        "",
		"%resource.id":                                                 "7",
		"%rootResource.id":                                             "7",
		"%context.id":                                                  "7",
		"contained[0].select(%resource.id)":                            "7",
		"%ucum":                                                        "http://unitsofmeasure.org",
		"%`ext-x`":                                                     "http://hl7.org/fhir/StructureDefinition/x",
		"%'vs-y'":                                                      "http://hl7.org/fhir/ValueSet/y",
		"%mine":                                                        "5",
		"%none":                                                        "",
	}.run(t, person, path.Env{Constants: map[string]path.Value{"mine": path.Integer(5), "none": nil}})
	table{
		"value":                                  "72.50 '/min'",
		"value.value":                            "72.50",
		"value.unit":                             "beats/min",
		"value is Quantity":                      "true",
		"value is FHIR.Quantity":                 "true",
		"(value as Quantity).code":               "/min",
		"value.ofType(string)":                   "",
		"component.value":                        "5 'g', text, Observation.component[2].valueQuantity, Observation.component[3].valueSampledData",
		"component.value.ofType(Quantity).value": "5, 6",
		"(component.value as string)":            "text",
		"component.value.as(SampledData).period": "1",
		"extension('u').value is Age":            "true",
		"extension('u').value is Quantity":       "true",
		"extension.value is Duration":            "false",
		"effective":                              "@2020-03",
		"effective is dateTime":                  "true",
		"issued":                                 "@2020-03-04T05:06:07.890Z",
		"component[0].type().name":               "Observation.component",
		"component[0] is BackboneElement":        "true",
		"code.coding.where(system = 's').code":   "c",
		"code.coding.exists(code = '8867-4')":    "true",
		"subject.resolve() is Patient":           "true",
		"subject.where(resolve() is Group)":      "",
		"code.text ~ 'heart rate'":               "true",
		"code.text = 'heart rate'":               "false",
		"value > 70 '/min'":                      "true",
		"value = 72.5 '/min'":                    "true",
		"value = 1.2083333333333333 '/s'":        "false",
		"component[0].value = 0.005 'kg'":        "true",
		"component[0].value < 1 'kg'":            "true",
		"component[2].value > 1 '1'":             "",
		"hasExtension('u')":                      "true",
		"hasExtension('v')":                      "false",
		"component[0].value = 5 'm'":             "",
	}.run(t, observation, path.Env{})
	table{
		"entry.resource.id":                                    "7, r",
		"entry.resource.ofType(Patient).id":                    "7",
		"entry[1].resource.patient.resolve().id":               "7",
		"entry.resource.link.other.resolve().id":               "r",
		"entry.resource.link.other.resolve() is RelatedPerson": "true",
		"entry.resource.where($this is Patient).link.count()":  "1",
		"Bundle.entry.select(resource).type().name":            "Patient, RelatedPerson",
		"entry.type().name.distinct()":                         "Bundle.entry",
	}.run(t, bundle, path.Env{})
	table{
		"a":                     "1, 2.50",
		"a[0] is Integer":       "false",
		"value":                 "x",
		"value is string":       "true",
		"b.c":                   "true",
		"b.value.code":          "y",
		"Unheard.b.c":           "true",
		"Other.b.c":             "",
		"descendants().count()": "7",
	}.run(t, `{"resourceType":"Unheard","a":[1,2.50],"valueString":"x","b":{"c":true,"valueCoding":{"code":"y"}}}`, path.Env{})
}

func BenchmarkEval(b *testing.B) {
	d := document(b, observation)
	for _, expression := range []string{
		"Observation.status", "Observation.code.coding", "Observation.value.ofType(Quantity)", "Patient.name | Observation.component.value",
		"Observation.component.where(value is Quantity).code.text", "dataAbsentReason.empty() or value.empty()",
	} {
		e := path.MustParse(expression)
		b.Run(expression, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Eval(d, d.Root(), path.Env{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
