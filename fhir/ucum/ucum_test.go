package ucum_test

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/webdoctor/webdoctor/fhir/ucum"
)

func rat(t testing.TB, text string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%s is no number", text)
	}
	return r
}

func unit(t testing.TB, code string) ucum.Unit {
	t.Helper()
	u, err := ucum.Parse(code)
	if err != nil {
		t.Fatalf("%s: %v", code, err)
	}
	return u
}

// TestConvertExactly: pairs that everybody knows, both ways.
func TestConvertExactly(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ x, from, y, to string }{
		{"1", "[lb_av]", "453.59237", "g"}, {"37", "Cel", "98.6", "[degF]"}, {"37", "Cel", "310.15", "K"}, {"0", "Cel", "0", "[degRe]"}, {"80", "[degRe]", "100", "Cel"},
		{"-40", "Cel", "-40", "[degF]"}, {"37000", "mCel", "310.15", "K"}, {"100", "mg", "0.1", "g"}, {"1", "[in_i]", "2.54", "cm"}, {"1", "mmol/L", "1000", "umol/l"},
		{"120", "mm[Hg]", "15.99864", "kPa"}, {"1", "10*3/uL", "1", "10*9/L"}, {"1", "10*3/uL", "1", "10^9/L"}, {"5", "%", "50", "[ppth]"}, {"5", "%", "1/20", "1"},
		{"1", "[psi]", "8896443230521/1290320000000", "kPa"}, {"1", "/min", "1/60", "Hz"}, {"72", "{beats}/min", "72", "/min"}, {"3", "{score}", "3", "1"}, {"1", "mg/dL", "0.01", "g/L"},
		{"1", "kg/m2", "1000", "g.m-2"}, {"1", "m/s.m", "1", "m2/s"}, {"1", "m/(s.m)", "1", "s-1"}, {"1", "mo", "30.4375", "d"}, {"1", "a", "12", "mo"}, {"1", "KiBy", "8192", "bit"},
		{"1", "daar", "10", "ar"}, {"1", "m[iU]/mL", "1", "[iU]/L"}, {"1", "[IU]", "1", "[iU]"}, {"1", "U/L", "1/60", "ukat/L"}, {"1", "meq/L", "1", "mmol/L"}, {"1", "[S]", "1/10000000000000", "s"},
		{"1", "g%", "10", "g/L"}, {"1", "24.h", "1", "d"}, {"1", "1{tablet}", "1", "1"}, {"1", "mL/min/{1.73_m2}", "1", "mL/min"}, {"1", "m+2", "10000", "cm2"}, {"1", "[diop]", "0.01", "cm-1"},
		{"180", "deg", "3.1415926535897932384626433832795028841971693993751058209749445923", "rad"}, {"1", "[LPF]", "100", "[HPF]"}, {"1", "J/(kg.K)", "1", "m2.s-2.K-1"},
	} {
		for range 2 {
			got, ok := unit(t, row.from).Convert(rat(t, row.x), unit(t, row.to))
			if !ok || got.Cmp(rat(t, row.y)) != 0 {
				t.Errorf("%s %s is %v %s, want %s", row.x, row.from, got, row.to, row.y)
			}
			row.x, row.from, row.y, row.to = row.y, row.to, row.x, row.from
		}
	}
}

