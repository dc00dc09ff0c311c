package portal

import (
	"net/http"
	"slices"
	"time"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/authz/accounts"
)

// The cookies. With https the names begin with __Host-, which a browser takes
// from this very host only (RFC 6265bis, section 4.1.3): no neighbour under
// the same domain can plant one. Plain http is for this machine, where such a
// name would be refused.
func (s *server) cookieName(name string) string {
	if s.secure {
		return "__Host-" + name
	}
	return name
}

const (
	sessionCookie  = "wd"
	strangerCookie = "wd-form"     // makes the form tokens of those without a session
	languageCookie = "wd-language" // a choice that outlives the session
)

// bake makes a cookie that no script can read. Lax, so that links in messages
// and the way back from an app find the session.
func (s *server) bake(name, value string, age int) *http.Cookie {
	return &http.Cookie{
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: age,
		Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// Person is somebody who has a session.
type Person struct {
	Name      string
	Email     string
	Language  string // "" for the browser's
	Lacks     accounts.Step
	Idle      time.Duration
	Proved    time.Time       // when they last proved who they are
	Principal authz.Principal // a stranger while something is lacking
}

func (p *Person) has(role authz.Role) bool { return slices.Contains(p.Principal.Roles, role) }

// works says whether a person works here.
func (p *Person) works() bool { return p.has(authz.Practitioner) || p.has(authz.Staff) }

// enter is the answer to somebody who has come a step further in.
func (s *server) enter(e accounts.Entry, next string) (reply, error) {
	way := local(next)
	switch {
	case e.Session.Next != accounts.Whole:
		way = with(home(e.Session.Next), "next", way)
	case way == "":
		way = "/account"
	}
	return reply{status: http.StatusSeeOther, to: way, cookies: []*http.Cookie{s.bake(sessionCookie, e.Cookie, 0)}}, nil
}

// recognise finds out who asks, anew for every request.
func (s *server) recognise(r *request) error {
	cookie := r.secret()
	if cookie != "" {
		p, err := s.person(r, cookie)
		if err != nil && !accounts.IsProblem(err, "session.none") {
			return err
		}
		r.person = p
	}
	if r.person == nil {
		if r.seed = r.cookie(strangerCookie); len(r.seed) < 20 {
			r.seed = random()
		}
		r.token = formToken(r.seed)
		return nil
	}
	r.token = formToken(cookie)
	r.ctx = authz.With(r.ctx, r.person.Principal)
	return nil
}

func (s *server) person(r *request, cookie string) (*Person, error) {
	session, principal, err := s.Accounts.Session(r.ctx, cookie, r.origin())
	if err != nil {
		return nil, err
	}
	a, err := s.Accounts.Me(r.ctx, cookie)
	if err != nil {
		return nil, err
	}
	return &Person{Name: a.Name, Email: a.Email, Language: a.Language, Lacks: session.Next, Idle: session.Idle, Proved: session.Fresh, Principal: principal}, nil
}

// secret is what the session's cookie holds.
func (r *request) secret() string { return r.cookie(sessionCookie) }

// origin is where the request comes from.
func (r *request) origin() accounts.Origin {
	return accounts.Origin{Address: r.address, Agent: r.header("User-Agent")}
}
