package portal_test

import (
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/webdoctor/webdoctor/portal"
	"github.com/webdoctor/webdoctor/portal/i18n"
)

var update = flag.Bool("update", false, "write the golden files anew")

var entry = regexp.MustCompile(`<li><a href="(/gallery/[^"]+)">`)

// tour are the addresses of all exhibits.
func tour(t *testing.T, b *browser) []string {
	t.Helper()
	var all []string
	for _, m := range entry.FindAllStringSubmatch(b.get("/gallery").body, -1) {
		all = append(all, m[1])
	}
	if len(all) < 60 {
		t.Fatalf("the gallery has %d exhibits", len(all))
	}
	return all
}

var hash = regexp.MustCompile(`-[0-9a-f]{16}\.(css|js|svg)`)

// TestGallery compares every page in every state with the HTML that somebody
// has looked at. "go test ./portal -update" writes it anew.
func TestGallery(t *testing.T) {
	t.Parallel()
	b := newHouse(t, logged(t)).browser(t)
	kept := map[string]bool{}
	for _, path := range tour(t, b) {
		name := strings.ReplaceAll(strings.TrimPrefix(path, "/gallery/"), "/", "-") + ".html"
		file := filepath.Join("testdata", "golden", name)
		kept[name] = true
		got := hash.ReplaceAllString(b.get(path).body, "-HASH.$1")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is not what it was:\n%s", name, got)
		}
	}
	files, err := os.ReadDir(filepath.Join("testdata", "golden"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !kept[f.Name()] {
			t.Errorf("testdata/golden/%s is of no exhibit", f.Name())
		}
	}
}

// TestLanguages shows every exhibit in every language: a text that is missing
// is an error, and no placeholder stays behind.
func TestLanguages(t *testing.T) {
	t.Parallel()
	b := newHouse(t).browser(t)
	for _, code := range i18n.Order {
		b.header.Set("Accept-Language", code)
		for _, path := range tour(t, b) {
			a := b.get(path)
			if a.status != 200 || !strings.Contains(a.body, `<html lang="`+code+`"`) {
				t.Errorf("%s in %s: %d\n%s", path, code, a.status, a.body)
			}
			if text := visible(t, a.body); strings.ContainsAny(text, "{}") || strings.Contains(text, "ZgotmplZ") {
				t.Errorf("%s in %s: a placeholder is left: %s", path, code, text)
			}
		}
	}
	b.header.Set("Accept-Language", "ar")
	if !strings.Contains(b.get("/login").body, `dir="rtl"`) {
		t.Error("Arabic is not written from right to left")
	}
}

// visible is the text of a page.
func visible(t *testing.T, page string) string {
	var text strings.Builder
	each(t, page, func(n *html.Node) {
		if n.Type == html.TextNode && n.Parent.Data != "script" {
			text.WriteString(n.Data)
		}
	})
	return text.String()
}

func each(t *testing.T, page string, f func(*html.Node)) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		f(n)
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// TestMarkup holds every page against what all pages promise: one heading of
// the first rank, a label for every field, ids that are unique and referred
// to, forms that carry their token, nothing inline.
func TestMarkup(t *testing.T) {
	t.Parallel()
	b := newHouse(t).browser(t)
	for _, path := range append(tour(t, b), "/gallery", "/login", "/nowhere") {
		page := b.get(path).body
		headings, ids := 0, map[string]bool{}
		var labelled, described []string
		each(t, page, func(n *html.Node) {
			if n.Type != html.ElementNode {
				return
			}
			for _, a := range n.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s: %s is inline", path, a.Key)
				}
			}
			if id := attr(n, "id"); id != "" {
				if ids[id] {
					t.Errorf("%s: two things have the id %s", path, id)
				}
				ids[id] = true
			}
			switch n.Data {
			case "h1":
				headings++
			case "script", "style":
				if n.FirstChild != nil {
					t.Errorf("%s: an inline %s", path, n.Data)
				}
			case "label":
				labelled = append(labelled, attr(n, "for"))
			case "input", "select", "textarea":
				described = append(described, strings.Fields(attr(n, "aria-describedby"))...)
			case "img":
				t.Errorf("%s: a picture from elsewhere", path)
			}
		})
		each(t, page, func(n *html.Node) {
			if n.Type != html.ElementNode {
				return
			}
			switch n.Data {
			case "input", "select", "textarea":
				if attr(n, "type") != "hidden" && n.Parent.Data != "label" && !slices.Contains(labelled, attr(n, "id")) {
					t.Errorf("%s: %s has no label", path, attr(n, "name"))
				}
			case "form":
				if attr(n, "method") == "post" && !strings.Contains(inner(n), `name="token"`) {
					t.Errorf("%s: the form to %s has no token", path, attr(n, "action"))
				}
			}
		})
		if headings != 1 {
			t.Errorf("%s has %d headings of the first rank", path, headings)
		}
		for _, id := range described {
			if !ids[id] {
				t.Errorf("%s: nothing has the id %s", path, id)
			}
		}
	}
}

func inner(n *html.Node) string {
	var out strings.Builder
	_ = html.Render(&out, n)
	return out.String()
}

// TestPasswordsAreNotKept: a form that comes back has what was entered, and
// never a password.
func TestPasswordsAreNotKept(t *testing.T) {
	t.Parallel()
	b := newHouse(t).browser(t)
	for _, path := range tour(t, b) {
		each(t, b.get(path).body, func(n *html.Node) {
			if n.Data == "input" && attr(n, "type") == "password" && attr(n, "value") != "" {
				t.Errorf("%s shows a password again", path)
			}
		})
	}
}

// logged makes failures of the portal those of the test.
func logged(t *testing.T) func(*portal.Config) {
	return func(c *portal.Config) { c.Log = slog.New(slog.NewTextHandler(failing{t}, nil)) }
}

type failing struct{ *testing.T }

func (f failing) Write(line []byte) (int, error) {
	f.Errorf("%s", line)
	return len(line), nil
}

// TestNoGallery: without the flag there is none.
func TestNoGallery(t *testing.T) {
	t.Parallel()
	b := newHouse(t, func(c *portal.Config) { c.Dev = false }).browser(t)
	for _, path := range []string{"/gallery", "/gallery/login/empty"} {
		if a := b.get(path); a.status != 404 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}
