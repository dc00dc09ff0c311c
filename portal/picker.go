package portal

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/portal/i18n"
)

// Picker is the page on which a person says whose record an app may open.
type Picker struct {
	App    string
	Search *Form // nil when the choice is small
	Form   *Form // nil when there is nobody to choose
	Asked  bool  // somebody was looked for
}

func (*Picker) name() string   { return "picker" }
func (*Picker) Title() Message { return say("picker.title") }
func (p *Picker) form() *Form  { return p.Form }

// subject is a patient as people tell them apart.
type subject struct{ ID, Name, Birth string }

func (s *server) picker(r *request) (reply, error) {
	p, id, err := s.pickerPage(r, r.query)
	if err != nil || p == nil {
		if err == nil {
			return to(s.Apps.Continue(id))
		}
		return reply{}, err
	}
	answer, err := show(p)
	answer.targets = s.target(r, id)
	return answer, err
}

// pickerPage is nil when the request waits for something else.
func (s *server) pickerPage(r *request, from url.Values) (*Picker, string, error) {
	id, name := from.Get("authorization"), strings.TrimSpace(from.Get("name"))
	q, err := s.Apps.Pending(r.ctx, id, r.signed())
	if err != nil || q.Step != StepPatient {
		return nil, id, err
	}
	p := &Picker{App: q.App, Asked: name != ""}
	var list []subject
	for _, own := range q.Own {
		x, err := s.named(r, own)
		if err != nil {
			return nil, id, err
		}
		list = append(list, x)
	}
	if r.person.works() {
		p.Search = pickerSearch(r, id, name)
		if len(name) >= 2 {
			found, err := s.find(r, name)
			if err != nil {
				return nil, id, err
			}
			list = append(list, found...)
		}
	}
	if len(list) > 0 {
		p.Form = r.form("/consent/patient", "picker.submit", authorizationField(id), &Field{Kind: "hidden", Name: "name", Value: name}, whose(list))
	}
	return p, id, nil
}

func pickerSearch(r *request, id, name string) *Form {
	return r.form("/consent/patient", "picker.search", authorizationField(id),
		&Field{Kind: "search", Name: "name", Label: "picker.name", Value: name, Complete: "off", Plain: true})
}

// whose asks for one of several patients.
func whose(list []subject) *Field {
	f := &Field{Kind: "radio", Name: "patient", Label: "picker.whose", Required: true}
	for _, x := range list {
		o := Option{Value: x.ID, Named: x.Name}
		if day, err := i18n.Day(x.Birth); err == nil {
			o.Hint = say("picker.born", "date", Day{day})
		}
		f.Options = append(f.Options, o)
	}
	return f
}

// doPick takes the choice. Whether the person may open the record is asked
// where the request is kept, not here.
func (s *server) doPick(r *request) (reply, error) {
	p, id, err := s.pickerPage(r, r.sent)
	switch {
	case err != nil:
		return reply{}, err
	case p == nil:
		return to(s.Apps.Continue(id))
	case p.Form == nil:
		return s.lost(r)
	}
	f := r.take(p.Form)
	if f.Failed() {
		answer, err := again(p)
		answer.targets = s.target(r, id)
		return answer, err
	}
	if err := s.Apps.ChoosePatient(r.ctx, id, r.signed(), f.value("patient")); err != nil {
		return reply{}, err
	}
	return to(s.Apps.Continue(id))
}

// mostFound is how many patients are offered at once; whoever does not find
// theirs says more of the name.
const mostFound = 10

// find looks for patients by name, among those that the person may see.
func (s *server) find(r *request, name string) ([]subject, error) {
	page, err := s.Service.Search(r.ctx, fhir.Search{Type: "Patient", Query: url.Values{"name": {name}, "_count": {fmt.Sprint(mostFound)}, "_sort": {"name"}}.Encode()})
	if err != nil {
		if refused, ok := errors.AsType[*fhir.Error](err); ok && refused.Code == fhir.Forbidden {
			return nil, nil
		}
		return nil, err
	}
	var list []subject
	for _, x := range page.Match {
		list = append(list, view(x))
	}
	return list, nil
}

// named is one patient.
func (s *server) named(r *request, id string) (subject, error) {
	x, err := s.Service.Read(r.ctx, fhir.Key{Type: "Patient", ID: id})
	if err != nil {
		return subject{}, err
	}
	return view(x), nil
}

// view reads what people call a patient. A name that cannot be read is the id.
func view(x fhir.Resource) subject {
	var v struct {
		Name []struct {
			Use, Text, Family string
			Given             []string
		}
		BirthDate string
	}
	_ = json.Unmarshal(x.JSON, &v)
	name := ""
	for _, n := range v.Name {
		said := n.Text
		if said == "" {
			said = strings.TrimSpace(strings.Join(n.Given, " ") + " " + n.Family)
		}
		if name == "" || n.Use == "official" || n.Use == "usual" {
			name = said
		}
	}
	if name == "" {
		name = x.Key.ID
	}
	return subject{x.Key.ID, name, v.BirthDate}
}
