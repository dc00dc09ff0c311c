package rest

import "github.com/webdoctor/webdoctor/fhir"

// delete answers https://hl7.org/fhir/R4/http.html#delete and #cdelete.
func (s *server) delete(r *request) (reply, error) {
	return s.commit(r, deleteChange)
}

func deleteChange(r *request) (fhir.Change, error) { return r.conditional() }
