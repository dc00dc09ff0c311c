package rest

import (
	"github.com/webdoctor/webdoctor/fhir"
)

// operation answers https://hl7.org/fhir/R4/operations.html#executing: by
// POST with Parameters or the one resource that they would hold, by GET with
// parameters in the URL. Whether it exists, and whether GET will do, is for
// the service to say.
func (s *server) operation(r *request) (reply, error) {
	op := fhir.Operation{Name: r.target.op, Method: r.method, Key: r.target.key, Query: r.query}
	if r.method == fhir.POST {
		var err error
		if op.JSON, err = s.parameters(r); err != nil {
			return reply{}, err
		}
	}
	res, err := s.svc.Operate(r.ctx, op)
	if err != nil {
		return reply{}, err
	}
	status := 200
	if res.Begun {
		status = 202
	}
	switch {
	case res.Page != nil:
		return reply{status: status, content: searchset, page: res.Page}, nil
	case res.Issues != nil:
		return reply{status: status, content: ready, json: appendOutcome(nil, res.Issues...)}, nil
	case res.Resource.JSON == nil:
		return reply{status: 204}, nil
	}
	return reply{status: status, content: ready, json: res.Resource.JSON}, nil
}

// parameters is the body of an operation, nil when there is none: an
// operation may have no parameters.
func (s *server) parameters(r *request) ([]byte, error) {
	if r.entry != nil {
		return r.entry.resource, nil
	}
	if r.web.empty() {
		return nil, nil
	}
	return s.resource(r)
}
