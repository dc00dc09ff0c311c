package portal

import (
	"strings"
	"time"
)

// Sessions is the page of where a person has signed in.
type Sessions struct {
	Notice Message
	List   []OneSession
	Others *Confirm // nil when there are none
}

// OneSession is one of them.
type OneSession struct {
	Browser, System string // as the browser says; "" for not known
	Address         string
	Began, Seen     time.Time
	Current         bool
	End             *Form
}

func (*Sessions) name() string   { return "sessions" }
func (*Sessions) Title() Message { return say("sessions.title") }
func (*Sessions) wide()          {}

func (s *server) sessions(r *request) (reply, error) {
	list, err := s.Accounts.Sessions(r.ctx, r.secret())
	if err != nil {
		return reply{}, err
	}
	p := &Sessions{Notice: notice(r, "sessions", "ended")}
	for _, x := range list {
		one := OneSession{Address: x.Origin.Address, Began: x.Began, Seen: x.Seen, Current: x.ID == r.person.Principal.Session}
		one.Browser, one.System = agent(x.Origin.Agent)
		if !one.Current {
			one.End = r.button("/account/sessions/end", "sessions.end", "inline", one.Browser, "session", x.ID)
		}
		p.List = append(p.List, one)
	}
	if len(list) > 1 {
		p.Others = &Confirm{"sessions.others", say("sessions.others.ask"), r.button("/account/sessions/end", "sessions.others", "danger", "", "session", "others")}
	}
	return show(p)
}

func (s *server) endSession(r *request) (reply, error) {
	f := r.take(r.button("", "", "", "", "session", ""))
	if f.Failed() {
		return to("/account/sessions")
	}
	id := f.value("session")
	if id == "others" {
		id = ""
	}
	if err := s.Accounts.RevokeSession(r.ctx, r.secret(), id, r.origin()); err != nil {
		return reply{}, err
	}
	return to("/account/sessions?done=ended")
}

// agent is what a person would call the browser that says this of itself, ""
// for what is not known. Every browser claims to be several: the most special
// claim comes first.
func agent(says string) (browser, system string) {
	first := func(claims ...[2]string) string {
		for _, c := range claims {
			if strings.Contains(says, c[0]) {
				return c[1]
			}
		}
		return ""
	}
	return first([2]string{"Edg/", "Edge"}, [2]string{"OPR/", "Opera"}, [2]string{"SamsungBrowser", "Samsung Internet"}, [2]string{"Firefox/", "Firefox"}, [2]string{"FxiOS/", "Firefox"},
			[2]string{"CriOS/", "Chrome"}, [2]string{"Chrome/", "Chrome"}, [2]string{"Safari/", "Safari"}, [2]string{"curl/", "curl"}),
		first([2]string{"iPhone", "iPhone"}, [2]string{"iPad", "iPad"}, [2]string{"Android", "Android"}, [2]string{"Windows", "Windows"}, [2]string{"Mac OS X", "macOS"}, [2]string{"CrOS", "ChromeOS"}, [2]string{"Linux", "Linux"})
}
