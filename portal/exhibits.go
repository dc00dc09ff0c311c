package portal

import (
	"net/http"
	"time"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/authz/accounts"
)

// The people of the gallery. Nobody of them exists.
var (
	someday = time.Date(2026, 3, 5, 14, 30, 0, 0, time.UTC)

	posing = func(name string, roles ...authz.Role) *Person {
		return &Person{Name: name, Email: "someone@example.org", Idle: 15 * time.Minute,
			Principal: authz.Principal{Account: "a1", Session: "s1", Roles: roles, Licence: authz.Verified}}
	}
	ada   = posing("Ada Lindqvist", authz.Patient)
	noor  = posing("Dr. Noor Haddad", authz.Practitioner)
	piet  = posing("Piet van der Berg-Rodríguez", authz.Administrator)
	entry = &Person{Name: "Dr. Noor Haddad", Lacks: accounts.Enrol}
)

// formed makes an exhibit of a page that has a form.
func formed[P page](name, state string, as *Person, build func(r *request) (*Form, P), change func(f *Form)) exhibit {
	return exhibit{name, state, as, func(r *request) (page, error) {
		f, p := build(r)
		if change != nil {
			change(f)
		}
		return p, nil
	}}
}

// sent is what somebody has entered, by the names of the fields.
func sent(pairs ...string) func(*Form) {
	return func(f *Form) {
		values := map[string][]string{}
		for _, x := range f.Fields {
			if x.Kind == "hidden" {
				values[x.Name] = []string{x.Value}
			}
		}
		for i := 0; i < len(pairs); i += 2 {
			values[pairs[i]] = append(values[pairs[i]], pairs[i+1])
		}
		f.fill(values)
	}
}

// alerted is a form that was refused as a whole.
func alerted(key string, args ...any) func(*Form) {
	return func(f *Form) { f.Alert = say("problem."+key, args...) }
}

// exhibits are all pages in all states.
func (s *server) exhibits() []exhibit {
	var all []exhibit
	all = append(all, s.entranceExhibits()...)
	all = append(all, letterExhibits()...)
	all = append(all, accountExhibits()...)
	all = append(all, appExhibits()...)
	all = append(all, adminExhibits()...)
	for _, status := range []int{400, 403, 404, 409, 429, 500, 503} {
		after := 0
		if status == http.StatusTooManyRequests {
			after = 150
		}
		all = append(all, exhibit{"failure", failures[status], nil, func(*request) (page, error) { return failed(status, after).page, nil }})
	}
	return all
}
