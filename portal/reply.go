package portal

import "net/http"

// page is the struct of one page. Its fields are all that its template knows.
type page interface {
	// name is that of the template.
	name() string
	Title() Message
}

// reply is what a handler answers: a page, or the address to go on to.
type reply struct {
	status  int
	page    page
	to      string // 303 to there
	cookies []*http.Cookie
	targets []string // origins outside to which a form of the page leads in the end
	after   int      // seconds until another try makes sense
	clear   bool     // the browser should forget what it has of us
}

// show answers with a page.
func show(p page) (reply, error) { return reply{status: http.StatusOK, page: p}, nil }

// again answers with the page of a form in which something is wrong.
func again(p page) (reply, error) { return reply{status: http.StatusUnprocessableEntity, page: p}, nil }

// to answers that the deed is done, and what to look at now (RFC 9110,
// section 15.4.4): a reload of that does not do the deed again.
func to(path string) (reply, error) { return reply{status: http.StatusSeeOther, to: path}, nil }
