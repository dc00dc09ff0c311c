package rest

import (
	"net/url"
	"slices"
	"time"
)

// http://hl7.org/fhir/R4/terminologycapabilities.html

// about says which of the statements a request for the metadata is about.
func (s *server) about(r *request) *statement {
	if values, err := url.ParseQuery(r.query); err == nil && values.Get("mode") == "terminology" && s.cfg.Expansion != nil {
		return s.terminology(r.base)
	}
	return s.statement(r.base)
}

// terminology is the TerminologyCapabilities for a base. The one asked for
// last is kept.
func (s *server) terminology(base string) *statement {
	if st := s.terms.Load(); st != nil && st.base == base {
		return st
	}
	st := newStatement(base, 0, s.appendTerminology(nil, base))
	s.terms.Store(st)
	return st
}

// appendTerminology writes the TerminologyCapabilities. The code systems with
// a URL are those that R4 ships; the entry without one stands for those that
// are stored.
func (s *server) appendTerminology(dst []byte, base string) []byte {
	w := members{dst: append(dst, '{')}
	w.text("resourceType", "TerminologyCapabilities")
	w.text("status", "active")
	w.text("date", s.since().UTC().Format(time.RFC3339))
	w.text("kind", "instance")
	s.describeSoftware(&w)
	w.object("implementation", func() {
		w.text("description", "FHIR R4 terminology service")
		w.text("url", base)
	})
	w.array("codeSystem", func() {
		w.item(func() { w.raw("subsumption", "true") })
		list := s.defs.Canonicals()
		for i, c := range list {
			if c.Type != "CodeSystem" || !slices.Contains([]string{"complete", "fragment", "example"}, c.Content) || i > 0 && list[i-1].Type == c.Type && list[i-1].URL == c.URL {
				continue
			}
			w.item(func() {
				w.text("uri", c.URL)
				versions := s.defs.Canonical(c.Type, c.URL)
				if c.Version != "" {
					w.array("version", func() {
						for at, v := range versions {
							w.item(func() {
								w.text("code", v.Version)
								w.raw("isDefault", map[bool]string{true: "true", false: "false"}[at == len(versions)-1])
							})
						}
					})
				}
				w.raw("subsumption", "true")
			})
		}
	})
	w.object("expansion", func() {
		w.raw("hierarchical", "true")
		w.raw("paging", "true")
		w.raw("incomplete", "true") // of a fragment
		w.array("parameter", func() {
			for _, name := range s.cfg.Expansion {
				w.item(func() { w.text("name", name) })
			}
		})
		w.text("textFilter", "each word, separated by white space, occurs in the code or in one of its displays, whatever their language")
	})
	w.text("codeSearch", "all")
	w.object("validateCode", func() { w.raw("translations", "true") })
	w.object("translation", func() { w.raw("needsMap", "false") })
	return append(w.dst, '}')
}
