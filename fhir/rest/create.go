package rest

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
)

// create answers https://hl7.org/fhir/R4/http.html#create and #ccreate.
func (s *server) create(r *request) (reply, error) {
	if r.uploadsBinary() {
		return s.putBinary(r)
	}
	return s.commit(r, s.createChange)
}

func (s *server) createChange(r *request) (fhir.Change, error) {
	c := r.change()
	c.IfMatch, c.IfNoneMatch = "", "" // about a resource that is there; a create makes one
	c.IfNoneExist = r.conditions().ifNoneExist
	var err error
	c.JSON, err = s.resource(r)
	return c, err
}

// criteria takes the query out of what a client wrote for If-None-Exist: the
// specification wants the query alone, some write the URL around it.
func criteria(s string) string {
	if i := strings.IndexByte(s, '?'); i >= 0 {
		s = s[i+1:]
	}
	return strings.TrimSpace(s)
}
