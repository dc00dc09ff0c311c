package accounts

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"text/template"
)

// Words are the letters in every language that there is: by language and
// kind, with the subject as the first line. They say as little as possible:
// letters are read over shoulders and on lock screens.
type Words map[string]map[LetterKind]*template.Template

//go:embed letters
var ownLetters embed.FS

// English are the letters that come with the server.
func English() Words {
	w, err := ReadWords(ownLetters, "letters")
	if err != nil {
		panic("accounts: " + err.Error()) // an embedded file is wrong
	}
	return w
}

// letterData is what a template can name.
type letterData struct {
	Clinic string
	Base   string
	Name   string // of the person, may be ""
	Link   string
	About  string
}

// ReadWords reads letters from a directory: LANGUAGE/KIND.txt.
func ReadWords(files fs.FS, dir string) (Words, error) {
	w := Words{}
	names, err := fs.Glob(files, path.Join(dir, "*", "*.txt"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		t, err := template.New(name).Option("missingkey=error").Parse(string(text))
		if err != nil {
			return nil, err
		}
		language := path.Base(path.Dir(name))
		if w[language] == nil {
			w[language] = map[LetterKind]*template.Template{}
		}
		w[language][LetterKind(strings.TrimSuffix(path.Base(name), ".txt"))] = t
	}
	return w, nil
}

// find is the template in the language, or one that it is a variety of, or
// English.
func (w Words) find(language string, kind LetterKind) *template.Template {
	for {
		if t := w[language][kind]; t != nil {
			return t
		}
		i := strings.LastIndexByte(language, '-')
		if i < 0 {
			return w["en"][kind]
		}
		language = language[:i]
	}
}

// mail writes a letter out.
func (w Words) mail(s *Service, l Letter, what words) (Mail, error) {
	t := w.find(what.Language, l.Kind)
	if t == nil {
		return Mail{}, fmt.Errorf("accounts: there is no letter of the kind %s", l.Kind)
	}
	var b strings.Builder
	if err := t.Execute(&b, letterData{Clinic: s.Name, Base: s.Base, Name: what.Name, Link: what.Link, About: what.About}); err != nil {
		return Mail{}, err
	}
	subject, text, _ := strings.Cut(b.String(), "\n")
	return Mail{ID: l.ID, To: what.To, Subject: subject, Text: strings.TrimLeft(text, "\n"), At: l.Created}, nil
}
