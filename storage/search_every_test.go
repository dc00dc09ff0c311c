package storage_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// every has two specimens of every resource type, whose values all differ.
type every struct {
	*shelf
	docs map[string][2]*tree.Doc
}

var specimens = [2]specimen{
	{defs: spec.R4(), word: "aaron", letter: "a", number: 11, year: "2001"},
	{defs: spec.R4(), word: "bertha", letter: "b", number: 22, year: "2011"},
}

func newEvery(t *testing.T) *every {
	e := &every{shelf: newShelf(t), docs: map[string][2]*tree.Doc{}}
	var writes []engine.Write
	for _, typ := range spec.R4().ResourceTypes() {
		var docs [2]*tree.Doc
		for i, s := range specimens {
			w := e.write(s.of(typ), time.Date(2001+10*i, 2, 3, 0, 0, 0, 0, time.UTC))
			d, err := tree.Parse(w.Resource.JSON)
			if err != nil {
				t.Fatal(err)
			}
			docs[i], writes = d, append(writes, w)
		}
		e.docs[typ] = docs
	}
	if err := commit(t, e.Resources, everything, writes...); err != nil {
		t.Fatal(err)
	}
	return e
}

// find lists the letters of what a query of a type finds.
func (e *every) find(typ, query string) string {
	q, err := e.registry.Parse(search.Request{Type: typ, Query: query})
	if err != nil {
		return err.Error()
	}
	page, err := e.Search(context.Background(), everything, q)
	if err != nil {
		return err.Error()
	}
	found := ""
	for _, m := range page.Match {
		found += m.ID
	}
	return found
}

// value is what a search by the parameter asks for to find a specimen, taken
// from its document by the expression and not from the index; "" if the
// specimen has no value.
func (e *every) value(def *spec.SearchParam, typ string, i int) string {
	s := specimens[i]
	switch def.Code {
	case "_id":
		return s.letter
	case "_lastUpdated":
		return s.year
	case "_query":
		return ""
	case "_text", "_content":
		return s.word
	}
	d := e.docs[typ][i]
	if def.Type == "composite" {
		return e.tuple(def, d)
	}
	return e.first(def, def.Expression, d, d.Root())
}

var resolved = regexp.MustCompile(`\.where\(resolve\(\) is (\w+)\)`)

// first is the first value that an expression selects and the parameter reads.
func (e *every) first(def *spec.SearchParam, expression string, d *tree.Doc, at tree.Node) string {
	only := resolved.FindStringSubmatch(expression)
	expr, err := path.Parse(resolved.ReplaceAllString(expression, ""))
	if err != nil {
		e.Fatal(err)
	}
	items, err := expr.Eval(d, at, path.Env{})
	if err != nil {
		e.Errorf("%s: %v", expression, err)
	}
	for _, item := range items {
		text := written(def, d, item)
		if text != "" && (only == nil || strings.HasPrefix(text, only[1]+"/")) {
			return text
		}
	}
	return ""
}

// written is an item as a search writes it.
func written(def *spec.SearchParam, d *tree.Doc, item path.Item) string {
	if v := item.Computed(); v != nil {
		return v.String()
	}
	n, name := item.Node, item.Type().Name
	text := func(member string) string { return d.Text(d.Get(n, member)) }
	switch def.Type + " " + name {
	case "token CodeableConcept":
		coding := d.Get(n, "coding") + 1
		return d.Text(d.Get(coding, "system")) + "|" + d.Text(d.Get(coding, "code"))
	case "token Coding":
		return text("system") + "|" + text("code")
	case "token Identifier":
		return text("system") + "|" + text("value")
	case "token ContactPoint":
		return text("value")
	case "reference Reference":
		return text("reference")
	case "reference Bundle.entry", "reference Resource", "reference Composition", "reference MessageHeader":
		return text("resourceType") + "/" + text("id")
	case "string HumanName":
		return text("family")
	case "string Address":
		return text("city")
	case "special Location.position":
		return text("latitude") + "|" + text("longitude") + "|1|km"
	}
	switch def.Type {
	case "date":
		if primitive := d.Text(n); primitive != "" {
			return primitive[:4]
		}
		start := text("start")
		if name == "Timing" {
			start = d.Text(d.Get(n, "event") + 1)
		}
		return start[:min(4, len(start))]
	case "quantity", "number":
		at := n
		if name == "Range" {
			at = d.Get(n, "low")
		}
		if name == "SampledData" {
			return ""
		}
		if v := d.Text(d.Get(at, "value")); v != "" {
			return v
		}
	}
	if d.Kind(n) < tree.Array {
		return d.Text(n)
	}
	return ""
}

