package terminology_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
)

// TestShapesOfHierarchies expands what is below the first code of a system in
// which every code is below that one, or below the one before, by properties.
// Neither takes time that grows with the square of the codes.
func TestShapesOfHierarchies(t *testing.T) {
	t.Parallel()
	s, r := zoo(t)
	const codes = 30_000
	for name, parent := range map[string]func(i int) int{"flat": func(int) int { return 0 }, "chain": func(i int) int { return i - 1 }} {
		var concepts []string
		for i := range codes {
			property := ""
			if i > 0 {
				property = fmt.Sprintf(`,"property":[{"code":"parent","valueCode":"c%d"}]`, parent(i))
			}
			concepts = append(concepts, fmt.Sprintf(`{"code":"c%d"%s}`, i, property))
		}
		s.put(t, `{"resourceType":"CodeSystem","id":"`+name+`","url":"http://example.org/`+name+`","content":"complete","concept":[`+strings.Join(concepts, ",")+`]}`)
		s.put(t, `{"resourceType":"ValueSet","id":"`+name+`-below","url":"http://example.org/vs/`+name+`","compose":{"include":[{"system":"http://example.org/`+name+`","filter":[{"property":"concept","op":"is-a","value":"c0"}]}]}}`)
		begun := time.Now()
		text, err := call(r, s, "ValueSet/"+name+"-below/$expand?count=1", "")
		if err != nil || !strings.Contains(text, fmt.Sprintf(`"total":%d`, codes)) {
			t.Errorf("%s: %v %.200s", name, err, text)
		}
		if took := time.Since(begun); took > time.Minute {
			t.Errorf("%s took %v", name, took)
		}
	}
	if _, err := call(r, s, "ValueSet/flat-below/$expand?count=1&filter="+strings.Repeat("c+", 40), ""); fhir.CodeOf(err) != fhir.TooCostly {
		t.Errorf("many words: %v", err)
	}
}
