package validate_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir/validate"
)

// TestTimeIsBounded gives what would multiply if it were done naively, in
// resources that are small or that have much of one thing.
func TestTimeIsBounded(t *testing.T) {
	t.Parallel()
	deep := `{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthPlace","valueAddress":{"text":"x"}}`
	for range 19 {
		deep = `{"url":"http://example.org/e","valueQuantity":{"value":1,"extension":[` + deep + `]}}`
	}
	var contained, links, entries, attributes []string
	for i := range 20_000 {
		contained = append(contained, fmt.Sprintf(`{"resourceType":"Patient","id":"p%d"}`, i))
		links = append(links, fmt.Sprintf(`{"other":{"reference":"#p%d"},"type":"seealso"}`, i))
		attributes = append(attributes, fmt.Sprintf(` xmlns:a%d='x'`, i))
		entries = append(entries, fmt.Sprintf(`{"fullUrl":"http://example.org/Observation/o%d","resource":{"resourceType":"Observation","id":"o%d","status":"final","code":{"text":"x"},"hasMember":[{"reference":"Observation/o%d"}]}}`, i, i, (i+1)%20_000))
	}
	for name, src := range map[string]string{
		"deep extensions":   `{"resourceType":"Patient","extension":[` + deep + `]}`,
		"many contained":    `{"resourceType":"Patient","contained":[` + strings.Join(contained, ",") + `],"link":[` + strings.Join(links, ",") + `]}`,
		"a large document":  `{"resourceType":"Bundle","type":"document","identifier":{"system":"urn:a","value":"b"},"timestamp":"2020-01-01T00:00:00Z","entry":[` + strings.Join(entries, ",") + `]}`,
		"a large tag":       `{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns='http://www.w3.org/1999/xhtml'` + strings.Join(attributes, "") + `>a</div>"}}`,
		"many entities":     `{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns='http://www.w3.org/1999/xhtml'>` + strings.Repeat("&amp;", 200_000) + `</div>"}}`,
		"many fragments":    `{"resourceType":"Patient","contained":[{"resourceType":"Patient","id":"p"}],"name":[{"given":[` + strings.Repeat(`"#p",`, 200_000) + `"#p"]}]}`,
		"many codes at all": `{"resourceType":"Patient","maritalStatus":{"coding":[` + strings.Repeat(`{"system":"urn:x","code":"x"},`, 50_000) + `{"code":"x"}]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := parse(t, src)
			begun := time.Now()
			validator.Validate(d, validate.Options{Max: 100})
			if took := time.Since(begun); took > time.Minute {
				t.Errorf("it took %v", took)
			} else {
				t.Log(took)
			}
		})
	}
}