// TestConvertSpecial: what a function makes of it, to 12 digits.
func TestConvertSpecial(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ x, from, y, to string }{
		{"7", "[pH]", "0.0001", "mmol/L"}, {"100", "[p'diop]", "45", "deg"}, {"100", "%[slope]", "45", "deg"}, {"100", "%[slope]", "100", "[p'diop]"}, {"30", "dB", "1000", "1"},
		{"6", "B[SPL]", "0.02", "Pa"}, {"2", "B[mV]", "0.01", "V"}, {"3", "bit_s", "8", "1"}, {"1", "Np", "2.71828182845905", "1"}, {"3", "[m/s2/Hz^(1/2)]", "9", "m2/s4/Hz"},
		{"2", "[hp'_C]", "0.0001", "1"}, {"6", "[hp'_X]", "3", "[hp'_C]"},
	} {
		for range 2 {
			got, ok := unit(t, row.from).Convert(rat(t, row.x), unit(t, row.to))
			if !ok {
				t.Fatalf("%s %s is nothing in %s", row.x, row.from, row.to)
			}
			y, _ := got.Float64()
			want, _ := rat(t, row.y).Float64()
			if math.Abs(y-want) > 1e-12*math.Abs(want) {
				t.Errorf("%s %s is %v %s, want %s", row.x, row.from, y, row.to, row.y)
			}
			row.x, row.from, row.y, row.to = row.y, row.to, row.x, row.from
		}
	}
	for code, falls := range map[string]bool{"[pH]": true, "dB": false, "Cel": false, "g": false, "[hp'_Q]": true} {
		if unit(t, code).Falls() != falls {
			t.Errorf("%s falls: %v", code, !falls)
		}
	}
	for code, exact := range map[string]bool{"[pH]": false, "dB": false, "Cel": true, "m[degF]": false, "g": true} {
		if u, err := ucum.Parse(code); err == nil && u.Exact() != exact {
			t.Errorf("%s is exact: %v", code, !exact)
		}
	}
	for _, row := range [][2]string{{"mol/L", "[pH]"}, {"1", "dB"}} {
		if got, ok := unit(t, row[0]).Convert(new(big.Rat), unit(t, row[1])); ok {
			t.Errorf("0 %s is %v %s", row[0], got, row[1])
		}
	}
}

// TestDimension: what can be compared with what.
func TestDimension(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"1": "1", "%": "1", "{rbc}": "1", "10*3": "1", "kg": "g", "Cel": "K", "[degF]": "K", "mm[Hg]": "g.m-1.s-2", "mmol/L": "m-3.mol", "10*9/L": "m-3", "[iU]/L": "[iU].m-3",
		"U/L": "m-3.mol.s-1", "[arb'U]": "[arb'U]", "mg/mg{creat}": "1", "m.m-1": "1", "[pH]": "m-3.mol", "/[HPF]": "1", "N": "g.m.s-2", "[CFU]/mL": "[CFU].m-3", "(m)": "m", "rad": "rad", "sr": "rad2",
	} {
		if got := unit(t, code).Dimension(); got != want {
			t.Errorf("%s measures %s, want %s", code, got, want)
		}
	}
	if _, ok := unit(t, "mg").Convert(big.NewRat(1, 1), unit(t, "mL")); ok {
		t.Error("a mass is a volume")
	}
	if _, ok := unit(t, "[CFU]").Convert(big.NewRat(1, 1), unit(t, "[PFU]")); ok {
		t.Error("arbitrary units are the same")
	}
}

// TestRefused: what is not a code is an error, in whatever it is wrong.
func TestRefused(t *testing.T) {
	t.Parallel()
	for _, code := range []string{
		"", " ", "KG", "MG/DL", "mcg", "foo", "[foo]", "k[lb_av]", "kmin", "m.", ".m", "m//s", "m/", "/", "()", "(m", "m)", "m-", "m+", "m0", "m100", "m^2", "m2s", "{", "{a", "a}", "{a b}", "{ä}", "{a{b}}",
		"0", "0.5", "1e3", "Cel2", "Cel/min", "2.Cel", "/Cel", "m g", "mg ", "10*x", "kg kg", "k", "da", "µg", "(m)2", "m--2",
		strings.Repeat("(", 20) + "m" + strings.Repeat(")", 20), strings.Repeat("m.", 150) + "m", "AU99.AU99.AU99", "Ym99.Ym99", strings.Repeat("9", 190) + "." + "Ym99.Ym99",
	} {
		if u, err := ucum.Parse(code); err == nil {
			t.Errorf("%q is read as %s", code, u.Dimension())
		}
	}
}

