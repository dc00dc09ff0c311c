package portal

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/webdoctor/webdoctor/portal/i18n"
)

// request is what came in, in strings of our own: those of Fiber live in
// buffers that the next request overwrites.
type request struct {
	ctx      context.Context
	method   string
	path     string
	params   map[string]string // parts of the path
	query    url.Values
	sent     url.Values // the form, of a POST
	header   func(name string) string
	cookie   func(name string) string
	address  string // of the network
	now      time.Time
	number   func() string // of a form
	language *i18n.Language
	person   *Person // nil for a stranger
	token    string  // that forms of this session carry
	seed     string  // cookie of a stranger, that the token is made of
	here     string  // path and query, for the way back after signing in
	back     string  // of a deed: the page it belongs to
	nav      []Link
}

// form begins a form of a page.
func (r *request) form(action, submit string, fields ...*Field) *Form {
	return &Form{Action: action, Submit: submit, Fields: fields, Token: r.token, Once: r.number()}
}

// button is a form that is only a button, with what it is about in hidden
// fields: names and values in turn.
func (r *request) button(action, submit, style, named string, hidden ...string) *Form {
	f := r.form(action, submit)
	f.Style, f.Named = style, named
	for i := 0; i+1 < len(hidden); i += 2 {
		f.Fields = append(f.Fields, &Field{Kind: "hidden", Name: hidden[i], Value: hidden[i+1], Required: true})
	}
	return f
}

// take reads what was sent into a form of the page.
func (r *request) take(f *Form) *Form {
	f.fill(r.sent)
	return f
}

// local makes a way back of what a link or a form says: only a path of ours,
// so that nobody is led elsewhere by a link to us.
func local(next string) string {
	u, err := url.Parse(next)
	switch {
	case err != nil, len(next) > 2000, !strings.HasPrefix(next, "/"), u.Scheme != "", u.Host != "", u.Opaque != "":
		return ""
	case strings.HasPrefix(next, "//"), strings.ContainsAny(next, "\\\t\r\n"):
		return ""
	}
	return next
}
