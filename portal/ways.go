package portal

import (
	"net/url"
	"strings"
)

// Where the authorization server sends people who have a request of an app to
// answer. All return to its dispatcher.
const (
	consentPath = "/consent"
	patientPath = "/consent/patient"

	// AppsPath is where people see which apps they have let in.
	AppsPath = "/account/apps"
)

// SignInFor is where somebody signs in who has to answer a request; next is
// the path of the dispatcher. Again asks somebody who is signed in for proof
// once more.
func SignInFor(base, next string, again bool) string {
	path := "/login"
	if again {
		path = "/account/proof"
	}
	return with(base+path, "next", next)
}

// PatientFor is where somebody says whose record an app will see.
func PatientFor(base, id string) string { return with(base+patientPath, "authorization", id) }

// ConsentFor is where somebody agrees to what an app asks for.
func ConsentFor(base, id string) string { return with(base+consentPath, "authorization", id) }

// CookieName is the name of the session's cookie on a server at base.
func CookieName(base string) string {
	u, err := url.Parse(base)
	s := &server{secure: err == nil && strings.EqualFold(u.Scheme, "https")}
	return s.cookieName(sessionCookie)
}
