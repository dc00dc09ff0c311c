package rest

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
)

// The two kinds of patch documents (http.html#patch, fhirpatch.html).
const (
	jsonPatch = "application/json-patch+json"
	fhirPatch = "application/fhir+json"
)

// patch answers https://hl7.org/fhir/R4/http.html#patch, conditional or not.
func (s *server) patch(r *request) (reply, error) {
	return s.commit(r, s.patchChange)
}

func (s *server) patchChange(r *request) (fhir.Change, error) {
	c, err := r.conditional()
	if err == nil {
		c.JSON, c.ContentType, err = s.patchDocument(r)
	}
	return c, err
}

// patchDocument is the patch and its kind.
func (s *server) patchDocument(r *request) ([]byte, string, error) {
	if r.entry != nil {
		body, err := s.resource(r)
		if err != nil {
			return nil, "", err
		}
		return r.entry.patchDocument(body)
	}
	kind, err := patchKind(string(r.web.ctx.Request.Header.ContentType()))
	if err != nil {
		r.web.ctx.Response.Header.Set("Accept-Patch", jsonPatch+", "+fhirPatch)
		return nil, "", err
	}
	body, err := r.web.body(s.limits.Body)
	return body, kind, err
}

// patchKind tells a patch document by its Content-Type, which here is not
// optional: the two kinds must not be guessed.
func patchKind(contentType string) (string, error) {
	m := parseMediaType(contentType)
	switch {
	case m.utf8Only() && m.name == jsonPatch:
		return jsonPatch, nil
	case m.specific() && m.json() != noMedia:
		return fhirPatch, nil
	case strings.Contains(m.name, "xml"):
		return "", fhir.Errorf(fhir.MediaType, "this server takes patches in JSON: %s or %s", jsonPatch, fhirPatch)
	}
	return "", fhir.Errorf(fhir.MediaType, "a patch must be %s or, with Parameters, %s", jsonPatch, fhirPatch)
}
