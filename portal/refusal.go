package portal

import (
	"errors"
	"net/http"
	"slices"

	"github.com/webdoctor/webdoctor/authz/accounts"
)

// refused is the answer to a form whose deed was refused: the same page, with
// what accounts says beside its field. A problem that the person cannot mend
// in this form is an error like any other.
func refused(f *Form, p page, err error) (reply, error) {
	problem, ok := errors.AsType[*accounts.Problem](err)
	if !ok || elsewhere(problem.Key) {
		return reply{}, err
	}
	said := say("problem." + problem.Key)
	answer, _ := again(p)
	if problem.RetryAfter > 0 {
		said.Args = []any{"count", int(problem.RetryAfter.Minutes()) + 1}
		answer.status, answer.after = http.StatusTooManyRequests, int(problem.RetryAfter.Seconds())+1
	}
	if i := slices.IndexFunc(f.Fields, func(x *Field) bool { return x.Name == problem.Field && x.Kind != "hidden" }); i >= 0 {
		f.Fields[i].Error = said
	} else {
		f.Alert = said
	}
	return answer, nil
}

// elsewhere says whether a problem has a page of its own.
func elsewhere(key string) bool {
	switch key {
	case "session.none", "session.stale", "token.invalid", "admin.only", "account.unknown", "licence.unknown", "factor.unknown":
		return true
	}
	return false
}

// redirected is where a problem leads that has to do with who is there, false
// for none.
func (s *server) redirected(r *request, err error) (reply, bool) {
	problem, ok := errors.AsType[*accounts.Problem](err)
	if !ok {
		return reply{}, false
	}
	next := r.here
	if r.method != http.MethodGet {
		next = r.back
	}
	var answer reply
	switch problem.Key {
	case "session.none":
		answer, _ = to(with("/login", "next", next))
	case "session.stale":
		answer, _ = to(with("/account/proof", "next", next))
	case "token.invalid":
		answer = reply{status: http.StatusBadRequest, page: &Spent{Again: map[string]string{accounts.ResetPath: "/forgot", accounts.VerifyPath: "/register"}[r.path]}}
	default:
		return reply{}, false
	}
	return answer, true
}
