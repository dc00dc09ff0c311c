package rest

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
)

// statement is the CapabilityStatement of a base URL, ready to be sent.
type statement struct {
	base       string
	generation int64 // of the search parameters
	json, gzip []byte
	etag       string
}

// capabilities answers https://hl7.org/fhir/R4/http.html#capabilities with
// what routes.go, the search parameters and the operations really are. The
// parameter mode is terminology for those of terminology, and else makes no
// difference.
// It is public, so that caches may keep it as long as they ask first.
func (s *server) capabilities(r *request) (reply, error) {
	st := s.about(r)
	h := &r.web.ctx.Response.Header
	h.Set(fiber.HeaderCacheControl, "no-cache")
	p := reply{status: 200, content: resource, json: st.json, etag: st.etag}
	if r.fresh(&p) {
		p.status, p.content = 304, nothing
		return p, nil
	}
	h.Add(fiber.HeaderVary, "Accept, Accept-Encoding")
	if !r.cuts() && !r.format.pretty && takesGzip(string(r.web.ctx.Request.Header.Peek(fiber.HeaderAcceptEncoding))) {
		p.content, p.json, p.gzipped = ready, st.gzip, true
	}
	return p, nil
}

// statementEntry is the answer to an entry that asks for the metadata.
func (s *server) statementEntry(r *request) reply {
	st := s.about(r)
	p := reply{status: 200, content: ready, json: st.json, etag: st.etag}
	if r.fresh(&p) {
		p.status, p.content = 304, nothing
	}
	return p
}

// takesGzip reads an Accept-Encoding header.
func takesGzip(header string) bool {
	for header != "" {
		var one string
		one, header, _ = strings.Cut(header, ",")
		name, weight, _ := strings.Cut(one, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			_, q, given := strings.Cut(weight, "=")
			return !given || parseQ(strings.TrimSpace(q)) > 0
		}
	}
	return false
}

// statement is the CapabilityStatement for a base. The one asked for last is
// kept, since nearly all clients know the server by one name.
func (s *server) statement(base string) *statement {
	generation := s.cfg.Params.Generation()
	if st := s.shown.Load(); st != nil && st.base == base && st.generation == generation {
		return st
	}
	st := newStatement(base, generation, s.appendStatement(nil, base))
	s.shown.Store(st)
	return st
}

// newStatement prepares a statement to be sent.
func newStatement(base string, generation int64, json []byte) *statement {
	st := &statement{base: base, generation: generation, json: json}
	sum := sha256.Sum256(st.json)
	st.etag = `W/"` + hex.EncodeToString(sum[:8]) + `"` // weak: it goes out with and without gzip
	var packed bytes.Buffer
	zw, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression) // the level is valid
	_, _ = zw.Write(st.json)                                    // a Buffer takes everything
	_ = zw.Close()
	st.gzip = packed.Bytes()
	return st
}

// appendStatement writes the CapabilityStatement (capabilitystatement.html).
func (s *server) appendStatement(dst []byte, base string) []byte {
	w := members{dst: append(dst, '{')}
	w.text("resourceType", "CapabilityStatement")
	w.text("status", "active")
	w.text("date", s.since().UTC().Format(time.RFC3339))
	w.text("kind", "instance")
	s.describeSoftware(&w)
	w.object("implementation", func() {
		w.text("description", "FHIR R4 RESTful API")
		w.text("url", base)
	})
	w.text("fhirVersion", "4.0.1")
	w.texts("format", "application/fhir+json", "json")
	w.texts("patchFormat", jsonPatch, fhirPatch)
	w.array("rest", func() {
		w.item(func() {
			w.text("mode", "server")
			w.text("documentation", "Modifiers of search parameters: "+s.modifiers()+". Prefixes of numbers, dates and quantities: "+search.Prefixes)
			w.array("resource", func() {
				for _, name := range s.defs.ResourceTypes() {
					w.item(func() { s.describeType(&w, name) })
				}
			})
			w.array("interaction", func() { s.describeInteractions(&w, false) })
			w.array("searchParam", func() {
				s.describeParams(&w, binaryType, true)
				w.item(func() { // search_filter.html; R4 has no definition of it
					w.text("name", "_filter")
					w.text("type", "special")
				})
			})
			s.describeOperations(&w, func(o Operation) bool { return o.System })
			var compartments []string
			for _, c := range s.defs.Compartments() {
				compartments = append(compartments, c.URL)
			}
			w.texts("compartment", compartments...)
		})
	})
	return append(w.dst, '}')
}