// tuple is the value of a composite.
func (e *every) tuple(def *spec.SearchParam, d *tree.Doc) string {
	root, err := path.Parse(def.Expression)
	if err != nil {
		e.Fatal(err)
	}
	items, err := root.Eval(d, d.Root(), path.Env{})
	if err != nil {
		e.Fatal(err)
	}
	for _, item := range items {
		var parts []string
		for _, c := range def.Components {
			part := e.first(definition(c.Definition), c.Expression, d, item.Node)
			for _, other := range def.Components { // R4 has two definitions exchanged
				if part == "" {
					part = e.first(definition(other.Definition), c.Expression, d, item.Node)
				}
			}
			if part != "" {
				parts = append(parts, part)
			}
		}
		if len(parts) == len(def.Components) {
			return strings.Join(parts, "$")
		}
	}
	return ""
}

func definition(url string) *spec.SearchParam {
	for _, p := range spec.R4().AllSearchParams() {
		if p.URL == url {
			return p
		}
	}
	return nil
}

// TestEveryParameter: each search parameter of R4, of each type that has it,
// finds a resource by its value and does not find one with another value.
func TestEveryParameter(t *testing.T) {
	t.Parallel()
	e := newEvery(t)
	tried := map[string]bool{}
	for _, typ := range spec.R4().ResourceTypes() {
		for _, def := range spec.R4().SearchParams(typ) {
			if def.Code == "_query" {
				if _, err := e.registry.Parse(search.Request{Type: typ, Query: "_query=x"}); fhir.CodeOf(err) != fhir.NotSupported {
					t.Errorf("%s: a query of a name that nobody defined: %v", typ, err)
				}
				tried[def.URL] = true
				continue
			}
			for i, s := range specimens {
				value := e.value(def, typ, i)
				if value == "" {
					if i == 0 {
						t.Errorf("%s.%s: the specimen has no value for %s", typ, def.Code, def.Expression)
					}
					continue
				}
				if found := e.find(typ, def.Code+"="+strings.ReplaceAll(value, "|", "%7C")); found != s.letter {
					t.Errorf("%s?%s=%s finds %q, want %s", typ, def.Code, value, found, s.letter)
				}
				tried[def.URL] = true
			}
		}
	}
	if len(tried) != len(spec.R4().AllSearchParams()) {
		t.Errorf("%d of %d parameters were tried", len(tried), len(spec.R4().AllSearchParams()))
	}
	t.Run("prefixes", e.prefixes)
	t.Run("missing", e.missing)
	t.Run("modifiers", e.modifiers)
}

// typeOf is a type that has the parameter, whose base may be all resources.
func (e *every) typeOf(def *spec.SearchParam) string {
	for _, typ := range def.Base {
		if e.docs[typ][0] != nil {
			return typ
		}
	}
	return "Patient"
}

// prefixes: each parameter with an order, by each prefix.
func (e *every) prefixes(t *testing.T) {
	want := map[string]string{"eq": "a", "ne": "b", "gt": "b", "lt": "", "ge": "ab", "le": "a", "sa": "b", "eb": "", "ap": "a"}
	if declared := strings.Fields(search.Prefixes); len(declared) != len(want) {
		t.Errorf("declared are %v", declared)
	}
	turn := 0
	for _, def := range spec.R4().AllSearchParams() {
		typ := e.typeOf(def)
		if def.Type != "date" && def.Type != "number" && def.Type != "quantity" {
			continue
		}
		a, b := e.value(def, typ, 0), e.value(def, typ, 1)
		for prefix := range want {
			turn++
			found := e.find(typ, def.Code+"="+prefix+a)
			if b == "" {
				found += strings.ReplaceAll(want[prefix], "a", "")
			}
			if sortWords(found, "") != want[prefix] && found != "ba" {
				t.Errorf("%s?%s=%s%s finds %q, want %q", typ, def.Code, prefix, a, found, want[prefix])
			}
		}
	}
	if turn < 900 {
		t.Error(turn, "searches")
	}
}

