package rest

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/webdoctor/webdoctor/fhir"
)

// search answers https://hl7.org/fhir/R4/http.html#search of the system, a
// type or a compartment, by GET or by POST to _search.
func (s *server) search(r *request) (reply, error) {
	if r.method == fhir.POST && r.web != nil {
		if err := s.form(r); err != nil {
			return reply{}, err
		}
	}
	q := fhir.Search{Type: r.target.key.Type, Query: r.query, Lenient: r.prefer.lenient}
	if r.target.shape == compartment || r.target.shape == compartmentSearch {
		q.Type, q.Compartment = r.target.inner, r.target.key
	}
	page, err := s.svc.Search(r.ctx, q)
	if err != nil {
		return reply{}, err
	}
	return reply{status: 200, content: searchset, page: &page}, nil
}

func searchChange(r *request) (fhir.Change, error) {
	c := r.change()
	c.Query = r.query
	return c, nil
}

// form adds the parameters of a POST body to those of the URL.
func (s *server) form(r *request) error {
	body, err := r.web.body(s.limits.Form)
	if err != nil {
		return err
	}
	header := string(r.web.ctx.Request.Header.ContentType())
	if m := parseMediaType(header); len(body) > 0 && (m.name != fiber.MIMEApplicationForm || !m.utf8Only()) {
		return fhir.Errorf(fhir.MediaType, "the parameters of a search must be %s", fiber.MIMEApplicationForm)
	}
	rest, c, err := splitQuery(strings.TrimSpace(string(body)))
	if err != nil {
		return err
	}
	r.query = join(r.query, rest)
	if c.format == "" && c.pretty == "" {
		return nil
	}
	r.controls.kept = join(r.controls.kept, c.kept)
	if r.controls.format == "" {
		r.controls.format = c.format
	}
	if r.controls.pretty == "" {
		r.controls.pretty = c.pretty
	}
	return s.negotiate(r)
}
