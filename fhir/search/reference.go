package search

import (
	"cmp"
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// http://hl7.org/fhir/R4/search.html#reference

func readReference(x *extraction, e *emit, n tree.Node) {
	text := x.member(n, "reference")
	if strings.HasPrefix(text, "#") {
		x.contained(e, text[1:])
	}
	ref := x.registry.reference(text)
	identifier := x.doc.Get(n, "identifier")
	ref.System, ref.Code = x.member(identifier, "system"), x.member(identifier, "value")
	if ref.Code == "" {
		ref.System = ""
	}
	if e.only != "" && cmp.Or(ref.target(), x.member(n, "type")) != e.only {
		return
	}
	x.reference(e, ref)
}

// contained notes a reference to a contained resource: there is a value, but
// nothing by which it could be found.
func (x *extraction) contained(e *emit, id string) {
	if e.only == "" {
		x.present.add(e.param)
		return
	}
	for inside := range x.doc.Children(x.doc.Find("contained")) {
		if x.doc.TextIs(x.doc.Get(inside, "id"), id) && x.doc.TextIs(x.doc.Get(inside, "resourceType"), e.only) {
			x.present.add(e.param)
		}
	}
}

// readCanonical reads the uri of a resource, with or without |version. One
// that points into the same resource (#id) is a text like any other here.
func readCanonical(x *extraction, e *emit, n tree.Node) {
	if !x.scalar(n) {
		return
	}
	text := x.doc.Text(n)
	ref := x.registry.reference(text)
	if ref.ID == "" {
		ref.URL, ref.Version, _ = strings.Cut(text, "|")
		ref.Canonical = true
	}
	x.reference(e, ref)
}

// readInline reads a resource that stands where a reference would, as in the
// first entry of a document.
func readInline(x *extraction, e *emit, n tree.Node) {
	ref := Reference{Type: x.member(n, "resourceType"), ID: x.member(n, "id")}
	if fhir.ValidID(ref.ID) && slices.Contains(e.param.Targets, ref.Type) {
		x.reference(e, ref)
	}
}

func (x *extraction) reference(e *emit, ref Reference) {
	p := e.param
	if ref.ID == "" && ref.URL == "" && ref.Code == "" {
		return
	}
	ref.Param = p.Code
	x.present.add(p)
	switch {
	case x.only != nil || !e.covered:
		x.values.References = append(x.values.References, ref)
	case ref.Code != "": // an identifier has no target by which it could be told apart
		x.values.References = append(x.values.References, Reference{Param: p.Code, System: ref.System, Code: ref.Code})
	}
	if ref.ID != "" && slices.Contains(p.homes, ref.Type) {
		x.values.Homes = append(x.values.Homes, Home{Type: ref.Type, ID: ref.ID, Param: p.Code})
	}
}

// target is the type of resource a reference points at as far as its text
// tells: "" if it does not.
func (r Reference) target() string {
	if r.ID != "" || r.URL == "" {
		return r.Type
	}
	parts := strings.Split(r.URL, "/")
	if len(parts) < 3 {
		return ""
	}
	return parts[len(parts)-2]
}

// reference understands the text of a literal reference: a relative one, or
// an absolute one below the server's own base, is Type and ID, without the
// version; one into the same resource (#id) is nothing; any other is a URL.
func (r *Registry) reference(text string) Reference {
	local := text
	if r.Base != "" && strings.HasPrefix(local, r.Base) && strings.HasPrefix(local[len(r.Base):], "/") {
		local = local[len(r.Base)+1:]
	}
	if typ, rest, ok := strings.Cut(local, "/"); ok && r.definitions.IsResource(typ) {
		id, version, _ := strings.Cut(rest, "/_history/")
		if fhir.ValidID(id) && (version == "" || fhir.ValidID(version)) && !strings.HasSuffix(rest, "/_history/") {
			return Reference{Type: typ, ID: id}
		}
	}
	if text == "" || text[0] == '#' {
		return Reference{}
	}
	if url, _, ok := strings.Cut(text, "/_history/"); ok {
		text = url
	}
	return Reference{URL: text}
}

// parseReference reads [id], [type]/[id] and [url]. A bare id may point at
// any type that the parameter allows, so that it becomes several operands;
// with a modifier [type] it is that one.
func (r *Registry) parseReference(p *Param, modifier, value string) ([]Operand, error) {
	text := unescape(value)
	if modifier == "identifier" {
		o, err := parseToken(value)
		return []Operand{o}, err
	}
	ref := r.reference(text)
	if target := ref.target(); p.only != "" && target != "" && target != p.only {
		return []Operand{}, nil // points where this parameter never does
	}
	switch {
	case ref.ID != "":
		if modifier != "" && modifier != ref.Type {
			return nil, fhir.Errorf(fhir.Value, "the type of the reference is not the one that the modifier names")
		}
		return []Operand{{Reference: ref}}, nil
	case fhir.ValidID(text):
		targets := p.Targets
		if modifier != "" {
			targets = []string{modifier}
		} else if p.only != "" {
			targets = []string{p.only}
		} else if len(targets) == 0 || slices.Contains(targets, "Resource") {
			targets = r.definitions.ResourceTypes()
		}
		var list []Operand
		if p.anywhere {
			list = append(list, Operand{Reference: Reference{URL: text}})
		}
		for _, t := range targets {
			list = append(list, Operand{Reference: Reference{Type: t, ID: text}})
		}
		return list, nil
	case text == "" || modifier != "" || !p.anywhere && !strings.Contains(ref.URL, ":"):
		return nil, fhir.Errorf(fhir.Value, "a reference is written as id, Type/id or an absolute URL")
	}
	if p.anywhere {
		ref.URL, ref.Version, _ = strings.Cut(text, "|")
	}
	return []Operand{{Reference: ref}}, nil
}
