package validate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/validate"
)

// TestBundleReferences is a row per rule about what is in a Bundle and what
// refers to it (bundle.html#references, documents.html, messaging.html):
// severities, codes and expressions, but the advice to have a narrative.
func TestBundleReferences(t *testing.T) {
	t.Parallel()
	const base, uuid = "http://example.com/fhir/", "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"
	entry := func(url, resource string) string { return `{"fullUrl":"` + url + `","resource":` + resource + `}` }
	composition := func(more string) string {
		return entry(base+"Composition/c", `{"resourceType":"Composition","id":"c","status":"final","type":{"text":"t"},"date":"2020-01-01","title":"t","author":[{"reference":"Practitioner/p"}]`+more+`}`)
	}
	patient := entry(base+"Patient/a", `{"resourceType":"Patient","id":"a"}`)
	doctor := entry(base+"Practitioner/p", `{"resourceType":"Practitioner","id":"p"}`)
	observation := func(url, subject string) string {
		return entry(url, `{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"subject":{"reference":"`+subject+`"}}`)
	}
	header := func(more string) string {
		return entry(base+"MessageHeader/m", `{"resourceType":"MessageHeader","id":"m","eventUri":"http://example.com/e","source":{"endpoint":"http://example.com/s"}`+more+`}`)
	}
	bundle := func(kind string, entries ...string) string {
		return `{"resourceType":"Bundle","type":"` + kind + `","timestamp":"2020-01-01T00:00:00Z","identifier":{"system":"urn:a","value":"b"},"entry":[` + strings.Join(entries, ",") + `]}`
	}
	const subject, toA = `,"subject":{"reference":"Patient/a"}`, "Patient/a"
	for _, c := range []struct{ name, src, want string }{
		{"document", bundle("document", composition(subject), patient, doctor), ""},
		{"subject", bundle("document", composition(`,"subject":{"reference":"Patient/b"}`), doctor), "error invalid Bundle.entry[0].resource.subject.reference"},
		{"author", bundle("document", composition("")), "error invalid Bundle.entry[0].resource.author[0].reference"},
		{"custodian", bundle("document", composition(`,"custodian":{"reference":"Organization/o"}`), doctor), "error invalid Bundle.entry[0].resource.custodian.reference"},
		{"attester", bundle("document", composition(`,"attester":[{"mode":"legal","party":{"reference":"Practitioner/q"}}]`), doctor), "error invalid Bundle.entry[0].resource.attester[0].party.reference"},
		{"section", bundle("document", composition(`,"section":[{"section":[{"entry":[{"reference":"Observation/q"}]}]}]`), doctor), "error invalid Bundle.entry[0].resource.section[0].section[0].entry[0].reference"},
		{"another document", bundle("document", composition(`,"relatesTo":[{"code":"replaces","targetReference":{"reference":"Composition/q"}}]`), doctor), ""},
		{"another server", bundle("document", composition(`,"subject":{"reference":"http://example.org/fhir/Patient/a"}`), patient, doctor),
			"error invalid Bundle.entry[0].resource.subject.reference\nerror invalid Bundle.entry[1]"},
		{"absolute", bundle("document", composition(`,"subject":{"reference":"`+base+`Patient/a"}`), patient, doctor), ""},
		{"version", bundle("document", composition(`,"subject":{"reference":"Patient/a/_history/2"}`), entry(base+"Patient/a", `{"resourceType":"Patient","id":"a","meta":{"versionId":"2"}}`), doctor), ""},
		{"another version", bundle("document", composition(`,"subject":{"reference":"Patient/a/_history/1"}`), entry(base+"Patient/a", `{"resourceType":"Patient","id":"a","meta":{"versionId":"2"}}`), doctor),
			"error invalid Bundle.entry[0].resource.subject.reference\nerror invalid Bundle.entry[1]"},
		{"by id", bundle("document", composition(subject), entry(uuid, `{"resourceType":"Patient","id":"a"}`), doctor), "warning invalid Bundle.entry[0].resource.subject.reference"},
		{"urn", bundle("document", composition(`,"subject":{"reference":"`+uuid+`"}`), entry(uuid, `{"resourceType":"Patient"}`), doctor), ""},
		{"urn of nothing", bundle("collection", observation(base+"Observation/o", uuid)), "warning not-found Bundle.entry[0].resource.subject.reference"},
		{"urn of another type", bundle("collection", observation(base+"Observation/o", uuid), entry(uuid, `{"resourceType":"Basic","code":{"text":"x"}}`)), "error invalid Bundle.entry[0].resource.subject.reference"},
		{"elsewhere", bundle("collection", observation(base+"Observation/o", toA)), ""},
		{"nothing leads there", bundle("document", composition(""), doctor, entry(base+"Observation/o", `{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"}}`)), "error invalid Bundle.entry[2]"},
		{"from there", bundle("document", composition(subject), patient, doctor, observation(base+"Observation/o", toA)), ""},
		{"no fullUrl", bundle("document", composition(subject), `{"resource":{"resourceType":"Patient","id":"a"}}`, doctor),
			"error required Bundle.entry[1].fullUrl\nwarning invalid Bundle.entry[0].resource.subject.reference"},
		{"message", bundle("message", header(`,"focus":[{"reference":"Patient/a"}]`), patient), ""},
		{"focus", bundle("message", header(`,"focus":[{"reference":"Patient/b"}]`)), "error invalid Bundle.entry[0].resource.focus[0].reference"},
		{"author of a message", bundle("message", header(`,"author":{"reference":"Practitioner/p"}`)), ""},
		{"nothing leads there in a message", bundle("message", header(""), patient), "warning invalid Bundle.entry[1]"},
		{"no fullUrl in a collection", bundle("collection", `{"resource":{"resourceType":"Patient","id":"a"}}`), "warning required Bundle.entry[0]"},
		{"inside Parameters", `{"resourceType":"Parameters","parameter":[{"name":"b","resource":` + bundle("document", composition("")) + `}]}`, "error invalid Parameters.parameter[0].resource.entry[0].resource.author[0].reference"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, is := range validator.Validate(parse(t, c.src), validate.Options{}) {
				if !strings.HasPrefix(is.Message, "dom-6") {
					got = append(got, is.Severity+" "+string(is.Code)+" "+is.Expression)
				}
			}
			slices.Sort(got)
			if text := strings.Join(got, "\n"); text != c.want {
				t.Errorf("got\n%s\nwant\n%s", text, c.want)
			}
		})
	}
}
