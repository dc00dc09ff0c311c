// Package portal is the pages: HTML, and only here.
//
// What happens to a request, the same for every page:
//
//	headers.go   every answer, errors too, carries the security headers
//	origin.go    a POST from another site ends here
//	session.go   cookie -> session -> principal, anew for every request
//	routes.go    who may come to this page; strangers are sent to sign in
//	form.go      a POST: token, parse, validate; 422 and the same page with a
//	             message beside the field, or the deed and 303
//	once.go      a second submit of the same form gets the first one's answer
//	render.go    the page's struct -> template -> layout, in the reader's language
//
// A page is one file: its struct, its forms, its handlers. Its template has
// the same name below templates. Every page in every state that a person can
// meet is in gallery.go with prepared data, and in testdata/golden as the
// HTML that comes of it.
//
// The portal keeps nothing. Accounts are in authz/accounts; what apps ask for
// is in authz/oauth, through the interfaces of needs.go; clinical data comes
// through fhir.Service with the rights of the person who looks.
package portal
