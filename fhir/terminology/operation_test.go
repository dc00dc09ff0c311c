package terminology_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
)

// params writes a Parameters resource of parameters that are written already.
func params(list ...string) string {
	return `{"resourceType":"Parameters","parameter":[` + strings.Join(list, ",") + `]}`
}

func named(name, value string) string { return `{"name":"` + name + `",` + value + `}` }

// TestOperations asks every operation what it can be asked. An answer contains
// each of the texts, and nothing behind a "-"; a refusal has a code and names
// a parameter.
func TestOperations(t *testing.T) {
	t.Parallel()
	const animals = "http://example.org/animals"
	const gender = "http://hl7.org/fhir/ValueSet/administrative-gender"
	const yes, none = `"name":"result","valueBoolean":true`, `"name":"result","valueBoolean":false`
	for name, c := range map[string]struct {
		request, body string
		want          []string
		code          fhir.Code
		at            string
	}{
		"expand of R4": {request: "ValueSet/$expand?url=" + gender, want: []string{
			`"resourceType":"ValueSet"`, `"url":"http://hl7.org/fhir/ValueSet/administrative-gender"`, `"timestamp":"2026-01-02T03:04:05.000Z"`, `"total":4`,
			`"system":"http://hl7.org/fhir/administrative-gender"`, `"code":"male","display":"Male"`, `"name":"version","valueUri":"http://hl7.org/fhir/administrative-gender|4.0.1"`, `-"compose"`, `-nonsense`}},
		"expand with its definition":             {request: "ValueSet/$expand?includeDefinition=true&url=" + gender, want: []string{`"compose"`, `"expansion"`}},
		"expand of a version":                    {request: "ValueSet/$expand?url=http://example.org/vs/mammals|1", want: []string{`"total":3`, `"code":"mammal"`, `"code":"cat"`, `-whale`}},
		"expand of a valueSetVersion":            {request: "ValueSet/$expand?url=http://example.org/vs/mammals&valueSetVersion=1", want: []string{`"total":3`}},
		"expand of the latest version":           {request: "ValueSet/$expand?url=http://example.org/vs/mammals", want: []string{`"total":1`, `"display":"Doggy"`}},
		"expand of an instance":                  {request: "ValueSet/mammals/$expand", want: []string{`"total":3`}},
		"expand nests":                           {request: "ValueSet/all/$expand", want: []string{`"total":8`, `"code":"mammal","display":"Mammal","contains":[{`, `"abstract":true`, `"inactive":true`}},
		"expand without nesting":                 {request: "ValueSet/all/$expand?excludeNested=true", want: []string{`"total":8`, `-"display":"Mammal","contains"`}},
		"expand a page":                          {request: "ValueSet/all/$expand?offset=2&count=2", want: []string{`"total":8`, `"offset":2`, `"code":"dog"`, `"code":"cat"`, `-"code":"whale"`, `-"code":"mammal"`}},
		"expand past the end":                    {request: "ValueSet/all/$expand?offset=20&count=2", want: []string{`"total":8`, `-"contains"`}},
		"expand the count":                       {request: "ValueSet/all/$expand?count=0", want: []string{`"total":8`, `-"contains"`}},
		"expand by text":                         {request: "ValueSet/all/$expand?filter=DO", want: []string{`"total":2`, `"code":"dog"`, `"code":"dodo"`}},
		"expand by text of another language":     {request: "ValueSet/all/$expand?filter=chien", want: []string{`"total":1`, `"code":"dog"`}},
		"expand by several words":                {request: "ValueSet/all/$expand?filter=d+og", want: []string{`"total":1`}},
		"expand what is active":                  {request: "ValueSet/all/$expand?activeOnly=true", want: []string{`"total":7`, `-dodo`}},
		"expand what can be chosen":              {request: "ValueSet/all/$expand?excludeNotForUI=true", want: []string{`"total":7`, `-"code":"animal"`}},
		"expand a value set of living ones":      {request: "ValueSet/living/$expand", want: []string{`"total":7`, `-dodo`}},
		"expand in a language":                   {request: "ValueSet/all/$expand?displayLanguage=de", want: []string{`"display":"Hund"`, `"display":"Büsi"`, `"display":"Whale"`}},
		"expand in a language of a region":       {request: "ValueSet/all/$expand?displayLanguage=de-AT", want: []string{`"display":"Hund"`, `"display":"Büsi"`}},
		"expand with designations":               {request: "ValueSet/all/$expand?includeDesignations=true", want: []string{`"language":"fr","value":"Chien"`, `"language":"de","value":"Hund"`, `-Licorne`}},
		"expand with some designations":          {request: "ValueSet/all/$expand?designation=urn:ietf:bcp:47|fr", want: []string{`"value":"Chien"`, `-Hund`}},
		"expand what two have in common":         {request: "ValueSet/both/$expand", want: []string{`"total":3`, `-bird`}},
		"expand without a system":                {request: "ValueSet/lost/$expand", code: fhir.Unprocessable},
		"expand of a fragment":                   {request: "ValueSet/$expand?url=http://snomed.info/sct?fhir_vs", want: []string{`"total":2`, `"name":"fragment"`}},
		"expand of what is implied":              {request: "ValueSet/$expand?url=http://snomed.info/sct?fhir_vs%3Disa/64572001", want: []string{`"total":1`, `"code":"64572001"`}},
		"expand of an expansion":                 {request: "ValueSet/expanded/$expand", want: []string{`"total":1`, `"display":"Heart rate"`}},
		"expand without a system it includes":    {request: "ValueSet/$expand?exclude-system=http://example.org/animals&url=http://example.org/vs/all", want: []string{`"total":0`}},
		"expand of another version of a system":  {request: "ValueSet/all/$expand?system-version=http://example.org/animals|1", code: fhir.Unprocessable},
		"expand of a checked version":            {request: "ValueSet/all/$expand?check-system-version=http://example.org/animals|2", want: []string{`"total":8`}},
		"expand in a circle":                     {request: "ValueSet/circle/$expand", code: fhir.Unprocessable},
		"expand of LOINC":                        {request: "ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/observation-codes", code: fhir.Unprocessable},
		"expand of nothing":                      {request: "ValueSet/$expand", code: fhir.Required, at: "url"},
		"expand of what is not there":            {request: "ValueSet/$expand?url=http://example.org/none", code: fhir.NotFound, at: "url"},
		"expand of an instance that is not":      {request: "ValueSet/none/$expand", code: fhir.NotFound},
		"expand twice named":                     {request: "ValueSet/all/$expand?url=" + gender, code: fhir.Invalid, at: "url"},
		"expand with a parameter of others":      {request: "ValueSet/all/$expand?context=x", code: fhir.NotSupported, at: "context"},
		"expand with a count that is none":       {request: "ValueSet/all/$expand?count=many", code: fhir.Value, at: "count"},
		"expand with a flag that is none":        {request: "ValueSet/all/$expand?activeOnly=1", code: fhir.Value, at: "activeOnly"},
		"expand with two counts":                 {request: "ValueSet/all/$expand?count=1&count=2", code: fhir.Value, at: "count"},
		"expand with half a version":             {request: "ValueSet/all/$expand?system-version=x", code: fhir.Value, at: "system-version"},
		"expand by POST":                         {request: "ValueSet/$expand", body: params(named("url", `"valueUri":"http://example.org/vs/all"`), named("count", `"valueInteger":1`)), want: []string{`"total":8`, `"code":"animal"`, `-dog`}},
		"expand of what is given":                {request: "ValueSet/$expand", body: params(named("valueSet", `"resource":{"resourceType":"ValueSet","status":"draft","compose":{"include":[{"system":"`+animals+`","filter":[{"property":"legs","op":"=","value":"2"}]}]}}`)), want: []string{`"total":2`, `"status":"draft"`, "sparrow"}},
		"expand of a bare value set":             {request: "ValueSet/$expand", body: `{"resourceType":"ValueSet","status":"draft","compose":{"include":[{"system":"` + animals + `","concept":[{"code":"cat"}]}]}}`, want: []string{`"total":1`, `"display":"Cat"`}},
		"expand of something else":               {request: "ValueSet/$expand", body: `{"resourceType":"CodeSystem"}`, code: fhir.Invalid},
		"expand of a value set that is another":  {request: "ValueSet/$expand", body: params(named("valueSet", `"resource":{"resourceType":"CodeSystem"}`)), code: fhir.Value, at: "valueSet"},
		"validate a member":                      {request: "ValueSet/$validate-code?url=" + gender + "&system=http://hl7.org/fhir/administrative-gender&code=male", want: []string{yes, `"name":"display","valueString":"Male"`, `-message`}},
		"validate a stranger":                    {request: "ValueSet/$validate-code?url=" + gender + "&system=http://hl7.org/fhir/administrative-gender&code=nonsense", want: []string{none, `"name":"message"`}},
		"validate with its display":              {request: "ValueSet/$validate-code?url=" + gender + "&system=http://hl7.org/fhir/administrative-gender&code=male&display=MALE", want: []string{yes}},
		"validate with a foreign display":        {request: "ValueSet/$validate-code?url=" + gender + "&system=http://hl7.org/fhir/administrative-gender&code=male&display=Man", want: []string{none, "the display is not one", `"valueString":"Male"`}},
		"validate with a translated display":     {request: "ValueSet/all/$validate-code?system=" + animals + "&code=dog&display=hund&displayLanguage=de", want: []string{yes, `"name":"display","valueString":"Hund"`}},
		"validate by an instance":                {request: "ValueSet/mammals/$validate-code?system=" + animals + "&code=whale", want: []string{none, "excludes"}},
		"validate a coding":                      {request: "ValueSet/all/$validate-code", body: params(named("coding", `"valueCoding":{"system":"`+animals+`","code":"dog"}`)), want: []string{yes}},
		"validate a coding of another version":   {request: "ValueSet/all/$validate-code", body: params(named("coding", `"valueCoding":{"system":"`+animals+`","version":"1","code":"dog"}`)), want: []string{none, "of version 1 is not known"}},
		"validate a coding without a system":     {request: "ValueSet/all/$validate-code", body: params(named("coding", `"valueCoding":{"code":"dog"}`)), want: []string{none, "no system"}},
		"validate a concept":                     {request: "ValueSet/all/$validate-code", body: params(named("codeableConcept", `"valueCodeableConcept":{"coding":[{"system":"http://example.org/x","code":"1"},{"system":"`+animals+`","code":"dog"}]}`)), want: []string{yes, `"valueString":"Dog"`, `-message`}},
		"validate a concept that is not in":      {request: "ValueSet/all/$validate-code", body: params(named("codeableConcept", `"valueCodeableConcept":{"coding":[{"system":"`+animals+`","code":"unicorn"}]}`)), want: []string{none}},
		"validate what cannot be told":           {request: "ValueSet/lost/$validate-code?system=http://example.org/unknown&code=1", want: []string{none, "is not known here"}},
		"validate beside what cannot be told":    {request: "ValueSet/lost/$validate-code?system=" + animals + "&code=dog", want: []string{yes}},
		"validate in a circle":                   {request: "ValueSet/circle/$validate-code?system=" + animals + "&code=dog", want: []string{yes}},
		"validate in a circle what is not there": {request: "ValueSet/circle/$validate-code?system=" + animals + "&code=cat", want: []string{none, "includes itself"}},
		"validate an abstract code":              {request: "ValueSet/all/$validate-code?system=" + animals + "&code=animal", want: []string{yes}},
		"validate, nothing abstract":             {request: "ValueSet/all/$validate-code?system=" + animals + "&code=animal&abstract=false", want: []string{none, "abstract"}},
		"validate without a code":                {request: "ValueSet/all/$validate-code?system=" + animals, code: fhir.Required, at: "code"},
		"validate without a system":              {request: "ValueSet/all/$validate-code?code=dog", code: fhir.Required, at: "system"},
		"validate in nothing":                    {request: "ValueSet/$validate-code?code=dog&system=" + animals, code: fhir.Required, at: "url"},
		"validate in what is not there":          {request: "ValueSet/$validate-code?url=http://example.org/none&code=dog&system=" + animals, code: fhir.NotFound, at: "url"},
		"validate a code in its system":          {request: "CodeSystem/$validate-code?url=" + animals + "&code=dog", want: []string{yes, `"valueString":"Dog"`}},
		"validate a code that is none":           {request: "CodeSystem/animals/$validate-code?code=unicorn", want: []string{none}},
		"validate a code of a fragment":          {request: "CodeSystem/$validate-code?url=http://snomed.info/sct&code=1", want: []string{none, "only a fragment is known"}},
		"validate a code whatever its case":      {request: "CodeSystem/caseless/$validate-code?code=ALPHA", want: []string{yes}},
		"validate a unit":                        {request: "CodeSystem/$validate-code?url=http://unitsofmeasure.org&code=mg/dL", want: []string{yes}},
		"validate a code of a given system":      {request: "CodeSystem/$validate-code", body: params(named("codeSystem", `"resource":{"resourceType":"CodeSystem","url":"http://x","content":"complete","status":"draft","concept":[{"code":"1"}]}`), named("code", `"valueCode":"1"`)), want: []string{yes}},
		"validate a coding by its system":        {request: "CodeSystem/$validate-code", body: params(named("coding", `"valueCoding":{"system":"`+animals+`","code":"dog"}`)), want: []string{yes}},
		"validate a coding of no system known":   {request: "CodeSystem/$validate-code", body: params(named("coding", `"valueCoding":{"system":"http://loinc.org","code":"8867-4"}`)), want: []string{none, "is not known here"}},
		"validate in a system that is not there": {request: "CodeSystem/$validate-code?url=http://example.org/none&code=1", code: fhir.NotFound, at: "url"},
		"validate a code of which system":        {request: "CodeSystem/$validate-code?code=1", code: fhir.Required, at: "url"},
		"look up":                                {request: "CodeSystem/$lookup?system=" + animals + "&code=mammal", want: []string{`"name":"name","valueString":"Animals"`, `"name":"version","valueString":"2"`, `"name":"display","valueString":"Mammal"`, `"valueString":"It gives milk."`, `{"name":"code","valueCode":"parent"},{"name":"value","valueCode":"animal"}`, `{"name":"code","valueCode":"child"},{"name":"value","valueCode":"dog"}`}},
		"look up what others say":                {request: "CodeSystem/$lookup?system=" + animals + "&code=dog", want: []string{`"valueString":"Chien"`, `"valueString":"wouf"`, `"valueInteger":4`, `{"name":"language","valueCode":"de"}`}},
		"look up a coding":                       {request: "CodeSystem/$lookup", body: params(named("coding", `"valueCoding":{"system":"`+animals+`","code":"whale"}`)), want: []string{`"valueCoding":{"system":"http://example.org/food","code":"krill"}`}},
		"look up some properties":                {request: "CodeSystem/$lookup?system=" + animals + "&code=dog&property=habitat&property=lang.fr", want: []string{"house", "Chien", `-legs`, `-Hund`}},
		"look up in a language":                  {request: "CodeSystem/$lookup?system=" + animals + "&code=dog&displayLanguage=fr", want: []string{`"name":"display","valueString":"Chien"`}},
		"look up a version":                      {request: "CodeSystem/$lookup?system=http://terminology.hl7.org/CodeSystem/v2-0360&version=2.3.1&code=AA", want: []string{`"valueString":"2.3.1"`}},
		"look up what is retired":                {request: "CodeSystem/$lookup?system=" + animals + "&code=dodo", want: []string{`{"name":"code","valueCode":"inactive"},{"name":"value","valueBoolean":true}`}},
		"look up nothing":                        {request: "CodeSystem/$lookup?system=" + animals + "&code=unicorn", code: fhir.NotFound, at: "code"},
		"look up in nothing":                     {request: "CodeSystem/$lookup?system=http://loinc.org&code=8867-4", code: fhir.NotFound, at: "system"},
		"look up without a system":               {request: "CodeSystem/$lookup?code=dog", code: fhir.Required, at: "system"},
		"look up without a code":                 {request: "CodeSystem/$lookup?system=" + animals, code: fhir.Required, at: "code"},
		"subsumes":                               {request: "CodeSystem/$subsumes?system=" + animals + "&codeA=animal&codeB=dog", want: []string{`"name":"outcome","valueCode":"subsumes"`}},
		"is subsumed":                            {request: "CodeSystem/animals/$subsumes?codeA=dog&codeB=animal", want: []string{`"subsumed-by"`}},
		"is the same":                            {request: "CodeSystem/$subsumes?system=" + animals + "&codeA=dog&codeB=dog", want: []string{`"equivalent"`}},
		"is another":                             {request: "CodeSystem/$subsumes?system=" + animals + "&codeA=dog&codeB=bird", want: []string{`"not-subsumed"`}},
		"subsumes by codings":                    {request: "CodeSystem/$subsumes", body: params(named("codingA", `"valueCoding":{"system":"`+animals+`","code":"mammal"}`), named("codingB", `"valueCoding":{"system":"`+animals+`","code":"cat"}`)), want: []string{`"subsumes"`}},
		"subsumes across systems":                {request: "CodeSystem/$subsumes", body: params(named("codingA", `"valueCoding":{"system":"`+animals+`","code":"mammal"}`), named("codingB", `"valueCoding":{"system":"http://x","code":"cat"}`)), code: fhir.Value, at: "codingB"},
		"subsumes of R4":                         {request: "CodeSystem/$subsumes?system=http://terminology.hl7.org/CodeSystem/v3-ActCode&codeA=_ActEncounterCode&codeB=AMB", want: []string{`"subsumes"`}},
		"subsumes parts":                         {request: "CodeSystem/$subsumes?system=http://example.org/grouped&codeA=hand&codeB=finger", code: fhir.Unprocessable, at: "system"},
		"subsumes in a fragment":                 {request: "CodeSystem/$subsumes?system=http://snomed.info/sct&codeA=404684003&codeB=64572001", want: []string{`"subsumes"`}},
		"subsumes what is not there":             {request: "CodeSystem/$subsumes?system=" + animals + "&codeA=dog&codeB=unicorn", code: fhir.NotFound, at: "codeB"},
		"subsumes one code":                      {request: "CodeSystem/$subsumes?system=" + animals + "&codeA=dog", code: fhir.Required, at: "codeB"},
		"translate":                              {request: "ConceptMap/$translate?url=http://example.org/map/foods&system=" + animals + "&code=dog", want: []string{yes, `{"name":"equivalence","valueCode":"wider"},{"name":"concept","valueCoding":{"system":"http://example.org/food","code":"bone","display":"Bone"}}`, `"name":"source","valueUri":"http://example.org/map/foods"`}},
		"translate by an instance":               {request: "ConceptMap/foods/$translate?system=" + animals + "&code=dog", want: []string{yes, "bone"}},
		"translate by whatever map":              {request: "ConceptMap/$translate?system=" + animals + "&code=dog&targetsystem=http://example.org/food", want: []string{yes, "bone"}},
		"translate by the value sets":            {request: "ConceptMap/$translate?system=" + animals + "&code=dog&source=http://example.org/vs/all&target=http://example.org/vs/foods", want: []string{yes}},
		"translate to another value set":         {request: "ConceptMap/$translate?system=" + animals + "&code=dog&target=http://example.org/vs/none", want: []string{none}},
		"translate what depends":                 {request: "ConceptMap/foods/$translate?system=" + animals + "&code=cat", want: []string{yes, "mouse", `-fish`}},
		"translate what depends on that": {request: "ConceptMap/foods/$translate", body: params(named("coding", `"valueCoding":{"system":"`+animals+`","code":"cat"}`),
			named("dependency", `"part":[{"name":"element","valueUri":"http://example.org/age"},{"name":"concept","valueCodeableConcept":{"coding":[{"code":"old"}]}}]`)), want: []string{"mouse", "fish"}},
		"translate what is not listed":  {request: "ConceptMap/foods/$translate?system=" + animals + "&code=bird", want: []string{yes, `"inexact"`, `"Seed"`}},
		"translate what has no match":   {request: "ConceptMap/foods/$translate?system=" + animals + "&code=whale", want: []string{none, `"unmatched"`, "message"}},
		"translate back":                {request: "ConceptMap/foods/$translate?system=http://example.org/food&code=bone&reverse=true", want: []string{yes, `"narrower"`, `"code":"dog","display":"Dog"`}},
		"translate back by any map":     {request: "ConceptMap/$translate?system=http://example.org/food&code=bone&reverse=true", want: []string{yes, `"dog"`}},
		"translate by a map of R4":      {request: "ConceptMap/$translate?url=http://hl7.org/fhir/ConceptMap/cm-administrative-gender-v3&system=http://hl7.org/fhir/administrative-gender&code=male", want: []string{yes, `"code":"M","display":"Male"`}},
		"translate by a map of R4 back": {request: "ConceptMap/$translate?system=http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender&code=F&reverse=true", want: []string{yes, `"female"`}},
		"translate what nobody maps":    {request: "ConceptMap/$translate?system=http://example.org/none&code=x", want: []string{none, "no concept map"}},
		"translate a given map": {request: "ConceptMap/$translate", body: params(named("conceptMap", `"resource":{"resourceType":"ConceptMap","status":"draft","group":[{"source":"http://x","target":"http://y","unmapped":{"mode":"provided"},"element":[{"code":"q"}]}]}`),
			named("code", `"valueCode":"1"`), named("system", `"valueUri":"http://x"`)), want: []string{yes, `{"system":"http://y","code":"1"}`}},
		"translate without a system":    {request: "ConceptMap/foods/$translate?code=dog", code: fhir.Required, at: "system"},
		"translate by what is not here": {request: "ConceptMap/$translate?url=http://example.org/none&system=x&code=dog", code: fhir.NotFound, at: "url"},
		"a broken body":                 {request: "ValueSet/$expand", body: `{"resourceType":`, code: fhir.Malformed},
		"a parameter without a name":    {request: "ValueSet/$expand", body: params(`{"valueUri":"x"}`), code: fhir.Invalid, at: "Parameters.parameter[0]"},
		"a parameter without a value":   {request: "ValueSet/$expand", body: params(`{"name":"url"}`), code: fhir.Value, at: "url"},
		"a parameter of another type":   {request: "ValueSet/all/$validate-code", body: params(named("coding", `"valueCode":"dog"`)), code: fhir.Value, at: "coding"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, r := zoo(t)
			got, err := call(r, s, c.request, c.body)
			if c.code != "" {
				var e *fhir.Error
				if !errors.As(err, &e) || e.Code != c.code || c.at != "" && e.Expression != c.at {
					t.Errorf("%v, %s, want %s at %s", err, got, c.code, c.at)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if not, unwanted := strings.CutPrefix(want, "-"); strings.Contains(got, not) == unwanted {
					t.Errorf("%s\nin %s", want, got)
				}
			}
		})
	}
}