// since is when what the statements tell came to be.
func (s *server) since() time.Time {
	if s.cfg.Software.Released.IsZero() {
		return s.started
	}
	return s.cfg.Software.Released
}

func (s *server) describeSoftware(w *members) {
	if sw := s.cfg.Software; sw.Name != "" {
		w.object("software", func() {
			w.text("name", sw.Name)
			w.optional("version", sw.Version)
			if !sw.Released.IsZero() {
				w.text("releaseDate", sw.Released.UTC().Format(time.RFC3339))
			}
		})
	}
}

// describeType writes what can be done with resources of a type.
func (s *server) describeType(w *members, name string) {
	w.text("type", name)
	w.array("interaction", func() { s.describeInteractions(w, true) })
	w.text("versioning", "versioned-update")
	w.raw("readHistory", s.has(fhir.GET, version))
	w.raw("updateCreate", s.has(fhir.PUT, instance))
	w.raw("conditionalCreate", s.has(fhir.POST, wholeType))
	w.text("conditionalRead", "full-support")
	w.raw("conditionalUpdate", s.has(fhir.PUT, wholeType))
	switch {
	case s.route(fhir.DELETE, wholeType) == nil:
		w.text("conditionalDelete", "not-supported")
	case s.cfg.Policy.SingleDelete:
		w.text("conditionalDelete", "single")
	default:
		w.text("conditionalDelete", "multiple")
	}
	policy := []string{"literal", "logical", "local"}
	if s.cfg.Policy.Enforced {
		policy = append(policy, "enforced")
	}
	w.texts("referencePolicy", policy...)
	w.texts("searchInclude", s.includes(name)...)
	w.array("searchParam", func() { s.describeParams(w, name, false) })
	s.describeOperations(w, func(o Operation) bool {
		everywhere := o.System && len(o.Resources) == 0 // told once, for the system
		return !everywhere && (o.Type || o.Instance) && (len(o.Resources) == 0 || slices.Contains(o.Resources, name))
	})
}

// modifiers lists what modifiers the parameters of each type have. R4 has no
// place for them beside the parameter; telling them once keeps the statement
// short.
func (s *server) modifiers() string {
	byType := map[string][]string{}
	for _, name := range s.defs.ResourceTypes() {
		for _, p := range s.cfg.Params.Params(name) {
			for _, m := range p.Modifiers() {
				if !slices.Contains(byType[p.Type], m) {
					byType[p.Type] = append(byType[p.Type], m)
				}
			}
		}
	}
	byType["reference"] = append(byType["reference"], "[type]")
	var list []string
	for _, typ := range slices.Sorted(maps.Keys(byType)) {
		slices.Sort(byType[typ])
		list = append(list, typ+" :"+strings.Join(byType[typ], " :"))
	}
	return strings.Join(list, "; ")
}

// includes lists the values of _include for resources of a type. Those of
// _revinclude are the same values of other types, and are not told again.
func (s *server) includes(name string) []string {
	list := []string{"*"}
	for _, p := range s.cfg.Params.Params(name) {
		if p.Includable() {
			list = append(list, name+":"+p.Code)
		}
	}
	return list
}

func (s *server) has(m fhir.Method, at shape) string {
	if s.route(m, at) != nil {
		return "true"
	}
	return "false"
}

// describeInteractions writes the codes of the routes, of types or of the
// system.
func (s *server) describeInteractions(w *members, ofType bool) {
	for at := range shapes {
		for _, r := range s.table[at] {
			if r.code != "" && (at >= wholeType) == ofType {
				w.item(func() { w.text("code", r.code) })
			}
		}
	}
}

// describeParams writes the search parameters of a type that are answered:
// those that all types have, which are told once for the system, or the
// others.
func (s *server) describeParams(w *members, name string, common bool) {
	for _, p := range s.cfg.Params.Params(name) {
		everywhere := p.Code == "_list" || s.defs.SearchParam("Resource", p.Code) != nil // R4 has no definition of _list
		if everywhere != common {
			continue
		}
		w.item(func() {
			w.text("name", p.Code)
			w.text("type", p.Type)
		})
	}
}

// describeOperations writes the operations that suit.
func (s *server) describeOperations(w *members, suits func(Operation) bool) {
	w.array("operation", func() {
		for _, o := range s.cfg.Operations {
			if suits(o) {
				w.item(func() {
					w.text("name", o.Name)
					w.text("definition", o.Definition)
				})
			}
		}
	})
}
