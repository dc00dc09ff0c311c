package portal

import (
	"net/url"
	"time"

	"github.com/webdoctor/webdoctor/authz/accounts"
	"github.com/webdoctor/webdoctor/fhir"
)

// LicencesPage is the list of licences in one state, for administrators.
type LicencesPage struct {
	Notice Message
	Tabs   []Link
	List   []OneLicence
}

// OneLicence is one of them.
type OneLicence struct {
	To, Name, Number, Issuer, Region string
	State                            string
	Sent, Expires                    time.Time
	Evidence, Reason                 string
}

func (*LicencesPage) name() string   { return "licences" }
func (*LicencesPage) Title() Message { return say("licences.title") }
func (*LicencesPage) wide()          {}

// LicencePage is one licence, for administrators.
type LicencePage struct {
	Notice Message
	OneLicence
	Forms []Deed // what can be done with it
}

// Deed is a form with a heading.
type Deed struct {
	Heading Message
	Form    *Form
}

func (*LicencePage) name() string   { return "licence" }
func (*LicencePage) Title() Message { return say("licence.title") }
func (p *LicencePage) form() *Form {
	for _, d := range p.Forms {
		if d.Form.Failed() {
			return d.Form
		}
	}
	return nil
}

// reviewed are the states in which licences are listed.
var reviewed = []accounts.LicenceState{accounts.Submitted, accounts.Verified, accounts.Suspended, accounts.Expired}

func (s *server) licences(r *request) (reply, error) {
	state := accounts.Submitted
	for _, x := range reviewed {
		if string(x) == r.query.Get("state") {
			state = x
		}
	}
	p := &LicencesPage{Notice: notice(r, "licences", "verify", "refuse", "suspend"), Tabs: tabs(state)}
	list, err := s.Accounts.LicencesIn(r.ctx, r.person.Principal, state)
	if err != nil {
		return reply{}, err
	}
	for _, l := range list {
		one, err := s.oneLicence(r, l)
		if err != nil {
			return reply{}, err
		}
		p.List = append(p.List, one)
	}
	return show(p)
}

// tabs are the ways to the lists of the states.
func tabs(current accounts.LicenceState) []Link {
	var list []Link
	for _, x := range reviewed {
		list = append(list, Link{To: "/admin/licences?state=" + string(x), Label: "licence.state." + string(x), Current: x == current})
	}
	return list
}

func (s *server) oneLicence(r *request, l accounts.Licence) (OneLicence, error) {
	a, err := s.Accounts.Get(r.ctx, r.person.Principal, l.Account)
	if err != nil && !accounts.IsProblem(err, "account.unknown") {
		return OneLicence{}, err
	}
	one := licenceView(l)
	if one.Name = a.Name; one.Name == "" {
		one.Name = l.Number
	}
	return one, nil
}

func licenceView(l accounts.Licence) OneLicence {
	return OneLicence{To: "/admin/licences/" + url.PathEscape(l.ID), Number: l.Number, Issuer: l.Issuer, Region: l.Region, State: string(l.State),
		Sent: l.Sent, Expires: l.Expires, Evidence: l.Evidence, Reason: l.Reason}
}

// verdict is a form that decides over a licence. The state in it is the one
// that was looked at.
func verdict(r *request, l accounts.Licence, deed, note, style string) Deed {
	f := r.form("/admin/licences/"+url.PathEscape(l.ID), "licence."+deed+".submit",
		&Field{Kind: "hidden", Name: "deed", Value: deed, Required: true},
		&Field{Kind: "lines", Name: note, Label: "licence." + note, Hint: say("licence." + note + ".hint"), Required: true, Max: 500})
	f.Style = style
	return Deed{say("licence." + deed + ".heading"), f}
}

func (s *server) licencePage(r *request) (*LicencePage, error) {
	l, err := s.Accounts.LicenceByID(r.ctx, r.person.Principal, r.params["id"])
	if err != nil {
		return nil, err
	}
	one, err := s.oneLicence(r, l)
	if err != nil {
		return nil, err
	}
	p := &LicencePage{OneLicence: one}
	switch l.State {
	case accounts.Submitted:
		p.Forms = []Deed{verdict(r, l, "verify", "evidence", ""), verdict(r, l, "refuse", "reason", "danger")}
	case accounts.Suspended:
		p.Forms = []Deed{verdict(r, l, "verify", "evidence", "")}
	case accounts.Verified:
		p.Forms = []Deed{verdict(r, l, "suspend", "reason", "danger")}
	}
	return p, nil
}

func (s *server) licence(r *request) (reply, error) {
	p, err := s.licencePage(r)
	if err != nil {
		return reply{}, err
	}
	return show(p)
}

// doLicence decides. When another administrator was quicker the licence is no
// longer in a state for this, and the page that is shown says how it stands.
func (s *server) doLicence(r *request) (reply, error) {
	p, err := s.licencePage(r)
	if err != nil {
		return reply{}, err
	}
	deed := r.sent.Get("deed")
	for _, d := range p.Forms {
		if d.Form.value("deed") != deed {
			continue
		}
		f := r.take(d.Form)
		if f.Failed() {
			return again(p)
		}
		who, id := r.person.Principal, r.params["id"]
		switch deed {
		case "verify":
			err = s.Accounts.VerifyLicence(r.ctx, who, id, f.value("evidence"))
		case "refuse":
			err = s.Accounts.RefuseLicence(r.ctx, who, id, f.value("reason"))
		case "suspend":
			err = s.Accounts.SuspendLicence(r.ctx, who, id, f.value("reason"))
		}
		if err != nil {
			return refused(f, p, err)
		}
		return to("/admin/licences?done=" + deed)
	}
	return reply{}, fhir.Errorf(fhir.Conflict, "the licence is not in a state for this")
}
