package terminology

import (
	"context"
	"net/url"
	"slices"

	"github.com/webdoctor/webdoctor/fhir"
)

// http://hl7.org/fhir/R4/conceptmap-operation-translate.html

// translation is a request to translate a code.
type translation struct {
	*view
	codings      []Coding
	source       string // canonical URLs of value sets
	target       string
	system       string // the code system to translate into
	reverse      bool
	dependencies []dependency
	matches      []match
	known        bool // some map is about these systems
}

// match is what a code becomes, by one map.
type match struct {
	equivalence string
	concept     Coding
	products    []dependency
	source      string
}

// translate answers ConceptMap/$translate.
func (r *Registry) translate(ctx context.Context, svc fhir.Service, op fhir.Operation) (fhir.Result, error) {
	v, list, err := r.begin(ctx, svc, op, "",
		"url", "conceptMap", "conceptMapVersion", "code", "system", "version", "source", "coding", "codeableConcept", "target", "targetsystem", "dependency", "reverse")
	if err != nil {
		return fhir.Result{}, err
	}
	t := &translation{view: v}
	p, err := v.subject(op, list, mapType, "url", "conceptMapVersion", "conceptMap")
	if err != nil {
		return fhir.Result{}, err
	}
	if err := t.read(list); err != nil {
		return fhir.Result{}, err
	}
	var maps []*Map
	if p != nil {
		maps = append(maps, p.mapping)
	} else if maps, err = t.candidates(); err != nil {
		return fhir.Result{}, err
	}
	for _, c := range t.codings {
		for _, m := range maps {
			if err := t.apply(m, c, nil); err != nil {
				return fhir.Result{}, err
			}
		}
	}
	return t.result()
}

// read reads what is to be translated, and into what.
func (t *translation) read(list arguments) (err error) {
	if t.codings, err = list.questions("version"); err != nil {
		return err
	}
	for _, c := range t.codings {
		if c.System == "" {
			return fhir.Errorf(fhir.Required, "a code is one of a code system").At("system")
		}
	}
	for _, a := range []struct {
		name string
		to   *string
	}{{"source", &t.source}, {"target", &t.target}, {"targetsystem", &t.system}} {
		if *a.to, err = list.text(a.name); err != nil {
			return err
		}
	}
	if t.reverse, _, err = list.flag("reverse"); err != nil {
		return err
	}
	for _, a := range list {
		if a.name != "dependency" {
			continue
		}
		if a.kind != "Part" {
			return fhir.Errorf(fhir.Value, "a dependency has the parts element and concept").At("dependency")
		}
		for _, part := range items(a.doc, a.node, "part") {
			node, _ := value(a.doc, part)
			switch text(a.doc, part, "name") {
			case "element":
				t.dependencies = append(t.dependencies, dependency{property: a.doc.Text(node)})
			case "concept":
				for _, item := range items(a.doc, node, "coding") {
					if n := len(t.dependencies); n > 0 {
						c := readCoding(a.doc, item)
						t.dependencies[n-1].system, t.dependencies[n-1].value = c.System, c.Code
					}
				}
			}
		}
	}
	return nil
}

// candidates are the maps from the system of a code, when none is named: those
// of R4 and those that are stored.
func (t *translation) candidates() ([]*Map, error) {
	var maps []*Map
	add := func(p *parsed) {
		m := p.mapping
		source, target := m.source, m.target
		if t.reverse {
			source, target = target, source
		}
		if suitsValueSet(t.source, source) && suitsValueSet(t.target, target) && !slices.Contains(maps, m) && t.about(m) {
			maps = append(maps, m)
		}
	}
	param := "source-system="
	if t.reverse {
		param = "target-system="
	}
	for _, c := range t.codings {
		stored, err := t.storedBy(mapType, param+url.QueryEscape(escapeValue.Replace(c.System)))
		if err != nil {
			return nil, err
		}
		for _, p := range stored {
			add(p)
		}
	}
	for _, c := range t.definitions.Canonicals() {
		if c.Type != mapType {
			continue
		}
		p, err := t.load(c)
		if err != nil {
			return nil, err
		}
		add(p)
	}
	return maps, nil
}

// about says whether a map has a group from the system of a code.
func (t *translation) about(m *Map) bool {
	return slices.ContainsFunc(t.codings, func(c Coding) bool {
		return slices.ContainsFunc(m.groups, func(g group) bool {
			if t.reverse {
				return g.target == c.System
			}
			return g.source == c.System
		})
	})
}

// suitsValueSet says whether a map's value set is the one that is asked for,
// if any is.
func suitsValueSet(wanted, has string) bool {
	if wanted == "" || wanted == has {
		return true
	}
	url, version := split(has)
	return version != "" && wanted == url
}

