package clinic_test

import (
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/r4"
)

// TestCodes proves that every SNOMED CT, LOINC and NPI number ends in its
// check digit, which a mistyped or invented one would do by chance only.
func TestCodes(t *testing.T) {
	t.Parallel()
	laws := map[string]func(string) bool{r4.SNOMED: verhoeff, r4.LOINC: mod10, r4.NPI: func(npi string) bool { return r4.NPIOf(npi[:9]) == npi }}
	held := map[string]map[string]bool{r4.SNOMED: {}, r4.LOINC: {}, r4.NPI: {}}
	for _, r := range today(t).list {
		for n := r.root; n < r.doc.Skip(r.root); n++ {
			system := r.doc.Text(r.doc.Get(n, "system"))
			code := r.doc.Text(r.doc.Get(n, "code")) + r.doc.Text(r.doc.Get(n, "value"))
			if law := laws[system]; law != nil {
				held[system][code] = true
				if !law(code) {
					t.Errorf("%s has the code %q of %s", r.key(), code, system)
				}
			}
		}
	}
	for system, least := range map[string]int{r4.SNOMED: 50, r4.LOINC: 45, r4.NPI: 12} {
		if len(held[system]) < least {
			t.Errorf("%d codes of %s", len(held[system]), system)
		}
	}
}

// TestCheckDigits proves that the laws refuse.
func TestCheckDigits(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{"59621000": true, "59621001": false, "95621000": false} {
		if verhoeff(code) != want {
			t.Errorf("verhoeff(%s) is not %v", code, want)
		}
	}
	for code, want := range map[string]bool{"8867-4": true, "8867-5": false, "9269-0": false} {
		if mod10(code) != want {
			t.Errorf("mod10(%s) is not %v", code, want)
		}
	}
}

// verhoeff is the check of SNOMED CT identifiers: the digits act on one
// another by the dihedral group of the pentagon.
func verhoeff(code string) bool {
	turn := func(i, d int) int { // the permutation of position i
		for range i % 8 {
			d = []int{1, 5, 7, 6, 2, 8, 3, 0, 9, 4}[d]
		}
		return d
	}
	multiply := func(a, b int) int {
		switch {
		case a < 5 && b < 5:
			return (a + b) % 5
		case a < 5:
			return 5 + (a+b-5)%5
		case b < 5:
			return 5 + (a-5-b+5)%5
		}
		return (a - b + 5) % 5
	}
	sum := 0
	for i := range len(code) {
		sum = multiply(sum, turn(i, int(code[len(code)-1-i]-'0')))
	}
	return sum == 0
}

// mod10 is the check of LOINC codes: Luhn's over the digits before the hyphen.
func mod10(code string) bool {
	number, check, ok := strings.Cut(code, "-")
	sum, double := 0, true
	for i := len(number) - 1; i >= 0; i-- {
		d := int(number[i] - '0')
		if double {
			d = d*2/10 + d*2%10
		}
		sum += d
		double = !double
	}
	return ok && len(check) == 1 && (sum+int(check[0]-'0'))%10 == 0
}
