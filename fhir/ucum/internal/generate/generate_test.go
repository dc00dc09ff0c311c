package main

import (
	"strings"
	"testing"
)

// TestTable: facts in, facts out, and no prose.
func TestTable(t *testing.T) {
	t.Parallel()
	units := `export const units: Record<string, Unit> = {
  "mol": {
    CODE: "MOL",
    isMetric: true,
    name: "mole",
    property: "amount of substance",
    value: {
      Unit: "10*23",
      UNIT: "10*23",
      value: "6.0221367"
    }
  },
  "g": {
    CODE: "G",
    isMetric: true,
    isBaseUnit: true,
    value: {
      Unit: "1",
      value: "1"
    }
  },
  "[degF]": {
    isMetric: false,
    isSpecial: true,
    value: {
      Unit: "degf(5 K/9)",
      value: "undefined",
      function: {
        name: "degF",
        value: "5",
        Unit: "K/9"
      }
    }
  },
`
	for code := range words(arbitrary) {
		units += "  \"" + code + "\": {\n    value: {\n      Unit: \"1\",\n      value: \"1\"\n    }\n  },\n"
	}
	list, err := read([]byte(units))
	if err != nil {
		t.Fatal(err)
	}
	prefixes, err := read([]byte("  \"k\": {\n    name: \"kilo\",\n    value: 1000\n  },\n"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := table(prefixes, list)
	if err != nil || !strings.HasPrefix(text, "k\tp\t1000\nmol\tB\ng\tB\n[degF]\ts\t5\tK/9\tdegF\n") || !strings.Contains(text, "\n[iU]\ta\n") {
		t.Errorf("%v\n%s", err, text)
	}
	if _, err := table(prefixes, list[:3]); err == nil {
		t.Error("nobody misses the arbitrary units")
	}
	if _, err := read([]byte("  \"k\": {\n    name: \"kilo\"\n  },\n")); err == nil {
		t.Error("a prefix without a value")
	}
}
