package search_test

import (
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir/search"
)

func TestParseDate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2020":                           "2020-01-01T00:00:00Z 2021-01-01T00:00:00Z",
		"2020-02":                        "2020-02-01T00:00:00Z 2020-03-01T00:00:00Z",
		"2020-12":                        "2020-12-01T00:00:00Z 2021-01-01T00:00:00Z",
		"2020-02-29":                     "2020-02-29T00:00:00Z 2020-03-01T00:00:00Z",
		"2020-01-01T10:30":               "2020-01-01T10:30:00Z 2020-01-01T10:31:00Z",
		"2020-01-01T10:30Z":              "2020-01-01T10:30:00Z 2020-01-01T10:31:00Z",
		"2020-01-01T10:30:59":            "2020-01-01T10:30:59Z 2020-01-01T10:31:00Z",
		"2016-12-31T23:59:60Z":           "2017-01-01T00:00:00Z 2017-01-01T00:00:01Z",
		"2020-01-01T00:30:00+01:00":      "2019-12-31T23:30:00Z 2019-12-31T23:30:01Z",
		"2020-01-01T00:30:00 01:00":      "2019-12-31T23:30:00Z 2019-12-31T23:30:01Z",
		"2020-01-01T00:30:00-14:00":      "2020-01-01T14:30:00Z 2020-01-01T14:30:01Z",
		"2020-01-01T00:00:00.5Z":         "2020-01-01T00:00:00.5Z 2020-01-01T00:00:00.6Z",
		"2020-01-01T00:00:00.000Z":       "2020-01-01T00:00:00Z 2020-01-01T00:00:00.001Z",
		"2020-01-01T00:00:00.123456789Z": "2020-01-01T00:00:00.123456789Z 2020-01-01T00:00:00.12345679Z",
		"2020-01-01T00:00:00.1234567891": "2020-01-01T00:00:00.123456789Z 2020-01-01T00:00:00.12345679Z",
		"9999":                           "9999-01-01T00:00:00Z 10000-01-01T00:00:00Z",
	} {
		d, err := search.ParseDate(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := d.Low.Format(time.RFC3339Nano) + " " + d.High.Format(time.RFC3339Nano); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for _, bad := range []string{
		"", "x", "20", "20200", "2020-", "2020-1", "2020-13", "2020-00", "2020-02-30", "2019-02-29", "2020-01-1", "2020-01-32", "0000",
		"2020-01-01T", "2020-01-01T10", "2020-01-01T10:3", "2020-01-01T24:00", "2020-01-01T10:60", "2020-01-01T10:30:61", "2020-01-01T10:30:00.", "2020-01-01T10:30:00z",
		"2020-01-01T10:30:00+1:00", "2020-01-01T10:30:00+0100", "2020-01-01T10:30:00+15:00", "2020-01-01T10:30:00+10:60", "2020-01-01T10:30:00Z ", "2020Z", "2020-01-01Z", " 2020", "-2020", "2020-01-01 10:30",
	} {
		if d, err := search.ParseDate(bad); err == nil {
			t.Errorf("%q is taken for %v", bad, d)
		}
	}
}

// FuzzParseDate holds the laws of intervals: they are not empty, a date
// written with less precision contains it, and zones only move it.
func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2020", "2020-02", "2020-02-29", "2020-01-01T10:30", "2020-01-01T10:30:00.123+01:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:60-14:00", "2020-01-01T10:30:00 01:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := search.ParseDate(s)
		if err != nil {
			return
		}
		if !d.Low.Before(d.High) {
			t.Fatalf("%q: from %v to %v", s, d.Low, d.High)
		}
		if strings.ContainsAny(s, "Z+ ") || strings.Count(s, "-") > 2 {
			return
		}
		for _, cut := range []int{4, 7, 10, 16, 19} {
			if cut >= len(s) {
				break
			}
			wider, err := search.ParseDate(s[:cut])
			if err != nil {
				t.Fatalf("%q is a date, %q is not", s, s[:cut])
			}
			if wider.Low.After(d.Low) || wider.High.Before(d.High) && !strings.Contains(s, ":60") {
				t.Fatalf("%q is not within %q", s, s[:cut])
			}
		}
	})
}
