package portal

import (
	"github.com/webdoctor/webdoctor/authz/accounts"
	"github.com/webdoctor/webdoctor/portal/i18n"
)

// Practise is the page on which a practitioner says what licence they have.
type Practise struct {
	Notice Message
	List   []OneLicence
	Form   *Form
}

func (*Practise) name() string   { return "practise" }
func (*Practise) Title() Message { return say("practise.title") }
func (p *Practise) form() *Form  { return p.Form }

func practiseForm(r *request) *Form {
	return r.form("/account/licence", "practise.submit",
		&Field{Kind: "text", Name: "number", Label: "licence.number", Complete: "off", Required: true, Max: 64},
		&Field{Kind: "text", Name: "issuer", Label: "licence.issuer", Hint: say("licence.issuer.hint"), Complete: "off", Required: true, Max: 100},
		&Field{Kind: "text", Name: "region", Label: "licence.region", Complete: "off", Max: 80},
		&Field{Kind: "date", Name: "expires", Label: "licence.expires", Required: true, Max: 10})
}

func (s *server) practisePage(r *request) (*Practise, error) {
	p := &Practise{Form: practiseForm(r)}
	list, err := s.Accounts.Licences(r.ctx, r.person.Principal, r.person.Principal.Account)
	for _, l := range list {
		p.List = append(p.List, licenceView(l))
	}
	return p, err
}

func (s *server) practise(r *request) (reply, error) {
	p, err := s.practisePage(r)
	if err != nil {
		return reply{}, err
	}
	p.Notice = notice(r, "practise", "sent")
	return show(p)
}

func (s *server) doPractise(r *request) (reply, error) {
	p, err := s.practisePage(r)
	if err != nil {
		return reply{}, err
	}
	f := r.take(p.Form)
	end, err := i18n.Day(f.value("expires"))
	if err != nil {
		f.fail("expires", "form.date")
	}
	if f.Failed() {
		return again(p)
	}
	_, err = s.Accounts.SubmitLicence(r.ctx, r.person.Principal, accounts.Licence{
		Number: f.value("number"), Issuer: f.value("issuer"), Region: f.value("region"), Expires: end.AddDate(0, 0, 1), // valid on its last day
	})
	if err != nil {
		return refused(f, p, err)
	}
	return to("/account/licence?done=sent")
}
