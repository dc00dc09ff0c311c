package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

//go:embed catalogs/*.json
var catalogs embed.FS

// Order is the languages in the order in which a reader is offered them. The
// first is what is spoken to somebody who asks for none of them.
var Order = []string{"en", "de", "es", "fr", "ar"}

// Language is one catalogue. It may be used by many at once.
type Language struct {
	Code string // en
	Name string // as its speakers call it
	Dir  string // ltr or rtl

	tag     language.Tag
	texts   map[string]text
	printer func() *message.Printer
}

// text is one message: a plain text under "", or one per plural form.
type text map[string]string

// UnmarshalJSON takes a string, or an object of plural forms.
func (t *text) UnmarshalJSON(raw []byte) error {
	if raw[0] == '{' {
		var forms map[string]string
		if err := json.Unmarshal(raw, &forms); err != nil {
			return err
		}
		*t = forms
		return nil
	}
	var plain string
	if err := json.Unmarshal(raw, &plain); err != nil {
		return err
	}
	*t = text{"": plain}
	return nil
}

// Load reads the catalogues, in Order.
func Load() ([]*Language, error) {
	var all []*Language
	for _, code := range Order {
		raw, err := catalogs.ReadFile(path.Join("catalogs", code+".json"))
		if err != nil {
			return nil, err
		}
		l := &Language{Code: code, tag: language.MustParse(code)}
		if err := json.Unmarshal(raw, &l.texts); err != nil {
			return nil, fmt.Errorf("catalogue %s: %w", code, err)
		}
		// A printer may be used by one at a time.
		l.printer = func() *message.Printer { return message.NewPrinter(l.tag) }
		if l.Name, err = l.Text("language.name"); err != nil {
			return nil, err
		}
		if l.Dir, err = l.Text("language.direction"); err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	return all, nil
}

// Keys are the keys of the catalogue, in no order.
func (l *Language) Keys() []string {
	var keys []string
	for key := range l.texts {
		keys = append(keys, key)
	}
	return keys
}

// Forms are the plural forms that a key has a text for, "" for one that is
// not counted.
func (l *Language) Forms(key string) map[string]string { return l.texts[key] }

// Text is the text of a key. args are names and values in turn: {name} stands
// for the value in the text. A value that is a whole number is written as the
// language does, and the one called "count" chooses the plural form.
func (l *Language) Text(key string, args ...any) (string, error) {
	forms, known := l.texts[key]
	if !known {
		return "", fmt.Errorf("i18n: %s has no text %q", l.Code, key)
	}
	if len(args)%2 != 0 {
		return "", fmt.Errorf("i18n: text %q: a name without a value", key)
	}
	said, plain := forms[""]
	var pairs []string
	for i := 0; i < len(args); i += 2 {
		name, ok := args[i].(string)
		if !ok {
			return "", fmt.Errorf("i18n: text %q: %v is not a name", key, args[i])
		}
		value := fmt.Sprint(args[i+1])
		if n, whole := args[i+1].(int); whole {
			value = l.Number(n)
			if name == "count" && !plain {
				said = forms[l.form(n)]
			}
		}
		pairs = append(pairs, "{"+name+"}", value)
	}
	if said == "" {
		return "", fmt.Errorf("i18n: %s: text %q has no form for %v", l.Code, key, args)
	}
	return strings.NewReplacer(pairs...).Replace(said), nil
}

// Number writes a whole number.
func (l *Language) Number(n int) string { return l.printer().Sprint(number.Decimal(n)) }

var forms = map[plural.Form]string{
	plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many", plural.Other: "other",
}

// form is the plural form of a count.
func (l *Language) form(n int) string {
	if n < 0 {
		n = -n
	}
	return forms[plural.Cardinal.MatchPlural(l.tag, n, 0, 0, 0, 0)]
}

// PluralForms are the forms that the language has for whole numbers.
func (l *Language) PluralForms() []string {
	seen := map[string]bool{}
	var all []string
	for n := range 1_000 {
		if f := l.form(n); !seen[f] {
			seen[f] = true
			all = append(all, f)
		}
	}
	// French, Spanish and others count millions differently.
	if f := l.form(1_000_000); !seen[f] {
		all = append(all, f)
	}
	return all
}
