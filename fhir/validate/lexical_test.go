package validate_test

import (
	"encoding/json"
	"math/big"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// texts are beginnings for the differential test: good ones, and bad ones
// that are close.
var texts = map[string][]string{
	"base64Binary": {"QUJD", "QUI=", "QQ==", "QUJD QUJD", " QUJD\nQUI=\n", "QQ==QUJD", "Q", "QUJ-", "====", "QU JD"},
	"boolean":      {"true", "false"},
	"canonical":    {"http://hl7.org/fhir/ValueSet/x|4.0.1", "#a", "urn:uuid:a b"},
	"code":         {"final", "in progress", "a  b", " a", "a ", "a\tb", "é"},
	"date":         {"2000", "2000-02", "2000-02-29", "1900-02-29", "2001-02-29", "0000", "0001-01-01", "9999-12-31", "2000-13", "2000-00-10", "2000-04-31", "2000-1-1", "1000", "0010-10-10"},
	"dateTime":     {"2000", "2000-02-29T00:00:00Z", "2000-02-29T23:59:60.999+14:00", "2000-02-29T24:00:00Z", "2000-02-29T10:00Z", "2000-02-29T10:00:00", "2000-01-01T00:00:00-13:59", "2000-01-01T00:00:00+14:30", "2000-01-01T00:00:00.Z", "2000-06-31T00:00:00Z", "2000-01T00:00:00Z"},
	"decimal":      {"0", "-0", "1.50", "-12.000", "1e10", "1E-7", "0.1e+3", "123456789012345678901234567890.5"},
	"id":           {"a", "A-9.z", ".", strings.Repeat("a", 64), strings.Repeat("a", 65), "a_b", "a/b"},
	"instant":      {"2000-02-29T00:00:00Z", "2000-02-29", "2001-02-29T00:00:00Z", "2000-01-01T00:00:00.123456789-05:00", "2000-01-01t00:00:00Z"},
	"integer":      {"0", "-0", "2147483647", "2147483648", "-2147483648", "-2147483649", "1.0", "1e3", "99999999999999999999"},
	"markdown":     {"# a\n", " ", "a\fb", "a\vb", "\\", "\\f", "\u00a0"},
	"oid":          {"urn:oid:1.2.3", "urn:oid:0.0", "urn:oid:3.1", "urn:oid:1", "urn:oid:1.02", "urn:oid:1..2", "1.2.3", "urn:oid:2.999."},
	"positiveInt":  {"1", "0", "2147483647", "2147483648", "-1", "1.5", "10"},
	"string":       {"a", " ", "a\fb", "\x1f", "\x0c", "tab\t", "é😀", "\\u000c", "\"\\\"", "/"},
	"time":         {"00:00:00", "23:59:60", "24:00:00", "12:00", "12:00:00.5", "12:00:00.", "12:60:00", "12:00:61", "12:00:00Z"},
	"unsignedInt":  {"0", "-0", "2147483647", "2147483648", "-1", "1.5"},
	"uri":          {"http://a/b", "a b", "urn:oid:1.2", "\t", "é", "\u00a0"},
	"url":          {"http://a/b", "mailto:a b"},
	"uuid":         {"urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "urn:uuid:C757873D-ec9a-4326-a141-556f43239520", "c757873d-ec9a-4326-a141-556f43239520", "urn:uuid:c757873dec9a4326a141556f43239520"},
}

// stricter says what R4's prose asks of a text that its regular expression
// lets pass.
func stricter(primitive, text string) bool {
	switch primitive {
	case "date", "dateTime", "instant":
		if len(text) >= 10 {
			_, err := time.Parse(time.DateOnly, text[:10])
			return err == nil
		}
	case "integer", "unsignedInt", "positiveInt":
		n, ok := new(big.Int).SetString(text, 10)
		return ok && n.IsInt64() && n.Int64() >= -1<<31 && n.Int64() < 1<<31
	case "base64Binary":
		body := strings.TrimRight(text, "= \t\n\f\r")
		return body != "" && !strings.Contains(body, "=") && strings.Count(text, "=") <= 2
	}
	return text != ""
}

// TestPrimitivesAgreeWithR4 holds the hand-written rules against R4's own
// regular expressions and prose, on texts grown from good and nearly good
// ones. It goes through documents, so that escape sequences are in it too.
func TestPrimitivesAgreeWithR4(t *testing.T) {
	t.Parallel()
	value, _ := spec.R4().Type("Extension").Element("valueString")
	for _, ref := range value.Types {
		facts, ok := spec.R4().Primitive(ref.Code)
		if !ok {
			continue
		}
		t.Run(facts.Name, func(t *testing.T) {
			t.Parallel()
			seeds := texts[facts.Name]
			if len(seeds) == 0 {
				t.Fatal("no texts to begin with")
			}
			rule := regexp.MustCompile("^(?:" + facts.Regex + ")$")
			r := rand.New(rand.NewPCG(4, 1))
			good, bad := 0, 0
			try := func(text string) {
				literal := strings.TrimSpace(text) // around a number JSON has any white space
				if facts.JSON == "string" {
					literal = quote(text, r.IntN(4) == 0)
				} else {
					text = literal
				}
				name := "value" + strings.ToUpper(facts.Name[:1]) + facts.Name[1:]
				d, err := tree.Parse([]byte(`{"resourceType":"Basic","code":{"text":"x"},"extension":[{"url":"u","` + name + `":` + literal + `}]}`))
				if err != nil {
					return // no JSON: \u0000, bad UTF-8, a number like 01
				}
				if k := d.Kind(d.Get(d.At(d.Find("extension"), 0), name)).String(); k != facts.JSON {
					return // a mutation made "true" of a number
				}
				want := rule.MatchString(text) && stricter(facts.Name, text)
				issues := validator.Structure(d)
				if got := len(issues) == 0; got != want {
					t.Errorf("%q (as %s): got %v, want %v, %v", text, literal, got, want, issues)
				}
				if want {
					good++
				} else {
					bad++
				}
			}
			for _, text := range seeds {
				try(text)
				for range 3000 {
					try(mutate(r, text, seeds))
				}
			}
			if facts.Name != "boolean" && facts.Name != "decimal" && (good < 100 || bad < 100) {
				t.Errorf("only %d good and %d bad texts", good, bad)
			}
			t.Logf("%d good, %d bad", good, bad)
		})
	}
}

// alphabet is what mutations put in: the characters the rules are about.
var alphabet = []rune("0123456789--::..TZ+aAfgz =/_eE\t\n\f\v\r\\\"é\u00a0\u2028#|urnoid")

// mutate changes one to three places of the text.
func mutate(r *rand.Rand, text string, others []string) string {
	s := []rune(text)
	for range 1 + r.IntN(3) {
		at := r.IntN(len(s) + 1)
		c := alphabet[r.IntN(len(alphabet))]
		switch k := r.IntN(5); {
		case k == 0:
			s = append(s[:at:at], append([]rune{c}, s[at:]...)...)
		case at == len(s):
			other := []rune(others[r.IntN(len(others))])
			s = append(s, other[r.IntN(len(other)):]...)
		case k == 1:
			s = append(s[:at:at], s[at+1:]...)
		case k == 2 && s[at] >= '0' && s[at] <= '9':
			s[at] = '0' + rune(r.IntN(10))
		case k == 3:
			s = s[:at]
		default:
			s[at] = c
		}
	}
	return string(s)
}

// quote writes a JSON string, plainly or with every character escaped.
func quote(text string, escape bool) string {
	if !escape {
		b, _ := json.Marshal(text)
		return string(b)
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range text {
		if c > 0xffff {
			b.WriteRune(c)
			continue
		}
		const hex = "0123456789aBcDeF"
		b.WriteString(`\u`)
		for shift := 12; shift >= 0; shift -= 4 {
			b.WriteByte(hex[c>>shift&15])
		}
	}
	b.WriteByte('"')
	return b.String()
}

// TestEveryDayOfACentury holds the calendar: every day that was is a date, and
// none that was not.
func TestEveryDayOfACentury(t *testing.T) {
	t.Parallel()
	for day := time.Date(1895, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2005; day = day.AddDate(0, 0, 1) {
		if got := found(validator.Structure(parse(t, `{"resourceType":"Patient","birthDate":"`+day.Format(time.DateOnly)+`"}`))); got != "" {
			t.Fatalf("%s: %s", day, got)
		}
	}
	for year := 1895; year < 2005; year++ {
		for month, last := range []int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31} {
			if leap := time.Date(year, 2, 29, 0, 0, 0, 0, time.UTC).Day() == 29; month == 1 && leap {
				last = 29
			}
			for day := last + 1; day <= 32; day++ {
				date := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006") + two(month+1) + two(day)
				if got := found(validator.Structure(parse(t, `{"resourceType":"Patient","birthDate":"`+date+`"}`))); got == "" {
					t.Fatalf("%s exists", date)
				}
			}
		}
	}
}

func two(n int) string { return "-" + string([]byte{'0' + byte(n/10), '0' + byte(n%10)}) }
