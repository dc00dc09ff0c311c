package portal

import (
	"net/http"
	"net/url"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/authz/accounts"
	"github.com/webdoctor/webdoctor/fhir"
)

// need is who may come to a page.
type need string

const (
	anyone        need = "anyone"
	second        need = "second"        // a session that lacks its second factor
	enrolling     need = "enrolling"     // a session that lacks nothing, or the setting up of a second factor
	member        need = "member"        // a session that lacks nothing
	practitioner  need = "practitioner"  // and the role
	administrator need = "administrator" // and the role
)

// route is one page or one deed.
type route struct {
	method, path string
	need         need
	do           func(*request) (reply, error)
}

// routes is every route there is. GET shows and POST does.
func (s *server) routes() []route {
	const get, post = http.MethodGet, http.MethodPost
	list := []route{
		{get, "/", anyone, s.root},
		{post, "/language", anyone, s.setLanguage},

		{get, "/login", anyone, s.login},
		{post, "/login", anyone, s.doLogin},
		{post, "/login/passkey", anyone, s.loginPasskey},
		{post, "/login/passkey/answer", anyone, s.doLoginPasskey},
		{get, "/login/factor", second, s.second},
		{post, "/login/factor", second, s.doCode},
		{post, "/login/factor/passkey", second, s.secondPasskey},
		{post, "/login/factor/passkey/answer", second, s.doSecondPasskey},
		{post, "/logout", anyone, s.logout},

		{get, "/register", anyone, s.register},
		{post, "/register", anyone, s.doRegister},
		{get, "/forgot", anyone, s.forgot},
		{post, "/forgot", anyone, s.doForgot},
		{get, "/told/:what", anyone, s.told},

		{get, accounts.VerifyPath, anyone, s.verify},
		{post, accounts.VerifyPath, anyone, s.doVerify},
		{get, accounts.EmailPath, anyone, s.email},
		{post, accounts.EmailPath, anyone, s.doEmail},
		{get, accounts.ResetPath, anyone, s.reset},
		{post, accounts.ResetPath, anyone, s.doReset},
		{get, accounts.InvitePath, anyone, s.invited},
		{post, accounts.InvitePath, anyone, s.doInvited},
		{get, accounts.UnlockPath, anyone, s.unlock},
		{post, accounts.UnlockPath, anyone, s.doUnlock},
		{get, accounts.FirstPath, anyone, s.first},
		{post, accounts.FirstPath, anyone, s.doFirst},

		{get, "/account", member, s.home},
		{get, "/account/factors", enrolling, s.factors},
		{post, "/account/factors/totp", enrolling, s.newTOTP},
		{post, "/account/factors/totp/confirm", enrolling, s.doTOTP},
		{get, "/account/factors/passkey", enrolling, s.newPasskey},
		{post, "/account/factors/passkey", enrolling, s.makePasskey},
		{post, "/account/factors/passkey/answer", enrolling, s.doNewPasskey},
		{post, "/account/factors/remove", member, s.removeFactor},
		{post, "/account/factors/codes", member, s.renewCodes},
		{get, "/account/proof", member, s.proof},
		{post, "/account/proof", member, s.doProof},
		{post, "/account/proof/code", member, s.doProofCode},
		{post, "/account/proof/passkey", member, s.proofPasskey},
		{post, "/account/proof/passkey/answer", member, s.doProofPasskey},
		{get, "/account/password", member, s.password},
		{post, "/account/password", member, s.doPassword},
		{get, "/account/email", member, s.changeEmail},
		{post, "/account/email", member, s.doChangeEmail},
		{get, "/account/sessions", member, s.sessions},
		{post, "/account/sessions/end", member, s.endSession},
		{get, "/account/apps", member, s.apps},
		{post, "/account/apps/revoke", member, s.revokeApp},
		{get, "/account/licence", practitioner, s.practise},
		{post, "/account/licence", practitioner, s.doPractise},

		{get, "/consent", member, s.consent},
		{post, "/consent", member, s.doConsent},
		{get, "/consent/patient", member, s.picker},
		{post, "/consent/patient", member, s.doPick},
		{post, "/consent/refuse", member, s.doRefuse},

		{get, "/admin/accounts", administrator, s.accounts},
		{get, "/admin/accounts/:id", administrator, s.account},
		{post, "/admin/accounts/:id/roles", administrator, s.doRoles},
		{post, "/admin/accounts/:id/disable", administrator, s.doDisable},
		{post, "/admin/accounts/:id/enable", administrator, s.doEnable},
		{post, "/admin/accounts/:id/factors", administrator, s.doForget},
		{get, "/admin/invite", administrator, s.invite},
		{post, "/admin/invite", administrator, s.doInvite},
		{get, "/admin/licences", administrator, s.licences},
		{get, "/admin/licences/:id", administrator, s.licence},
		{post, "/admin/licences/:id", administrator, s.doLicence},
		{get, "/admin/clients", administrator, s.clients},
		{post, "/admin/clients/state", administrator, s.doClient},
	}
	if s.Mailbox {
		who := administrator
		if s.Demo {
			who = anyone
		}
		list = append(list, route{get, "/mailbox", who, s.mailbox})
	}
	if s.Dev {
		list = append(list,
			route{get, "/gallery", anyone, s.gallery},
			route{get, "/gallery/:page/:state", anyone, s.exhibited})
	}
	return list
}

// barrier is what stands between a person and a page that they may not see
// yet, nil for nothing: the page of what they have to do first, or a refusal.
func (n need) barrier(r *request) func(*request) (reply, error) {
	away := func(path string) func(*request) (reply, error) {
		return func(r *request) (reply, error) {
			next := r.here
			if r.method != http.MethodGet { // a deed is not done by being led there
				next = ""
			}
			return to(with(path, "next", next))
		}
	}
	if n == anyone {
		return nil
	}
	if r.person == nil {
		return away("/login")
	}
	lacks := r.person.Lacks
	switch n {
	case second:
		if lacks == accounts.Factor {
			return nil
		}
		return func(*request) (reply, error) { return to(home(lacks)) }
	case enrolling:
		if lacks == accounts.Enrol {
			return nil
		}
	}
	if lacks != accounts.Whole {
		return away(home(lacks))
	}
	role := map[need]authz.Role{practitioner: authz.Practitioner, administrator: authz.Administrator}[n]
	if role == "" || r.person.has(role) {
		return nil
	}
	return func(*request) (reply, error) {
		return reply{}, fhir.Errorf(fhir.Forbidden, "this page is for others")
	}
}

// home is where somebody belongs who lacks something.
func home(lacks accounts.Step) string {
	switch lacks {
	case accounts.Factor:
		return "/login/factor"
	case accounts.Enrol:
		return "/account/factors"
	}
	return "/account"
}

// with adds a parameter to a path, unless it is empty.
func with(path, name, value string) string {
	if value == "" || value == "/" {
		return path
	}
	return path + "?" + url.Values{name: {value}}.Encode()
}

// links is the navigation of a person.
func (s *server) links(r *request) []Link {
	if r.person == nil || r.person.Lacks != accounts.Whole {
		return nil
	}
	list := []Link{{To: "/account", Label: "nav.home"}}
	if r.person.has(authz.Administrator) {
		list = append(list, Link{To: "/admin/accounts", Label: "nav.accounts"}, Link{To: "/admin/licences", Label: "nav.licences"}, Link{To: "/admin/clients", Label: "nav.clients"})
	}
	for i := range list {
		list[i].Current = r.path == list[i].To || list[i].To != "/account" && len(r.path) > len(list[i].To) && r.path[:len(list[i].To)+1] == list[i].To+"/"
	}
	return list
}
