package portal

import (
	"net/mail"
	"slices"
	"strings"
	"unicode/utf8"
)

// Message is a text of the catalogue that is still to be said in a language.
type Message struct {
	Key  string
	Args []any
}

func say(key string, args ...any) Message { return Message{key, args} }

// Form is a form of a page, and what a person has entered in it.
type Form struct {
	Action string
	Fields []*Field
	Submit string // key of the button's text
	Style  string // "", danger, quiet; "inline" is a button in a row of a list
	Named  string // what the button is about, for those who do not see its row

	Alert Message // what is wrong with the form as a whole
	Token string  // proves that the form is from a page of this session
	Once  string  // the same for every submit of this one form

	// Passkey is what the browser's authenticator is asked for, as JSON, and
	// Ceremony whether it is to "get" or to "create" a key. Such a form works
	// with our script only and is hidden without.
	Passkey, Ceremony string
}

// Field is one field with its label.
type Field struct {
	Name     string
	Kind     string // text, email, password, code, search, hidden, date, check, checks, choice, radio, lines
	Label    string // key
	Named    string // a label that is not ours to translate, instead of Label
	Hint     Message
	Value    string
	Values   []string // of the kind checks
	Options  []Option // of choice, radio and checks
	Complete string   // autocomplete token (html.spec.whatwg.org)
	Required bool
	Focus    bool // where the reader begins
	Plain    bool // not marked as optional: a search, a choice
	Max      int  // code points, 0 for 200

	Error Message
}

// Option is one of several answers.
type Option struct {
	Value string
	Label Message
	Named string // a label that is not ours to translate
	Hint  Message
	On    bool // chosen
	Under bool // a part of the option above it
}

// field finds a field by name. One that is not there is a mistake of ours.
func (f *Form) field(name string) *Field {
	for _, x := range f.Fields {
		if x.Name == name {
			return x
		}
	}
	panic("portal: form " + f.Action + " has no field " + name)
}

// value is what was entered.
func (f *Form) value(name string) string { return f.field(name).Value }

// fail puts a message beside a field, unless it has one.
func (f *Form) fail(name, key string, args ...any) {
	if x := f.field(name); x.Error.Key == "" {
		x.Error = say(key, args...)
	}
}

// Failed says whether something is wrong with what was entered.
func (f *Form) Failed() bool {
	return f.Alert.Key != "" || len(f.Faults()) > 0
}

// fill takes what was sent into the fields, and says beside each what is
// wrong with it. Only fields of the form are looked at: a name that the form
// does not have is nothing to us, whatever a sender hopes it might set.
func (f *Form) fill(sent map[string][]string) {
	for _, x := range f.Fields {
		if x.Kind == "checks" {
			x.take(sent[x.Name])
			continue
		}
		x.Value = ""
		if given := sent[x.Name]; len(given) > 0 {
			x.Value = strings.ToValidUTF8(given[0], "\uFFFD")
		}
		if x.Kind != "password" { // every character of a password counts
			x.Value = strings.TrimSpace(x.Value)
		}
		x.check()
	}
}

// take keeps of several answers those that are offered.
func (x *Field) take(given []string) {
	x.Values = nil
	for i := range x.Options {
		o := &x.Options[i]
		if o.On = slices.Contains(given, o.Value); o.On {
			x.Values = append(x.Values, o.Value)
		}
	}
	if x.Required && len(x.Values) == 0 {
		x.Error = say("form.choose")
	}
}

// check holds one answer against what the field wants.
func (x *Field) check() {
	most := x.Most()
	switch {
	case x.Value == "":
		if x.Required {
			x.Error = say(missing(x.Kind))
		}
	case utf8.RuneCountInString(x.Value) > most:
		x.Error = say("form.long", "count", most)
	case x.Kind == "email" && !address(x.Value):
		x.Error = say("form.email")
	case x.Kind == "choice" || x.Kind == "radio":
		for i := range x.Options {
			x.Options[i].On = x.Options[i].Value == x.Value
		}
		if !slices.ContainsFunc(x.Options, func(o Option) bool { return o.On }) {
			x.Error, x.Value = say("form.choose"), ""
		}
	}
}

// Most is how many code points the field takes.
func (x *Field) Most() int {
	if x.Max == 0 {
		return 200
	}
	return x.Max
}

// Faults are the fields in which something is wrong.
func (f *Form) Faults() []*Field {
	var wrong []*Field
	for _, x := range f.Fields {
		if x.Error.Key != "" {
			wrong = append(wrong, x)
		}
	}
	return wrong
}

func missing(kind string) string {
	switch kind {
	case "choice", "radio":
		return "form.choose"
	case "check":
		return "form.tick"
	}
	return "form.missing"
}

// address says whether a text is one plain e-mail address. Whether it is
// anybody's only a message can tell.
func address(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Name == "" && a.Address == s && strings.Contains(s[strings.LastIndexByte(s, '@'):], ".") ||
		err == nil && a.Address == s && strings.HasSuffix(s, "@localhost")
}
