package rest

import "github.com/webdoctor/webdoctor/fhir"

// update answers https://hl7.org/fhir/R4/http.html#update, #upsert and
// #cond-update.
func (s *server) update(r *request) (reply, error) {
	if r.uploadsBinary() {
		return s.putBinary(r)
	}
	return s.commit(r, s.updateChange)
}

func (s *server) updateChange(r *request) (fhir.Change, error) {
	c, err := r.conditional()
	if err == nil {
		c.JSON, err = s.resource(r)
	}
	return c, err
}

// conditional is the Change of a request that names a resource by its id or,
// on the type, by criteria.
func (r *request) conditional() (fhir.Change, error) {
	c := r.change()
	if r.target.shape == wholeType {
		if r.query == "" {
			return c, fhir.Errorf(fhir.Required, "%s without an id needs search criteria that say which resource is meant", r.method)
		}
		c.Query = r.query
	}
	return c, nil
}

// commit carries out the one change that build makes of the request.
func (s *server) commit(r *request, build func(*request) (fhir.Change, error)) (reply, error) {
	c, err := build(r)
	if err != nil {
		return reply{}, err
	}
	results, err := s.svc.Commit(r.ctx, c)
	if err != nil {
		return reply{}, err
	}
	return written(r, results[0]), nil
}
