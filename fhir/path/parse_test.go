package path_test

import (
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/spec"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"a":                                "a",
		"Patient.name.given":               "Patient.name.given",
		"a.b[0].c()":                       "a.b[0].c()",
		"a.where(b = 'c').d":               "a.where((b = 'c')).d",
		"1 + 2 * 3":                        "(1 + (2 * 3))",
		"1 - 2 - 3":                        "((1 - 2) - 3)",
		"-1.abs()":                         "(-1.abs())",
		"- - 1":                            "(-(-1))",
		"-2 * 3":                           "((-2) * 3)",
		"a | b | c":                        "((a | b) | c)",
		"a = b | c":                        "(a = (b | c))",
		"a | b is c":                       "(a | (b is c))",
		"a and b or c":                     "((a and b) or c)",
		"a or b and c":                     "(a or (b and c))",
		"a implies b or c":                 "(a implies (b or c))",
		"a < b = c":                        "((a < b) = c)",
		"a in b = c":                       "(a in (b = c))",
		"a & b as c":                       "((a & b) as c)",
		"a is FHIR.Patient":                "(a is FHIR.Patient)",
		"a.as(System.Quantity)":            "a.as(System.Quantity)",
		"a.ofType(`Quantity`)":             "a.ofType(Quantity)",
		"(a as Quantity).value":            "(a as Quantity).value",
		"resolve() is Patient":             "(resolve() is Patient)",
		"$this.a = $index + $total":        "($this.a = ($index + $total))",
		"a.$this":                          "a",
		"%resource.a | %`vs-x` | %'ext-y'": "((%resource.a | %`vs-x`) | %`ext-y`)",
		"{}":                               "{}",
		"true != false":                    "(true != false)",
		"`a b`.`c`":                        "`a b`.c",
		"\"a b\".c":                        "`a b`.c",
		"`div`.is.as.contains.in":          "`div`.is.as.contains.in",
		"a contains b.contains(c)":         "(a contains b.contains(c))",
		`'a\'b\\\n\u0065'`:                 `'a\'b\\\ne'`,
		"1.50":                             "1.50",
		"4 days":                           "4 days",
		"1 year":                           "1 year",
		"4.5 'mg'":                         "4.5 'mg'",
		"@2014":                            "@2014",
		"@2014-01T":                        "@2014-01T",
		"@2014-01-25T14:30:14.559+10:00":   "@2014-01-25T14:30:14.559+10:00",
		"@2014-01-25T14:30Z":               "@2014-01-25T14:30Z",
		"@T14:30":                          "@T14:30",
		"@2014.a()":                        "@2014.a()",
		"@2014-01 -1":                      "(@2014-01 - 1)",
		"a // rest\n.b /* x */ . c":        "a.b.c",
		"iif(a, b, c)":                     "iif(a, b, c)",
		"(((a)))":                          "a",
	} {
		e, err := path.Parse(src)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got := e.String(); got != want {
			t.Errorf("%s: got %s, want %s", src, got, want)
		}
		if again, err := path.Parse(e.String()); err != nil || again.String() != e.String() {
			t.Errorf("%s: %s reads back as %v, %v", src, e, again, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"":                                     "character 1: the expression ends too early",
		"a.":                                   "character 3: the expression ends too early",
		"a b":                                  "character 3: unexpected text",
		"a..b":                                 "character 3: unexpected .",
		"2 + 2 /":                              "ends too early",
		"/* open":                              "comment is not closed",
		"'open":                                "string is not closed",
		`'\p'`:                                 "unknown escape",
		`'\u12'`:                               "unknown escape",
		"`open":                                "delimited identifier is not closed",
		"'\xff'":                               "UTF-8",
		"\x80":                                 "unexpected character",
		"a[0":                                  "ends too early",
		"a[]":                                  "unexpected ]",
		"a(b,)":                                "unexpected )",
		"a(,b)":                                "unexpected ,",
		"{a}":                                  "unexpected text",
		"$that":                                "$ must be followed",
		"a.$index":                             "cannot follow a dot",
		"a is":                                 "ends too early",
		"a is 1":                               "unexpected text",
		"a is b.c.d":                           "unexpected .",
		"div":                                  "unexpected text",
		"1.a.2":                                "unexpected",
		"@":                                    "not a date",
		"@20":                                  "not a date",
		"@2014-13":                             "not a date",
		"@2015-02-29":                          "not a date",
		"@T25":                                 "not a date",
		"@2014-01T10":                          "not a date",
		"2147483648":                           "32 bits",
		strings.Repeat("1", 600) + ".0":        "too long",
		strings.Repeat("(", 200):               "nested deeper",
		strings.Repeat("-", 200) + "1":         "nested deeper",
		strings.Repeat("a(", 200):              "nested deeper",
		strings.Repeat("a[", 200):              "nested deeper",
		"a" + strings.Repeat(".a", 5000):       "more than 4096 parts",
		strings.Repeat("a", path.MaxLength+1):  "longer than",
		"Patient.name.first().subsetOf(a) or)": "unexpected )",
	} {
		e, err := path.Parse(src)
		if err == nil {
			t.Errorf("%.40s: accepted as %s", src, e)
			continue
		}
		if fhir.CodeOf(err) != fhir.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: got %v, want %q", src, err, want)
		}
	}
}

// TestParseR4: the expressions of R4's own search parameters can be read, and
// written again.
func TestParseR4(t *testing.T) {
	t.Parallel()
	for _, p := range spec.R4().AllSearchParams() {
		if p.Expression == "" {
			continue
		}
		e, err := path.Parse(p.Expression)
		if err != nil {
			t.Errorf("%s: %v", p.URL, err)
			continue
		}
		if again, err := path.Parse(e.String()); err != nil || again.String() != e.String() {
			t.Errorf("%s reads back as %v, %v", e, again, err)
		}
	}
}

func TestAlternatives(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"a":                     "a",
		"a | b | c":             "a b c",
		"(a | b) | (c | d) | e": "a b c d e",
		"(a | b).c | d":         "(a | b).c d",
	} {
		var got []string
		for _, e := range path.MustParse(src).Alternatives() {
			got = append(got, e.String())
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: got %s, want %s", src, s, want)
		}
	}
}

// FuzzParse holds two laws: Parse never panics, and what it accepted is
// written by String so that it reads back as the same tree.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"Patient.name.where(use = 'official').given.first()", "(a as Quantity) | b.ofType(FHIR.string)", "-1 div 2 & 'x' implies {}",
		"@2014-01-25T14:30:14.559+10:00 + 4 days <= 1.5 'mg'", "%`ext-a` ~ `b c`[$index] // x", "a.repeat($this /* y */).$this", `'\u00e9\''`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		e, err := path.Parse(src)
		if err != nil {
			return
		}
		e.Alternatives()
		s := e.String()
		again, err := path.Parse(s)
		if len(s) > path.MaxLength || err != nil && strings.Contains(err.Error(), "nested deeper") {
			return // the parentheses that String adds count too
		}
		if err != nil || again.String() != s {
			t.Fatalf("%q is written %q, which reads back as %v, %v", src, s, again, err)
		}
	})
}
