package portal

import (
	"slices"

	"github.com/webdoctor/webdoctor/authz"
)

// Home is the first page of somebody who has signed in.
type Home struct {
	Name    string
	Notice  Message
	Roles   []authz.Role
	Licence authz.Licence // of practitioners
	Cards   []Card
}

// Card is a way on from the home page.
type Card struct{ To, Key string }

func (*Home) name() string   { return "home" }
func (*Home) Title() Message { return say("home.title") }
func (*Home) wide()          {}

// notice says what has been done before the page that is shown: the address
// names it.
func notice(r *request, page string, known ...string) Message {
	if done := r.query.Get("done"); slices.Contains(known, done) {
		return say(page + ".done." + done)
	}
	return Message{}
}

func (s *server) home(r *request) (reply, error) {
	p := homePage(r.person)
	p.Notice = notice(r, "home", "password", "email")
	return show(p)
}

func homePage(who *Person) *Home {
	p := &Home{Name: who.Name, Roles: who.Principal.Roles}
	if who.has(authz.Practitioner) {
		p.Licence = "none"
		if who.Principal.Licence != "" {
			p.Licence = who.Principal.Licence
		}
		p.Cards = append(p.Cards, Card{"/account/licence", "licence"})
	}
	p.Cards = append(p.Cards, Card{"/account/factors", "factors"}, Card{"/account/password", "password"}, Card{"/account/email", "email"},
		Card{"/account/sessions", "sessions"}, Card{"/account/apps", "apps"})
	return p
}
