package terminology_test

import (
	"encoding/json"
	"os"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/webdoctor/webdoctor/fhir"
)

// FuzzResource asks everything about whatever was stored as a code system, a
// value set or a concept map: every question ends, with an answer that is JSON
// or with a refusal that is not our own fault.
func FuzzResource(f *testing.F) {
	text, err := os.ReadFile("testdata/zoo.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range txtar.Parse(text).Files {
		f.Add(string(file.Data))
	}
	f.Add(`{"resourceType":"CodeSystem","id":"x","url":"u","content":"complete","property":[{"code":"parent"}],
 "concept":[{"code":"a","property":[{"code":"parent","valueCode":"b"}]},{"code":"b","property":[{"code":"parent","valueCode":"a"}]},{"code":"a"},{}]}`)
	f.Add(`{"resourceType":"CodeSystem","id":"x","url":"u","content":"complete","concept":[{"code":"a","property":[{"code":"n","valueInteger":"many"},{"code":"d","valueDecimal":"1.50"}]}]}`)
	f.Add(`{"resourceType":"ValueSet","id":"x","compose":{"include":[{},{"concept":[{}]},{"system":"http://example.org/animals","concept":[{"code":""}],"filter":[{}]}],"exclude":{}}}`)
	f.Add(`{"resourceType":"ConceptMap","id":"x","url":"m","group":[{"source":"s","element":[{"target":[{}]}],"unmapped":{"mode":"other-map","url":"m"}},{"source":"s","unmapped":{"mode":"other-map","url":"m"}}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		var r struct{ ResourceType, ID, URL string }
		if json.Unmarshal([]byte(text), &r) != nil || !fhir.ValidID(r.ID) {
			return
		}
		s, reg := zoo(t)
		s.put(t, text)
		for _, request := range []string{
			"ValueSet/" + r.ID + "/$expand?includeDesignations=true", "ValueSet/" + r.ID + "/$expand?filter=a&count=1&includeDefinition=true",
			"ValueSet/" + r.ID + "/$validate-code?system=http://example.org/animals&code=dog&display=Dog",
			"CodeSystem/" + r.ID + "/$validate-code?code=a", "CodeSystem/" + r.ID + "/$subsumes?codeA=a&codeB=b", "CodeSystem/$lookup?system=u&code=a",
			"ValueSet/$expand?url=u?fhir_vs", "ConceptMap/" + r.ID + "/$translate?system=s&code=a", "ConceptMap/" + r.ID + "/$translate?system=s&code=a&reverse=true",
			"ValueSet/all/$expand?displayLanguage=de",
		} {
			answer, err := call(reg, s, request, "")
			if code := fhir.CodeOf(err); code == fhir.Internal && s.parses(r.ResourceType, r.ID) || err == nil && !json.Valid([]byte(answer)) {
				t.Errorf("%s: %v %.300s", request, err, answer)
			}
		}
	})
}

// FuzzParameters sends whatever as the parameters of an operation.
func FuzzParameters(f *testing.F) {
	f.Add("url=http://example.org/vs/all&count=2", params(named("filter", `"valueString":"d"`)))
	f.Add("", params(named("coding", `"valueCoding":{"system":"http://example.org/animals","code":"dog"}`)))
	f.Add("code=%zz&&=", `{"resourceType":"Parameters","parameter":[{},{"name":"code","part":[]},{"name":"dependency","part":[{"name":"element"}]}]}`)
	f.Add("system=x&code=y", `{"resourceType":"Parameters","parameter":{}}`)
	s, r := zoo(f)
	f.Fuzz(func(t *testing.T, query, body string) {
		for _, at := range []string{"ValueSet/$expand", "ValueSet/all/$validate-code", "CodeSystem/$validate-code", "CodeSystem/$lookup", "CodeSystem/$subsumes", "ConceptMap/$translate"} {
			answer, err := call(r, s, at+"?"+query, body)
			if fhir.CodeOf(err) == fhir.Internal || err == nil && !json.Valid([]byte(answer)) {
				t.Errorf("%s: %v %.300s", at, err, answer)
			}
		}
	})
}
