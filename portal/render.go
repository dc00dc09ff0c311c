package portal

import (
	"bytes"
	"embed"
	"html/template"
	"slices"
	"time"

	"github.com/webdoctor/webdoctor/portal/i18n"
)

//go:embed templates/*.html
var templateFiles embed.FS

// looks are the templates, once for each language: what they say and how they
// write dates is bound when they are parsed.
type looks map[string]*template.Template

// Link is one entry of the navigation.
type Link struct {
	To      string
	Label   string // key
	Current bool
}

// Day is a moment of which a Message says the day only, wherever it is read.
type Day struct{ time.Time }

// frame is what the layout knows.
type frame struct {
	Language  *i18n.Language
	Languages []*i18n.Language
	Title     Message
	Body      template.HTML
	Person    *Person
	Nav       []Link
	SignOut   *Form
	Speak     *Form // choice of the language
	Idle      int   // seconds until a page of a person who went away is left
	Wide      bool
	Failed    bool // something is wrong with a form of the page
}

// parse reads the templates.
func (s *server) parse() (looks, error) {
	all := looks{}
	for _, l := range s.languages {
		t, err := template.New("").Funcs(s.words(l)).ParseFS(templateFiles, "templates/*.html")
		if err != nil {
			return nil, err
		}
		all[l.Code] = t
	}
	return all, nil
}

// words are the functions of the templates.
func (s *server) words(l *i18n.Language) template.FuncMap {
	speak := func(m Message) (string, error) { return s.speak(l, m) }
	return template.FuncMap{
		"t":      func(key string, args ...any) (string, error) { return speak(say(key, args...)) },
		"say":    speak,
		"number": l.Number,
		"date":   func(t time.Time) (string, error) { return l.Date(t.In(s.Zone)) },
		"moment": func(t time.Time) (string, error) { return l.Moment(t.In(s.Zone)) },
		"iso":    func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"asset":  s.assets.url,
	}
}

// speak says a message in a language, and the messages and moments in it.
func (s *server) speak(l *i18n.Language, m Message) (string, error) {
	args := slices.Clone(m.Args)
	for i, a := range args {
		var err error
		switch a := a.(type) {
		case Message:
			args[i], err = s.speak(l, a)
		case Day:
			args[i], err = l.Date(a.Time)
		case time.Time:
			args[i], err = l.Moment(a.In(s.Zone))
		}
		if err != nil {
			return "", err
		}
	}
	return l.Text(m.Key, args...)
}

// render makes the HTML of a page.
func (s *server) render(r *request, p page) ([]byte, error) {
	look := s.looks[r.language.Code]
	var body bytes.Buffer
	if err := look.ExecuteTemplate(&body, p.name(), p); err != nil {
		return nil, err
	}
	f := frame{
		Language: r.language, Languages: s.languages, Title: p.Title(),
		Body:   template.HTML(body.String()), //nolint:gosec // a template made it
		Person: r.person, Nav: r.nav, Speak: s.speakForm(r),
	}
	if f.Person != nil {
		f.SignOut = r.button("/logout", "layout.signout", "quiet", "")
		f.Idle = int(r.person.Idle.Seconds())
	}
	_, f.Wide = p.(interface{ wide() })
	if form, ok := p.(interface{ form() *Form }); ok {
		f.Failed = form.form() != nil && form.form().Failed()
	}
	var whole bytes.Buffer
	if err := look.ExecuteTemplate(&whole, "layout", f); err != nil {
		return nil, err
	}
	return whole.Bytes(), nil
}

// speakForm lets a reader choose a language.
func (s *server) speakForm(r *request) *Form {
	f := r.form("/language", "layout.language.set", &Field{Name: "language", Kind: "choice", Label: "layout.language", Required: true})
	for _, l := range s.languages {
		f.Fields[0].Options = append(f.Fields[0].Options, Option{Value: l.Code, Named: l.Name, On: l == r.language})
	}
	f.Fields = append(f.Fields, &Field{Name: "next", Kind: "hidden", Value: r.here, Max: 2000})
	return f
}
