package portal_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/webdoctor/webdoctor/portal"
)

const base = "https://clinic.example.org"

var now = time.Date(2026, 3, 5, 14, 30, 0, 0, time.UTC)

// house is a portal with prepared people in it.
type house struct {
	app    *fiber.App
	people *people
	apps   *apps
}

func newHouse(t *testing.T, change ...func(*portal.Config)) *house {
	t.Helper()
	h := &house{app: fiber.New(fiber.Config{DisableStartupMessage: true, Immutable: true, StreamRequestBody: true, DisablePreParseMultipartForm: true}), people: newPeople(), apps: newApps()}
	cfg := portal.Config{Base: base, Accounts: h.people, Apps: h.apps, Service: clinic{}, Mailbox: true, Demo: true, Dev: true, Zone: time.UTC, Now: func() time.Time { return now }}
	for _, c := range change {
		c(&cfg)
	}
	if err := portal.Mount(h.app, cfg); err != nil {
		t.Fatal(err)
	}
	return h
}

// browser is what a person sits at: it keeps cookies, follows nothing, and
// says where its forms come from.
type browser struct {
	t       *testing.T
	h       *house
	cookies map[string]string
	header  http.Header
}

func (h *house) browser(t *testing.T) *browser {
	return &browser{t, h, map[string]string{}, http.Header{"Accept-Language": {"en"}, "User-Agent": {"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}}}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) to() string { return a.header.Get("Location") }

func (b *browser) do(method, path string, form url.Values, headers ...string) answer {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, path, body)
	r.Host = "clinic.example.org"
	for name, values := range b.header {
		r.Header[name] = values
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Origin", base)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		} else {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	res, err := b.h.app.Test(r, -1)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(raw)}
}

func (b *browser) get(path string) answer { b.t.Helper(); return b.do("GET", path, nil) }

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// submit fills in the form of a page that goes to an action and sends it.
func (b *browser) submit(page, action string, pairs ...string) answer {
	b.t.Helper()
	return b.do("POST", action, b.filled(page, action, pairs...))
}

// filled is what a browser would send of a form: its hidden fields and what
// was entered.
func (b *browser) filled(page, action string, pairs ...string) url.Values {
	b.t.Helper()
	html := b.get(page).body
	_, rest, ok := strings.Cut(html, `action="`+action+`"`)
	if !ok {
		b.t.Fatalf("%s has no form that goes to %s:\n%s", page, action, html)
	}
	return fill(rest, pairs...)
}

func fill(form string, pairs ...string) url.Values {
	form, _, _ = strings.Cut(form, "</form>")
	values := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(form, -1) {
		values.Set(m[1], strings.NewReplacer("&#43;", "+", "&amp;", "&").Replace(m[2]))
	}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return values
}

// in is a browser of somebody who has signed in.
func (h *house) in(t *testing.T, who string) *browser {
	b := h.browser(t)
	b.cookies["__Host-wd"] = h.people.session(who)
	return b
}
