package rest

import "github.com/webdoctor/webdoctor/fhir"

// history answers https://hl7.org/fhir/R4/http.html#history of an instance, a
// type or the system.
func (s *server) history(r *request) (reply, error) {
	page, err := s.svc.History(r.ctx, fhir.History{Key: r.target.key, Query: r.query})
	if err != nil {
		return reply{}, err
	}
	return reply{status: 200, content: history, page: &page}, nil
}

func historyChange(r *request) (fhir.Change, error) {
	c := r.change()
	c.History, c.Query = true, r.query
	return c, nil
}