// TestTable: every symbol of the table is a unit, with prefixes if it takes
// them, and its definition converts.
func TestTable(t *testing.T) {
	t.Parallel()
	n := 0
	for line := range strings.Lines(ucum.Table()) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if f[1] == "p" {
			continue
		}
		u := unit(t, f[0])
		if n++; len(f) == 4 {
			if got, ok := u.Convert(big.NewRat(1, 1), unit(t, f[3])); !ok || got.Cmp(rat(t, f[2])) != 0 {
				t.Errorf("%s is %v %s, want %s", f[0], got, f[3], f[2])
			}
		}
		_, err := ucum.Parse("k" + f[0])
		if metric := strings.ToUpper(f[1]) == f[1]; metric != (err == nil) {
			t.Errorf("k%s: %v", f[0], err)
		}
		if u.Dimension() == "" {
			t.Errorf("%s measures nothing", f[0])
		}
	}
	if n < 300 {
		t.Errorf("%d units", n)
	}
}

// codes of all kinds, for the laws.
var codes = []string{"g", "mg", "kg", "[lb_av]", "[oz_av]", "t", "u", "Cel", "[degF]", "K", "[degRe]", "mm[Hg]", "kPa", "bar", "[psi]", "mg/dL", "g/L", "kg/m3", "10*3/uL", "10*9/L", "/L", "%", "1", "{x}", "[ppm]", "mmol/L", "meq/L", "[iU]", "[IU]", "[arb'U]", "d", "mo", "a", "min"}

// TestLaws: conversion goes there and back and over a third, keeps the order,
// and what can be converted is an equivalence.
func TestLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		pick := rapid.SampledFrom(codes)
		var units [3]ucum.Unit
		for i := range units {
			units[i], _ = ucum.Parse(pick.Draw(r, fmt.Sprint("unit ", i)))
		}
		a, b, c := units[0], units[1], units[2]
		x := big.NewRat(rapid.Int64().Draw(r, "x"), int64(rapid.Uint32().Draw(r, "denominator"))+1)
		y, there := a.Convert(x, b)
		if there != (a.Dimension() == b.Dimension()) {
			r.Fatal("dimension and conversion differ")
		}
		if same, ok := a.Convert(x, a); !ok || same.Cmp(x) != 0 {
			r.Fatal("not the same in the same unit")
		}
		if !there {
			return
		}
		if back, ok := b.Convert(y, a); !ok || back.Cmp(x) != 0 {
			r.Fatalf("%v is %v there and %v back", x, y, back)
		}
		z, ok := b.Convert(y, c)
		straight, ok2 := a.Convert(x, c)
		if ok != ok2 || ok && z.Cmp(straight) != 0 {
			r.Fatalf("%v one way, %v the other", z, straight)
		}
		if more, _ := a.Convert(new(big.Rat).Add(x, big.NewRat(1, 1000)), b); more.Cmp(y) <= 0 {
			r.Fatal("more is not more")
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, code := range append(codes, "10*-3", "m2.kg-1", "(mL/min)/{1.73_m2}", "[m/s2/Hz^(1/2)]", "m[H2O]", "((", "{", "/", "Ym99", "B[10.nV]") {
		f.Add(code)
	}
	f.Fuzz(func(t *testing.T, code string) {
		u, err := ucum.Parse(code)
		again, err2 := ucum.Parse(code)
		if (err == nil) != (err2 == nil) || u.Dimension() != again.Dimension() {
			t.Fatal("read in two ways")
		}
		if err != nil {
			return
		}
		base, err := ucum.Parse(u.Dimension())
		if err != nil || base.Dimension() != u.Dimension() {
			return // of a power that is too large to be written
		}
		if y, ok := u.Convert(big.NewRat(3, 7), base); u.Exact() {
			if back, ok2 := base.Convert(y, u); !ok || !ok2 || back.Cmp(big.NewRat(3, 7)) != 0 {
				t.Fatalf("%q does not come back: %v", code, back)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := ucum.Parse("mm[Hg]"); err != nil {
			b.Fatal(err)
		}
	}
}
