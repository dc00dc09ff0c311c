package search_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
)

func pages(t testing.TB, key string) *search.Pages {
	t.Helper()
	p, err := search.NewPages([]byte(key + strings.Repeat("k", search.PageKeySize-len(key))))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPageLinks(t *testing.T) {
	t.Parallel()
	p := pages(t, "a")
	for _, query := range []string{"name=smith&_cursor=x", "name=" + strings.Repeat("smith,", 300) + "jones", "_cursor=x"} {
		link := p.Seal("Patient", query)
		if strings.Contains(link, "smith") || strings.Contains(link, "_cursor") || !strings.HasPrefix(link, "_page=") || len(link) > 300 {
			t.Errorf("%.30s: the link is %s", query, link)
		}
		if got, err := p.Open("Patient", link); got != query || err != nil {
			t.Errorf("%.30s: opened %s: %v", query, got, err)
		}
		if link == p.Seal("Patient", query) {
			t.Error("two links tell that they are to the same page")
		}
	}
	clear := p.Seal("Patient", "name=a&_format=json&_pretty=true")
	if !strings.HasSuffix(clear, "&_format=json&_pretty=true") {
		t.Errorf("the format is hidden: %s", clear)
	}
	if got, err := p.Open("Patient", clear); got != "name=a&_format=json&_pretty=true" || err != nil {
		t.Errorf("opened %s: %v", got, err)
	}
	counted := p.Seal("Patient", "name=a&_count=5&_cursor=x")
	if got, err := p.Open("Patient", counted+"&_count=7"); got != "name=a&_cursor=x&_count=7" || err != nil {
		t.Errorf("opened %s: %v", got, err)
	}
	if got, err := p.Open("Patient", "name=_page"); got != "name=_page" || err != nil {
		t.Errorf("took a value for a link: %s %v", got, err)
	}
	var none *search.Pages
	if none.Seal("x", "a=b") != "a=b" {
		t.Error("no key, and yet a link")
	}
}

// TestTamperedPageLinks changes every byte of a link, cuts it everywhere, and
// takes it elsewhere.
func TestTamperedPageLinks(t *testing.T) {
	t.Parallel()
	p := pages(t, "a")
	link := strings.TrimPrefix(p.Seal("Patient", "name=smith&_cursor=x"), "_page=")
	refused := func(by *search.Pages, scope, query string) {
		t.Helper()
		if got, err := by.Open(scope, query); fhir.CodeOf(err) != fhir.Value || got != "" {
			t.Errorf("%s opened %q: %v", query, got, err)
		}
	}
	raw, err := base64.RawURLEncoding.DecodeString(link)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		changed := append([]byte{}, raw...)
		changed[i] ^= 0x40
		refused(p, "Patient", "_page="+base64.RawURLEncoding.EncodeToString(changed))
		refused(p, "Patient", "_page="+base64.RawURLEncoding.EncodeToString(raw[:i]))
	}
	refused(p, "Observation", "_page="+link)
	refused(p, "", "_page="+link)
	refused(pages(t, "b"), "Patient", "_page="+link)
	refused(p, "Patient", "_page="+link+"&_page="+link)
	refused(p, "Patient", "_page=!")
	for query, code := range map[string]fhir.Code{"_page=" + link + "&name=x": fhir.Invalid, "_cursor=abc": fhir.NotSupported, "name=x&_cursor=abc": fhir.NotSupported} {
		if got, err := p.Open("Patient", query); fhir.CodeOf(err) != code {
			t.Errorf("%s opened %q: %v", query, got, err)
		}
	}
	if _, err := search.NewPages([]byte("short")); err == nil {
		t.Error("a short key was taken")
	}
}

func FuzzPageLink(f *testing.F) {
	p := pages(f, "a")
	f.Add("Patient", p.Seal("Patient", "name=smith"))
	f.Add("", "_page=AQ")
	f.Fuzz(func(t *testing.T, scope, query string) {
		text, err := p.Open(scope, query)
		if err != nil && fhir.CodeOf(err) == fhir.Internal {
			t.Errorf("%q: %v", query, err)
		}
		if err == nil && strings.HasPrefix(query, "_page=") {
			if again, err := p.Open(scope, p.Seal(scope, text)); again != text || err != nil {
				t.Errorf("%q opened as %q and then as %q: %v", query, text, again, err)
			}
		}
	})
}
