package tree_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct{ src, message, at string }{
		"empty":            {``, "empty", ""},
		"blank":            {"  \n", "empty", ""},
		"cut short":        {`{"resourceType":"Patient",`, "too early", ""},
		"two values":       {`{} {}`, "follows", ""},
		"duplicate":        {`{"resourceType":"Patient","active":true,"active":false}`, "twice", ""},
		"duplicate inside": {`{"resourceType":"Patient","name":[{"family":"a","family":"b"}]}`, "twice", "Patient.name[0].family"},
		"bad UTF-8":        {"{\"a\":\"\xff\"}", "UTF-8", ""},
		"raw newline":      {"{\"a\":\"x\ny\"}", "invalid character", ""},
		"NUL escape":       {`{"resourceType":"Patient","name":[{"family":"a\u0000b"}]}`, `\u0000`, "Patient.name[0].family"},
		"lone surrogate":   {`{"a":"\ud800"}`, "surrogate", ""},
		"leading zero":     {`{"a":01}`, "not well-formed", ""},
		"NaN":              {`{"a":NaN}`, "not well-formed", ""},
		"escaped name":     {`{"\u0061":1}`, "escape", ""},
		"too deep":         {strings.Repeat("[", 65) + strings.Repeat("]", 65), "64 levels", ""},
		"absurdly deep":    {strings.Repeat("[", 2000000), "64 levels", ""},
		"byte order mark":  {"\ufeff{}", "not well-formed", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tree.Parse([]byte(c.src))
			var e *fhir.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want a *fhir.Error", err)
			}
			if e.Code != fhir.Malformed || !strings.Contains(e.Message, c.message) || e.Line < 1 {
				t.Errorf("got %q (line %d), want it to say %q", e.Message, e.Line, c.message)
			}
			if c.at != "" && e.Expression != c.at {
				t.Errorf("expression %q, want %q", e.Expression, c.at)
			}
		})
	}
}

func TestRead(t *testing.T) {
	d, err := tree.Parse([]byte(`{ "resourceType" : "Patient", "name":[{"family":"\u00e9\"x","given":["a",null]}], "n": 1.0E1, "b":true }`))
	if err != nil {
		t.Fatal(err)
	}
	given := d.Get(d.At(d.Find("name"), 0), "given")
	if got := d.Path(d.At(given, 1)); got != "Patient.name[0].given[1]" {
		t.Error(got)
	}
	if d.Kind(d.At(given, 1)) != tree.Null || d.Count(given) != 2 || d.At(given, 2) != tree.None {
		t.Error("given")
	}
	if got := d.Text(d.Get(d.At(d.Find("name"), 0), "family")); got != `é"x` {
		t.Errorf("%q", got)
	}
	if got := d.Text(d.Find("n")); got != "1.0E1" {
		t.Errorf("%q", got)
	}
	if d.Find("name", "x") != tree.None || d.Text(tree.None) != "" || !d.TextIs(d.Find("resourceType"), "Patient") {
		t.Error("find")
	}
}

func TestOpaque(t *testing.T) {
	src := `{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","resource":{"a":1}},"request":{"resource":"x"}}]}`
	d, err := tree.ParseOpaque([]byte(src), "resource", 3)
	if err != nil {
		t.Fatal(err)
	}
	e := d.At(d.Find("entry"), 0)
	r := d.Get(e, "resource")
	if d.Kind(r) != tree.Object || d.Count(r) != 0 || string(d.Raw(r)) != `{"resourceType":"Patient","resource":{"a":1}}` {
		t.Errorf("%s", d.Raw(r))
	}
	if d.Text(d.Get(d.Get(e, "request"), "resource")) != "x" {
		t.Error("request")
	}
	for _, bad := range []string{
		`{"entry":[{"resource":{"a":1,"a":2}}]}`, `{"entry":[{"resource":{"a":"\u0000"}}]}`,
		`{"entry":[{"resource":{"a":` + strings.Repeat("[", 61) + strings.Repeat("]", 61) + `}}]}`,
	} {
		if _, err := tree.ParseOpaque([]byte(bad), "resource", 3); err == nil {
			t.Errorf("accepted %.60s", bad)
		}
	}
}

func TestSplice(t *testing.T) {
	got := tree.Splice([]byte("abcdef"), tree.Edit{4, 4, []byte("-")}, tree.Edit{0, 1, nil}, tree.Edit{4, 5, []byte("E")})
	if string(got) != "bcd-Ef" {
		t.Errorf("%s", got)
	}
}

// FuzzParse holds two laws: Parse never panics, and what it accepts can be
// put together again from its leaves' spans.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`{}`, `[1,"a",null]`, `{"a":{"b":[true,1e5]}}`, `{"a":"\ud83d\ude00"}`, `{"a":1,"a":2}`, "\xff", `{"\u0061":1}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		d, err := tree.Parse(src)
		if err != nil {
			return
		}
		for n := tree.Node(0); int(n) < d.Len(); n++ {
			s, e := d.Span(n)
			if s >= e || e > len(src) {
				t.Fatalf("node %d spans %d:%d of %d", n, s, e, len(src))
			}
			if p := d.Parent(n); p != tree.None {
				ps, pe := d.Span(p)
				if s <= ps || e >= pe {
					t.Fatal("child outside its parent")
				}
			}
			d.Path(n)
			d.Text(n)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	src := []byte(`{"resourceType":"Observation","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"8867-4","display":"Heart rate"}]},"subject":{"reference":"Patient/1"},"effectiveDateTime":"2020-01-01T00:00:00Z","valueQuantity":{"value":72.50,"unit":"/min","system":"http://unitsofmeasure.org","code":"/min"}}`)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tree.Parse(src); err != nil {
			b.Fatal(err)
		}
	}
}
