package i18n_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/portal/i18n"
)

func load(t *testing.T) []*i18n.Language {
	t.Helper()
	all, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// TestCatalogues: every language has every text, in every plural form that it
// needs and no other, with the same values in it.
func TestCatalogues(t *testing.T) {
	t.Parallel()
	all := load(t)
	first := all[0]
	for _, l := range all {
		for _, key := range first.Keys() {
			if l.Forms(key) == nil {
				t.Errorf("%s has no text %q", l.Code, key)
			}
		}
		for _, key := range l.Keys() {
			forms, model := l.Forms(key), first.Forms(key)
			if model == nil {
				t.Errorf("%s has a text %q that nobody says", l.Code, key)
				continue
			}
			if _, counted := model[""]; !counted {
				have, want := slices.Sorted(maps.Keys(forms)), l.PluralForms()
				slices.Sort(want)
				if !slices.Equal(have, want) {
					t.Errorf("%s: %q has the forms %v, the language has %v", l.Code, key, have, want)
				}
			}
			for form, said := range forms {
				if strings.TrimSpace(said) != said || said == "" {
					t.Errorf("%s: %q %s is empty or has spaces around it", l.Code, key, form)
				}
				wanted := model[""]
				if wanted == "" {
					wanted = model["other"]
				}
				for _, p := range placeholder.FindAllString(said, -1) {
					if !strings.Contains(wanted, p) {
						t.Errorf("%s: %q says %s, which there is not", l.Code, key, p)
					}
				}
				if form == "" || form == "other" {
					for _, p := range placeholder.FindAllString(wanted, -1) {
						if !strings.Contains(said, p) {
							t.Errorf("%s: %q does not say %s", l.Code, key, p)
						}
					}
				}
			}
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	all := load(t)
	for _, row := range []struct {
		language, key string
		args          []any
		want          string
	}{
		{"en", "home.hello", []any{"name", "Ada {count}"}, "Hello, Ada {count}"},
		{"en", "failure.after", []any{"count", 1}, "Try again in a minute."},
		{"en", "failure.after", []any{"count", 1200}, "Try again in 1,200 minutes."},
		{"de", "failure.after", []any{"count", 1200}, "Versuchen Sie es in 1.200 Minuten wieder."},
		{"fr", "factors.recovery.left", []any{"count", 0}, "Il vous reste 0 code."},
		{"ar", "factors.recovery.left", []any{"count", 2}, "بقي لديك رمزان."},
	} {
		l := i18n.Match(all, row.language)
		if got, err := l.Text(row.key, row.args...); err != nil || got != row.want {
			t.Errorf("%s %s: %q, %v; want %q", row.language, row.key, got, err, row.want)
		}
	}
	for _, bad := range [][]any{{"no.such.key"}, {"home.hello", "name"}, {"home.hello", 1, 2}, {"failure.after"}} {
		if got, err := all[0].Text(bad[0].(string), bad[1:]...); err == nil {
			t.Errorf("%v: %q", bad, got)
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	all := load(t)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 5, 8, 5, 0, 0, time.UTC).In(berlin)
	for code, want := range map[string]string{
		"en": "5 March 2026, 09:05 CET", "de": "5. März 2026, 09:05 Uhr CET", "es": "5 de marzo de 2026, 09:05 CET", "fr": "5 mars 2026 à 09:05 CET",
	} {
		if got, err := i18n.Match(all, code).Moment(at); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", code, got, err, want)
		}
	}
	if got, err := all[0].Moment(at.In(time.FixedZone("", 5*60*60+30*60))); err != nil || !strings.HasSuffix(got, "13:35 UTC+05:30") {
		t.Errorf("a zone without a name: %q, %v", got, err)
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	all := load(t)
	for _, row := range []struct {
		name   string
		wishes []string
		want   string
	}{
		{"nothing", nil, "en"},
		{"header", []string{"", "de-AT,de;q=0.9,en;q=0.8"}, "de"},
		{"order of the header", []string{"it, fr;q=0.8, es;q=0.9"}, "es"},
		{"cookie before header", []string{"ar", "de"}, "ar"},
		{"region", []string{"es-MX"}, "es"},
		{"what there is not", []string{"it", "fr"}, "fr"},
		{"rubbish", []string{"\x00;;q=x", "de"}, "de"},
		{"much of it", []string{strings.Repeat("de,", 100_000), "fr"}, "fr"},
	} {
		if got := i18n.Match(all, row.wishes...); got.Code != row.want {
			t.Errorf("%s: %s, want %s", row.name, got.Code, row.want)
		}
	}
}