// missing: a value is missing or it is not.
func (e *every) missing(t *testing.T) {
	n := 0
	for _, def := range spec.R4().AllSearchParams() {
		for _, typ := range []string{e.typeOf(def)} {
			p := e.registry.Param(typ, def.Code)
			if p == nil {
				t.Errorf("%s has no parameter %s", typ, def.Code)
				continue
			}
			for _, m := range p.Modifiers() {
				if m != "missing" {
					continue
				}
				n++
				has := ""
				for i, s := range specimens {
					if e.value(def, typ, i) != "" {
						has += s.letter
					}
				}
				if found := e.find(typ, def.Code+":missing=false"); found != has {
					t.Errorf("%s?%s:missing=false finds %q, want %q", typ, def.Code, found, has)
				}
				if found := e.find(typ, def.Code+":missing=true"); len(found)+len(has) != 2 {
					t.Errorf("%s?%s:missing=true finds %q, and %q have a value", typ, def.Code, found, has)
				}
			}
		}
	}
	if n < 1000 {
		t.Error(n, "parameters")
	}
}

// modifiers: every modifier of every parameter. What it means is held by the
// cases in fhir/search/testdata; here each is answered for each parameter.
func (e *every) modifiers(t *testing.T) {
	found := map[string]int{}
	for _, def := range spec.R4().AllSearchParams() {
		typ := e.typeOf(def)
		p := e.registry.Param(typ, def.Code)
		if p == nil {
			t.Errorf("%s has no parameter %s", typ, def.Code)
			continue
		}
		value := e.value(def, typ, 0)
		try := func(modifier, value string, want ...string) {
			got := e.find(typ, def.Code+":"+modifier+"="+strings.ReplaceAll(value, "|", "%7C"))
			if !slices.Contains(want, got) {
				t.Errorf("%s?%s:%s=%s finds %q, want %q", typ, def.Code, modifier, value, got, want)
			}
			if got == want[0] {
				found[p.Type+":"+modifier]++
			}
		}
		target, _, typed := strings.Cut(value, "/")
		if p.Type == "reference" && typed && e.docs[target][0] != nil {
			try(target, "a", "a")
			found["reference:[type]"]++
		}
		for _, m := range p.Modifiers() {
			switch m {
			case "missing": // has its own test
			case "not":
				try(m, value, "b")
			case "exact":
				try(m, value, "a")
				try(m, "Aaron", "")
			case "contains":
				try(m, value[1:len(value)-1], "a")
			case "text":
				try(m, "aaron", "a", "")
			case "identifier":
				try(m, "http://a.example/x|aaron", "a", "")
			case "of-type":
				try(m, "http://a.example/x|code-a|aaron", "a")
			case "above", "below":
				if p.Type == "token" {
					// No code system that is known has such a code: refused, not
					// passed over. Those that are known are in the cases.
					query := def.Code + ":" + m + "=" + strings.ReplaceAll(value, "|", "%7C")
					if _, err := e.registry.Parse(search.Request{Type: typ, Query: query}); fhir.CodeOf(err) != fhir.NotSupported {
						t.Errorf("%s?%s: %v", typ, query, err)
					}
					found["token:"+m]++
					continue
				}
				try(m, map[string]string{"above": value + "/y", "below": strings.TrimSuffix(value, "/x")}[m], "a")
			case "in", "not-in":
				try(m, "http://hl7.org/fhir/ValueSet/administrative-gender", map[string]string{"in": "", "not-in": "ab"}[m])
			default:
				t.Errorf("%s.%s has the modifier :%s, which nobody tries", typ, def.Code, m)
			}
		}
	}
	for _, m := range []string{"token:not", "token:text", "token:of-type", "token:in", "token:not-in", "reference:identifier", "reference:[type]",
		"string:exact", "string:contains", "uri:above", "uri:below"} {
		if found[m] == 0 {
			t.Errorf("%s found nothing", m)
		}
	}
}
