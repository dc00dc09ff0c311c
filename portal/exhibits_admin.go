package portal

import (
	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/authz/accounts"
	"github.com/webdoctor/webdoctor/fhir"
)

func adminExhibits() []exhibit {
	invite := func(r *request) (*Form, *InvitePage) { f := inviteForm(r); return f, &InvitePage{f} }
	some := accounts.Account{ID: "a2", Email: "noor.haddad@example.org", Name: "Dr. Noor Haddad", State: accounts.Active, Created: someday,
		Held: []accounts.Held{{Role: authz.Practitioner, Self: fhir.Key{Type: "Practitioner", ID: "3"}}}}
	account := func(r *request) (*Form, *AccountPage) { p := managed(r, some); return p.Roles, p }
	return []exhibit{
		{"accounts", "some", piet, func(r *request) (page, error) {
			long := accounts.Account{ID: "a3", Email: "a.very.long.address.indeed.of.somebody@department.hospital.example.org", State: accounts.Pending, Held: []accounts.Held{{Role: authz.Staff}, {Role: authz.Administrator}}}
			return &AccountsPage{Notice: say("accounts.done.invited"), Search: searchAccounts(r), List: []OneAccount{oneAccount(some), oneAccount(long)}, Next: "/admin/accounts?after=a3"}, nil
		}},
		{"accounts", "none", piet, func(r *request) (page, error) { return &AccountsPage{Search: searchAccounts(r)}, nil }},
		formed("account", "active", piet, account, nil),
		formed("account", "wrong", piet, account, sent()),
		{"account", "own", piet, func(r *request) (page, error) {
			own := some
			own.ID = piet.Principal.Account
			return managed(r, own), nil
		}},
		{"account", "disabled", piet, func(r *request) (page, error) {
			out := some
			out.State = accounts.Disabled
			return managed(r, out), nil
		}},
		formed("invite", "empty", piet, invite, nil),
		formed("invite", "taken", piet, invite, func(f *Form) {
			sent("email", "ada@example.org", "name", "Ada", "roles", "staff")(f)
			f.fail("email", "problem.email.taken")
		}),
		{"licences", "submitted", piet, func(*request) (page, error) {
			return &LicencesPage{Tabs: tabs(accounts.Submitted), List: []OneLicence{someLicence(accounts.Submitted)}}, nil
		}},
		{"licences", "none", piet, func(*request) (page, error) {
			return &LicencesPage{Tabs: tabs(accounts.Suspended), Notice: say("licences.done.verify")}, nil
		}},
		{"licence", "submitted", piet, func(r *request) (page, error) {
			l := accounts.Licence{ID: "l1"}
			return &LicencePage{OneLicence: someLicence(accounts.Submitted), Forms: []Deed{verdict(r, l, "verify", "evidence", ""), verdict(r, l, "refuse", "reason", "danger")}}, nil
		}},
		{"licence", "verified", piet, func(r *request) (page, error) {
			d := verdict(r, accounts.Licence{ID: "l1"}, "suspend", "reason", "danger")
			sent()(d.Form)
			one := someLicence(accounts.Verified)
			one.Evidence = "Register of the chamber, 2026-03-05"
			return &LicencePage{OneLicence: one, Forms: []Deed{d}}, nil
		}},
		{"clients", "none", piet, func(*request) (page, error) { return &ClientsPage{}, nil }},
		{"clients", "some", piet, func(r *request) (page, error) {
			return &ClientsPage{List: []OneClient{
				oneClient(r, Client{ID: "Zm9vYmFyYmF6cXV4", Name: "Heart Diary", Site: "https://heart.example.org/", State: "draft", Method: "none", Redirects: []string{"https://app.heart.example.org/after-launch"}, Scopes: "openid patient/Observation.rs patient/Patient.rs", Created: someday}),
				oneClient(r, Client{ID: "cmVnaXN0cnk", Name: "Cancer registry", State: "active", Method: "private_key_jwt", Scopes: "system/Condition.rs", Created: someday}),
			}}, nil
		}},
	}
}
