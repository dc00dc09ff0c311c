package search_test

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/ucum"
)

func TestDimension(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ system, code, want string }{
		{ucum.System, "mg", "g"}, {ucum.System, "[degF]", "K"}, {ucum.System, "1", "1"}, {ucum.System, "mmol/L", "m-3.mol"},
		{ucum.System, "", ""}, {ucum.System, "mcg", ""}, {ucum.System, strings.Repeat("m", 1000), ""}, {"", "mg", ""}, {"urn:iso:std:iso:4217", "EUR", ""}, {ucum.System + "/", "mg", ""},
	} {
		if got := (search.Quantity{System: row.system, Code: row.code}).Dimension(); got != row.want {
			t.Errorf("%s %s measures %q, want %q", row.system, row.code, got, row.want)
		}
	}
}

// TestIn: the ends of an interval are converted exactly, and what has no end
// to its digits lies between two numbers that a resource can have.
func TestIn(t *testing.T) {
	t.Parallel()
	ask := func(low, high, code string, others ...string) string {
		var list []string
		for _, q := range (search.Quantity{System: ucum.System, Code: code, Low: low, High: high}).In(others) {
			if q.System != ucum.System {
				t.Errorf("%s has the system %s", q.Code, q.System)
			}
			list = append(list, q.Low+" "+q.High+" "+q.Code)
		}
		return strings.Join(list, ", ")
	}
	// The digits of a period without an end, as far as a resource can have them,
	// and one more.
	endless := func(period string) string { return "0." + strings.Repeat(period, 400)[:400] + "5" }
	third := endless("3")
	for _, row := range []struct{ got, want string }{
		{ask("0.5", "1.5", "g"), "0.5 1.5 g"},
		{ask("0.5", "1.5", "g", "g", "mg", "kg"), "0.0005 0.0015 kg, 0.5 1.5 g, 500 1500 mg"},
		{ask("36.5", "37.5", "Cel", "[degF]", "K"), "36.5 37.5 Cel, 97.7 99.5 [degF], 309.65 310.65 K"},
		{ask("-0.5", "0.5", "Cel", "K"), "-0.5 0.5 Cel, 272.65 273.65 K"},
		{ask("1", "1", "m", "mL", "nonsense", "", "cm"), "1 1 m, 100 100 cm"},
		{ask("1", "1", "nonsense", "m"), "1 1 nonsense"},
		{ask("1", "2", "d", "wk"), endless("142857") + " " + endless("285714") + " wk, 1 2 d"},
		{ask("1", "1", "mm", "[Ch]"), "1 1 mm, 3 3 [Ch]"},
		{ask("-1", "1", "[Ch]", "mm"), "-1 1 [Ch], -" + third + " " + third + " mm"},
		{ask("7", "7", "[pH]", "mol/L", "[pH]"), "7 7 [pH]"},
		{ask("0", "1", "1", "B", "%"), "0 1 1, 0 100 %"},
	} {
		if row.got != row.want {
			t.Errorf("got  %s\nwant %s", row.got, row.want)
		}
	}
}

// TestInKeepsTheOrder: whatever a resource has, it compares with the question
// in its own unit as it does, converted, with the question as it was asked.
func TestInKeepsTheOrder(t *testing.T) {
	t.Parallel()
	families := [][]string{{"g", "mg", "kg", "[lb_av]", "[oz_av]", "[gr]"}, {"Cel", "[degF]", "K", "[degRe]"}, {"mm[Hg]", "kPa", "[psi]", "bar"}, {"d", "wk", "h", "mo", "a"}}
	rapid.Check(t, func(r *rapid.T) {
		family := rapid.SampledFrom(families).Draw(r, "family")
		asked, own := rapid.SampledFrom(family).Draw(r, "asked"), rapid.SampledFrom(family).Draw(r, "own")
		number := rapid.StringMatching(`-?[1-9][0-9]{0,4}(\.[0-9]{1,6})?`)
		end, _ := new(big.Rat).SetString(number.Draw(r, "end"))
		to, _ := ucum.Parse(own)
		from, _ := ucum.Parse(asked)
		value, _ := from.Convert(end, to)
		// A neighbour of the very value, with as many digits as there may be.
		text := value.FloatString(rapid.SampledFrom([]int{0, 1, 5, 100}).Draw(r, "digits"))
		value, _ = new(big.Rat).SetString(text)
		back, _ := to.Convert(value, from)
		n, _ := end.FloatPrec()
		for _, q := range (search.Quantity{System: ucum.System, Code: asked, Low: end.FloatString(n), High: end.FloatString(n)}).In([]string{own}) {
			if q.Code != own {
				continue
			}
			there, ok := new(big.Rat).SetString(q.Low)
			if !ok || q.Low != q.High || value.Cmp(there) != back.Cmp(end) {
				r.Fatalf("%s %s against %v %s: in its own unit %s", text, own, end, asked, q.Low)
			}
		}
	})
}
