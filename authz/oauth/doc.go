// Package oauth is the authorization server and the door of access tokens:
// OAuth 2.0 with the rules of 2.1, OpenID Connect and SMART App Launch 2.2.
// The library fosite lives here and nowhere else; docs/decisions/0024 says
// how far it is trusted.
//
// What happens to an app:
//
//	GET or POST /oauth/authorize      the request is checked and becomes a row
//	GET /oauth/continue?authorization the dispatcher: looks at the row and sends
//	                                  the browser to what is missing, and when
//	                                  nothing is, back to the app with a code
//	    sign in, choose a patient,    pages of the portal; each writes into the
//	    consent                       row and returns to the dispatcher
//	POST /oauth/token                 the code, a refresh token, or a client's own
//	                                  key becomes an access token
//	Authorization: Bearer …           Bearer makes a principal of it
//	POST /oauth/revoke, /introspect   the end of it, and what it is worth
//
// Steps never send the browser to one another, so that there is one place
// that knows the order.
//
// What the room needs is in needs.go. It does not know Postgres, passwords
// or pages.
package oauth
