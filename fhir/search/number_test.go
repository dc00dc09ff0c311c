package search

import (
	"math/big"
	"testing"
)

func TestDecimal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct{ plain, low, high, least, most string }{
		"100":    {"100", "99.5", "100.5", "90", "110"},
		"100.00": {"100", "99.995", "100.005", "90", "110"},
		"1e2":    {"100", "50", "150", "50", "150"},
		"1.0e2":  {"100", "95", "105", "90", "110"},
		"5.40":   {"5.4", "5.395", "5.405", "4.86", "5.94"},
		"0":      {"0", "-0.5", "0.5", "-0.5", "0.5"},
		"-0":     {"0", "-0.5", "0.5", "-0.5", "0.5"},
		"0.00":   {"0", "-0.005", "0.005", "-0.005", "0.005"},
		"-32.5":  {"-32.5", "-32.55", "-32.45", "-35.75", "-29.25"},
		"1e-3":   {"0.001", "0.0005", "0.0015", "0.0005", "0.0015"},
		".5":     {"0.5", "0.45", "0.55", "0.45", "0.55"},
		"007":    {"7", "6.5", "7.5", "6.3", "7.7"},
		"+7":     {"7", "6.5", "7.5", "6.3", "7.7"},
		"1E+2":   {"100", "50", "150", "50", "150"},
		"0e10":   {"0", "-5000000000", "5000000000", "-5000000000", "5000000000"},
		"1234567890123456789.000000000000000001": {
			"1234567890123456789.000000000000000001", "1234567890123456789.0000000000000000005", "1234567890123456789.0000000000000000015",
			"1111111101111111110.1000000000000000009", "1358024679135802467.9000000000000000011",
		},
	} {
		d, err := parseDecimal(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		low, high := d.precision()
		least, most := d.about()
		for _, c := range []struct{ what, got, want string }{
			{"is", d.String(), want.plain}, {"from", low.String(), want.low}, {"to", high.String(), want.high},
			{"about from", least.String(), want.least}, {"about to", most.String(), want.most},
		} {
			if c.got != c.want {
				t.Errorf("%s %s %s, want %s", text, c.what, c.got, c.want)
			}
		}
	}
	for _, bad := range []string{"", "-", ".", "1.", "e1", "1e", "1e+", "1e1.5", "--1", "1,5", "0x10", "NaN", "Infinity", "1e1000", "1e-1000", "1e401", "1e-401", "1_000", "١", " 1"} {
		if d, err := parseDecimal(bad); err == nil {
			t.Errorf("%q is taken for %s", bad, d)
		}
	}
}

// FuzzDecimal holds decimals against math/big: the number written out is the
// same number, and its precision lies around it.
func FuzzDecimal(f *testing.F) {
	for _, s := range []string{"0", "-1.50", "1e2", "1.0E-7", "007", "99999999999999999999", ".5", "-0.0e5", "12345678901234567890123456789012345678901234567890e49"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := parseDecimal(s)
		if err != nil {
			return
		}
		want, ok := new(big.Rat).SetString(s)
		if !ok {
			t.Fatalf("%q is no number", s)
		}
		got, ok := new(big.Rat).SetString(d.String())
		if !ok || got.Cmp(want) != 0 {
			t.Fatalf("%q becomes %s", s, d)
		}
		again, err := parseDecimal(d.String())
		if err != nil || again.String() != d.String() {
			t.Fatalf("%q becomes %s and then %s", s, d, again)
		}
		for _, bounds := range []func() (decimal, decimal){d.precision, d.about} {
			low, high := bounds()
			l, _ := new(big.Rat).SetString(low.String())
			h, _ := new(big.Rat).SetString(high.String())
			if l.Cmp(want) >= 0 || h.Cmp(want) <= 0 || new(big.Rat).Sub(want, l).Cmp(new(big.Rat).Sub(h, want)) != 0 {
				t.Fatalf("%q lies not amid %s and %s", s, low, high)
			}
		}
	})
}
