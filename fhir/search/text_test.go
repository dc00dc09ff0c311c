package search_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
)

// TestTexts: what is written for people is indexed once, where it belongs;
// codes, links, dates, data and units are not.
func TestTexts(t *testing.T) {
	t.Parallel()
	r := search.NewRegistry(spec.R4())
	for name, c := range map[string]struct{ json, want string }{
		"nothing": {`{"resourceType":"Patient","id":"1"}`, ""},
		"concept": {`{"resourceType":"Observation","id":"1","code":{"text":"Heart Rate","coding":[{"system":"http://x","code":"C","display":"Pulse"}]}}`,
			"code=heart rate|code=pulse"},
		"the same text twice":       {`{"resourceType":"Observation","id":"1","code":{"text":"Pulse","coding":[{"display":"PULSE"}]},"note":[{"text":"pulse"}]}`, "code=pulse"},
		"under another parameter":   {`{"resourceType":"Observation","id":"1","code":{"text":"a"},"category":[{"text":"a"}]}`, "category=a|code=a"},
		"a display without a code":  {`{"resourceType":"Observation","id":"1","code":{"coding":[{"display":"only"}]}}`, "code=only"},
		"everything else":           {`{"resourceType":"Observation","id":"1","note":[{"text":"one"},{"text":"two","time":"2020","authorString":"three"}],"subject":{"display":"four"}}`, "_content=four, one, three, two"},
		"no codes, units, links":    {`{"resourceType":"Observation","id":"1","status":"final","language":"en","valueQuantity":{"value":1,"unit":"beats"},"implicitRules":"http://rules","meta":{"tag":[{"display":"tag"}],"source":"http://s"}}`, "_tag=tag"},
		"an extension":              {`{"resourceType":"Patient","id":"1","extension":[{"url":"http://x","valueString":"extended"},{"url":"http://y","valueCode":"coded"}]}`, "_content=extended"},
		"narrative":                 {`{"resourceType":"Patient","id":"1","text":{"status":"generated","div":"<div>A<br/>b &lt;c&gt; &#228;<!-- no --></div>"}}`, "_text=a b <c> a"},
		"a comment without an end":  {`{"resourceType":"Patient","id":"1","text":{"div":"<div>a<!-- b"}}`, "_text=a"},
		"a tag without an end":      {`{"resourceType":"Patient","id":"1","text":{"div":"a <b c='"}}`, "_text=a"},
		"contained":                 {`{"resourceType":"Patient","id":"1","contained":[{"resourceType":"Organization","id":"o","text":{"div":"<p>House</p>"},"name":"Spital"}]}`, "_content=house, spital"},
		"contained of unknown type": {`{"resourceType":"Patient","id":"1","contained":[{"resourceType":"Nothing","name":"x"},7,null]}`, ""},
		"wrong kinds":               {`{"resourceType":"Patient","id":"1","text":"x","name":"y","contact":[[{"name":{"text":"z"}}]],"photo":{"data":"QUJD","title":7}}`, "_content=7"},
		"text of punctuation":       {`{"resourceType":"Observation","id":"1","code":{"text":"?!"}}`, "code=?!"},
	} {
		var got []string
		for _, x := range extract(t, r, c.json).Texts {
			words := strings.Split(x.Text, "\n")
			slices.Sort(words)
			if line := x.Param + "=" + strings.Join(words, ", "); !slices.Contains(got, line) {
				got = append(got, line)
			}
		}
		slices.Sort(got)
		if text := strings.Join(got, "|"); text != c.want {
			t.Errorf("%s: %q, want %q", name, text, c.want)
		}
	}
}

// TestLongTexts: what is too long for the index is cut between characters.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	r := search.NewRegistry(spec.R4())
	long := strings.Repeat("\u00e6\u4e16 ", 200_000)
	for _, json := range []string{
		`{"resourceType":"Observation","id":"1","code":{"text":"` + long + `"}}`,
		`{"resourceType":"Observation","id":"1","note":[{"text":"` + long + `"}]}`,
		`{"resourceType":"Observation","id":"1","text":{"div":"` + long + `"}}`,
	} {
		texts := extract(t, r, json).Texts
		if len(texts) != 1 || len(texts[0].Text) > 256<<10 || len(texts[0].Text) < 255<<10 || !utf8.ValidString(texts[0].Text) {
			t.Errorf("%d texts, the first of %d bytes", len(texts), len(texts[0].Text))
		}
	}
}