// apply translates a code by one map. Maps that send what they do not list on
// to others must not do so in a circle.
func (t *translation) apply(m *Map, c Coding, through []*Map) error {
	for i := range m.groups {
		g := &m.groups[i]
		from, to := g.source, g.target
		if t.reverse {
			from, to = to, from
		}
		if from != c.System || t.system != "" && t.system != to {
			continue
		}
		t.known = true
		if t.reverse {
			if err := t.backward(m, g, c); err != nil {
				return err
			}
			continue
		}
		if err := t.forward(m, g, c, through); err != nil {
			return err
		}
	}
	return nil
}

func (t *translation) forward(m *Map, g *group, c Coding, through []*Map) error {
	listed := false
	for _, e := range g.elements {
		if err := t.spend(); err != nil {
			return err
		}
		if e.code != c.Code {
			continue
		}
		listed = true
		for _, to := range e.targets {
			if !t.depends(to) {
				continue
			}
			t.add(match{to.equivalence, Coding{g.target, g.targetVersion, to.code, to.display}, to.products, m.URL})
		}
	}
	if listed || g.unmapped == nil {
		return nil
	}
	switch g.unmapped.mode {
	case "provided":
		t.add(match{"equal", Coding{g.target, g.targetVersion, c.Code, c.Display}, nil, m.URL})
	case "fixed":
		t.add(match{"inexact", Coding{g.target, g.targetVersion, g.unmapped.code, g.unmapped.display}, nil, m.URL})
	case "other-map":
		name, version := split(g.unmapped.url)
		p, err := t.find(mapType, name, version)
		if err != nil || p == nil {
			return err
		}
		if through = append(through, m); !slices.Contains(through, p.mapping) {
			return t.apply(p.mapping, c, through)
		}
	}
	return nil
}

// reversed is how the source of a mapping stands to its target, if the target
// stands so to the source.
var reversed = map[string]string{"wider": "narrower", "narrower": "wider", "subsumes": "specializes", "specializes": "subsumes"}

func (t *translation) backward(m *Map, g *group, c Coding) error {
	for _, e := range g.elements {
		for _, to := range e.targets {
			if err := t.spend(); err != nil {
				return err
			}
			if to.code != c.Code || !t.depends(to) {
				continue
			}
			equivalence := to.equivalence
			if other := reversed[equivalence]; other != "" {
				equivalence = other
			}
			t.add(match{equivalence, Coding{g.source, g.sourceVersion, e.code, e.display}, nil, m.URL})
		}
	}
	return nil
}

// depends says whether what a mapping depends on was given.
func (t *translation) depends(to target) bool {
	return !slices.ContainsFunc(to.dependsOn, func(d dependency) bool {
		return !slices.ContainsFunc(t.dependencies, func(given dependency) bool {
			return given.property == d.property && given.value == d.value && (d.system == "" || given.system == d.system)
		})
	})
}

func (t *translation) add(m match) {
	if m.equivalence == "" {
		m.equivalence = "equivalent"
	}
	same := func(o match) bool {
		return o.equivalence == m.equivalence && o.concept == m.concept && o.source == m.source
	}
	if !slices.ContainsFunc(t.matches, same) {
		t.matches = append(t.matches, m)
	}
}

// result writes the matches. There is a translation if one of them is a code
// that has something to do with the one that was given.
func (t *translation) result() (fhir.Result, error) {
	result := slices.ContainsFunc(t.matches, func(m match) bool {
		return m.concept.Code != "" && m.equivalence != "unmatched" && m.equivalence != "disjoint"
	})
	out := []parameter{{Name: "result", Boolean: &result}}
	switch {
	case result:
	case len(t.matches) > 0:
		out = append(out, parameter{Name: "message", String: "the concept maps say that there is no such code"})
	case t.known:
		out = append(out, parameter{Name: "message", String: "the concept maps do not say what becomes of the code"})
	default:
		out = append(out, parameter{Name: "message", String: "no concept map that is known here is about these code systems"})
	}
	for _, m := range t.matches {
		part := []parameter{{Name: "equivalence", Code: m.equivalence}}
		if m.concept.Code != "" {
			if m.concept.Display == "" {
				m.concept.Display = t.called(m.concept)
			}
			part = append(part, parameter{Name: "concept", Coding: m.concept.written()})
		}
		for _, p := range m.products {
			part = append(part, parameter{Name: "product", Part: []parameter{
				{Name: "element", URI: p.property}, {Name: "concept", Coding: Coding{System: p.system, Code: p.value, Display: p.display}.written()},
			}})
		}
		out = append(out, parameter{Name: "match", Part: with(part, parameter{Name: "source", URI: m.source})})
	}
	return answer(out)
}

// called is the display of a code, "" if it is not known.
func (v *view) called(c Coding) string {
	s, err := v.system(c.System, c.Version)
	if err != nil || s == nil {
		return ""
	}
	if at, ok := s.find(c.Code); ok {
		return s.concepts[at].Display
	}
	return ""
}
