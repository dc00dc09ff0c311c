package portal

import (
	"net/http"
	"slices"
)

// setLanguage is the choice of a language, at the foot of every page. It is
// kept in the browser, and in the account of somebody who has one.
func (s *server) setLanguage(r *request) (reply, error) {
	f := r.take(s.speakForm(r))
	next := local(f.value("next"))
	if next == "" {
		next = "/"
	}
	answer, err := to(next)
	if f.Failed() {
		return answer, err
	}
	code := f.value("language")
	answer.cookies = []*http.Cookie{s.bake(languageCookie, code, 365*24*60*60)}
	if r.person != nil && r.person.Language != code && slices.Contains(spoken(s), code) {
		if err := s.Accounts.SetLanguage(r.ctx, r.secret(), code); err != nil {
			return reply{}, err
		}
	}
	return answer, err
}

// spoken are the languages of the pages.
func spoken(s *server) []string {
	var codes []string
	for _, l := range s.languages {
		codes = append(codes, l.Code)
	}
	return codes
}
