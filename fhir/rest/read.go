package rest

import "github.com/webdoctor/webdoctor/fhir"

// read answers https://hl7.org/fhir/R4/http.html#read and #vread, with HEAD
// and the conditional read (#cread). The Binary type has a raw form, which
// binary.go chooses.
func (s *server) read(r *request) (reply, error) {
	if r.target.key.Type == binaryType {
		return s.readBinary(r)
	}
	if r.controls.summary == "count" {
		return reply{}, fhir.Errorf(fhir.Value, "only a search can be answered with a count").At("_summary")
	}
	res, err := s.svc.Read(r.ctx, r.target.key)
	if err != nil {
		return reply{}, err
	}
	return found(r, res), nil
}

// found is the reply to a read of a version, or 304 when the client has it.
func found(r *request, res fhir.Resource) reply {
	p := reply{status: 200, version: res, content: resource, json: res.JSON}
	if r.fresh(&p) {
		p.status, p.content = 304, nothing
	}
	return p
}

func readChange(r *request) (fhir.Change, error) { return r.change(), nil }
