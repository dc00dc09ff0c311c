package validate_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
	"github.com/webdoctor/webdoctor/fhir/validate"
)

// seeds are the hand-made resources of testdata/valid.
func seeds(t testing.TB) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob("testdata/valid/*.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("no seeds: %v", err)
	}
	all := map[string][]byte{}
	for _, name := range names {
		if all[strings.TrimSuffix(filepath.Base(name), ".json")], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// TestSeedsAreValid holds that nothing is wrong before it is made wrong.
func TestSeedsAreValid(t *testing.T) {
	t.Parallel()
	for name, src := range seeds(t) {
		for _, is := range validator.Structure(parse(t, string(src))) {
			t.Errorf("%s: %+v", name, is)
		}
	}
}

// TestMutationsAreCaught breaks each seed in every way at every place where
// the definitions allow to, one at a time. Each must be caught with the right
// code at the right expression, and nothing may be said about elsewhere.
func TestMutationsAreCaught(t *testing.T) {
	t.Parallel()
	for name, src := range seeds(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dec := json.NewDecoder(bytes.NewReader(src))
			dec.UseNumber()
			var root map[string]any
			if err := dec.Decode(&root); err != nil {
				t.Fatal(err)
			}
			m := &mutator{t: t, root: root, kinds: map[string]int{}}
			m.resource(root, root["resourceType"].(string))
			if len(m.kinds) < 15 {
				t.Errorf("only these mutations: %v", m.kinds)
			}
			t.Log(m.kinds)
		})
	}
}

// mutator changes a document in place, one mutation at a time.
type mutator struct {
	t     *testing.T
	root  map[string]any
	kinds map[string]int
}

// check holds the document as it now is: code and at must be found, and
// whatever else is found must lie at or below around.
func (m *mutator) check(kind string, code fhir.Code, at, around string) {
	m.t.Helper()
	m.kinds[kind]++
	src, err := json.Marshal(m.root)
	if err != nil {
		m.t.Fatal(err)
	}
	d, err := tree.Parse(src)
	if err != nil {
		m.t.Fatalf("%s at %s: %v", kind, at, err)
	}
	caught := false
	issues := validator.Structure(d)
	for _, is := range issues {
		caught = caught || is.Code == code && is.Expression == at
		if !strings.HasPrefix(is.Expression, around) {
			m.t.Errorf("%s at %s: a word about %s: %s", kind, at, is.Expression, is.Message)
		}
	}
	if !caught {
		m.t.Errorf("%s: want %s %s, got %v", kind, code, at, issues)
	}
	// The whole check says the same, and more about what that entails.
	whole := validator.Strict(d, validate.Options{Max: 100})
	if !slices.ContainsFunc(whole, func(is fhir.Issue) bool { return is.Code == code && is.Expression == at }) {
		m.t.Errorf("%s: want %s %s of Strict, got %v", kind, code, at, whole)
	}
}

// with sets a member, checks, and puts back what was there.
func (m *mutator) with(obj map[string]any, key string, value any, kind string, code fhir.Code, at, around string) {
	m.t.Helper()
	old, was := obj[key]
	obj[key] = value
	m.check(kind, code, at, around)
	if delete(obj, key); was {
		obj[key] = old
	}
}

func (m *mutator) resource(obj map[string]any, path string) {
	name := obj["resourceType"].(string)
	self := path // once it no longer says its type
	if !strings.Contains(path, ".") {
		self = "$this"
	}
	m.with(obj, "resourceType", strings.ToLower(name), "resource type in another case", fhir.Value, self+".resourceType", self)
	m.with(obj, "resourceType", "Nothing", "unknown resource type", fhir.Value, self+".resourceType", self)
	m.with(obj, "resourceType", json.Number("7"), "resource type is a number", fhir.Malformed, self+".resourceType", self)
	delete(obj, "resourceType")
	m.check("no resource type", fhir.Required, self+".resourceType", self)
	obj["resourceType"] = name
	m.object(obj, spec.R4().Type(name), path)
}

func (m *mutator) object(obj map[string]any, typ *spec.Type, path string) {
	m.with(obj, "bogus", "x", "extra name", fhir.Malformed, path+".bogus", path)
	m.with(obj, "no name", "x", "extra name that is none", fhir.Malformed, path, path)
	keys := make([]string, 0, len(obj))
	for key := range obj {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		if key == "resourceType" && typ.Kind == spec.Resource {
			continue
		}
		bare, sibling := strings.CutPrefix(key, "_")
		el, code := typ.Element(bare)
		p := property{obj: obj, key: key, typ: typ, el: el, code: code, parent: path, at: path + "." + el.Name}
		if el.Choice {
			p.at += ".ofType(" + code + ")"
		}
		p.content = el.Content
		if p.content == nil {
			p.content = spec.R4().Type(code)
		}
		m.named(p)
		m.shaped(p)
		if !sibling {
			m.chosen(p)
			m.typed(p)
		} else if items, ok := obj[key].([]any); ok {
			for i, item := range items {
				if ext, ok := item.(map[string]any); ok {
					m.object(ext, p.content, p.at+"["+strconv.Itoa(i)+"]")
				}
			}
		} else {
			m.object(obj[key].(map[string]any), p.content, p.at)
		}
	}
}

// property is a member of an object that is about to be broken.
type property struct {
	obj        map[string]any
	key        string
	typ        *spec.Type // of the object
	el         *spec.Element
	code       string
	content    *spec.Type
	parent, at string
}

// named breaks the name and the presence.
func (m *mutator) named(p property) {
	old := p.obj[p.key]
	delete(p.obj, p.key)
	if _, sibling := p.obj["_"+p.key]; p.el.Min > 0 && p.key[0] != '_' && !sibling && len(p.obj) > 0 {
		m.check("missing", fhir.Required, p.parent+"."+p.el.Name, p.parent)
	}
	r := []rune(strings.TrimPrefix(p.key, "_"))
	other := string(append([]rune{unicode.ToUpper(r[0])}, r[1:]...))
	if p.key[0] == '_' {
		other = "_" + other
	}
	m.with(p.obj, other, old, "another case", fhir.Malformed, p.parent+"."+other, p.parent)
	m.with(p.obj, strings.ToUpper(p.key), old, "upper case", fhir.Malformed, p.parent+"."+strings.ToUpper(p.key), p.parent)
	p.obj[p.key] = old
}

// shaped breaks array, object and null.
func (m *mutator) shaped(p property) {
	value := p.obj[p.key]
	m.with(p.obj, p.key, nil, "null", fhir.Malformed, p.at, p.parent)
	if p.key[0] != '_' && p.content.Kind != spec.Primitive {
		m.with(p.obj, "_"+p.key, map[string]any{"id": "a"}, "sibling of an object", fhir.Malformed, p.at, p.at)
	}
	if p.el.Max == 1 {
		m.with(p.obj, p.key, []any{value}, "array for one", fhir.Malformed, p.at, p.parent)
		return
	}
	items := value.([]any)
	m.with(p.obj, p.key, items[0], "one for many", fhir.Malformed, p.at, p.parent)
	m.with(p.obj, p.key, []any{}, "empty array", fhir.Malformed, p.at, p.parent)
	m.with(p.obj, p.key, append(slices.Clone(items), []any{"x"}), "array in an array", fhir.Malformed, p.at+"["+strconv.Itoa(len(items))+"]", p.at)
	m.with(p.obj, p.key, append(slices.Clone(items), nil), "null in an array", fhir.Malformed, p.at+"["+strconv.Itoa(len(items))+"]", p.at)
}

// chosen adds a second variant of a choice. Members are written in the order
// of their names, and the later one is to blame.
func (m *mutator) chosen(p property) {
	if !p.el.Choice {
		return
	}
	for _, ref := range p.el.Types {
		other := p.el.Name + strings.ToUpper(ref.Code[:1]) + ref.Code[1:]
		if other == p.key {
			continue
		}
		at := p.at
		if other > p.key {
			at = p.parent + "." + p.el.Name + ".ofType(" + ref.Code + ")"
		}
		m.with(p.obj, other, map[string]any{"id": "a"}, "two of a choice", fhir.Malformed, at, p.parent+"."+p.el.Name)
	}
}

// typed breaks each value and goes on into it.
func (m *mutator) typed(p property) {
	items, many := p.obj[p.key].([]any)
	if !many {
		items = []any{p.obj[p.key]}
	}
	for i, item := range items {
		at := p.at
		set := func(value any, kind string, code fhir.Code) {
			m.t.Helper()
			if !many {
				m.with(p.obj, p.key, value, kind, code, at, at)
				return
			}
			all := slices.Clone(items)
			all[i] = value
			m.with(p.obj, p.key, all, kind, code, at, at)
		}
		if many {
			at += "[" + strconv.Itoa(i) + "]"
		}
		switch {
		case item == nil:
		case p.content.Kind == spec.Primitive:
			m.primitive(p, item, set)
		default:
			set("x", "text for an object", fhir.Malformed)
			set(true, "boolean for an object", fhir.Malformed)
			obj := item.(map[string]any)
			if p.content.Kind == spec.Resource {
				m.resource(obj, at)
				continue
			}
			set(map[string]any{}, "empty object", fhir.Malformed)
			m.object(obj, p.content, at)
		}
	}
}

// wrong are texts that a primitive type does not have.
var wrong = map[string][]any{
	"base64Binary": {"a", "QUJ", "QUJ_", "Q=Q="}, "canonical": {"a b"}, "code": {" a", "a  b", "a "},
	"date":     {"2001-02-29", "2001-13", "2001-00-01", "01/02/2001", "2001-1-1", "20010101", "2001-01-01T00:00:00Z", "0000"},
	"dateTime": {"2001-02-29", "2001-02-29T00:00:00Z", "2001-01-01T24:00:00Z", "2001-01-01T00:00:00", "2001-01-01T10:00Z", "2001-01-01 00:00:00Z", "2001-04-31"},
	"id":       {"a_b", "a/b", strings.Repeat("a", 65)}, "instant": {"2001-01-01", "2001-02-29T00:00:00Z", "2001-01-01T00:00:00"},
	"integer": {json.Number("1.5"), json.Number("2147483648"), json.Number("1e3")}, "markdown": {"a\fb"}, "oid": {"1.2.3", "urn:oid:9.1"},
	"positiveInt": {json.Number("0"), json.Number("-1"), json.Number("1.0")}, "string": {"a\fb"}, "time": {"24:00:00", "10:00", "10:00:00Z"},
	"unsignedInt": {json.Number("-1"), json.Number("2147483648")}, "uri": {"a b"}, "url": {"a b", "a\n"},
	"uuid": {"c757873d-ec9a-4326-a141-556f43239520", "urn:uuid:x"}, "xhtml": {"<p></p>", "text"}, "boolean": nil, "decimal": nil,
}

func (m *mutator) primitive(p property, item any, set func(any, string, fhir.Code)) {
	texts, known := wrong[p.code]
	if !known {
		m.t.Fatalf("no wrong texts for %s", p.code)
	}
	for _, text := range texts {
		set(text, "wrong "+p.code, fhir.Value)
	}
	set(map[string]any{"value": item}, "object for a primitive", fhir.Malformed)
	facts, _ := spec.R4().Primitive(p.code)
	for kind, value := range map[string]any{"string": "1", "number": json.Number("1"), "boolean": true} {
		if kind != facts.JSON {
			set(value, kind+" for a "+facts.JSON, fhir.Malformed)
		}
	}
	if facts.JSON == "string" {
		set("", "empty text", fhir.Value)
	}
	if b := p.el.Binding; p.code == "code" && b != nil && b.Strength == "required" {
		if _, ok := spec.R4().Codes(b.ValueSet); ok {
			set("no-such-code", "wrong code", fhir.CodeInvalid)
			set(strings.ToUpper(item.(string))+"x", "wrong code", fhir.CodeInvalid)
		}
	}
}

// TestEveryType gives each resource type nothing and asks for exactly the
// elements it cannot do without. It also builds every shape there is.
func TestEveryType(t *testing.T) {
	t.Parallel()
	for _, name := range spec.R4().ResourceTypes() {
		var want []string
		for _, el := range spec.R4().Type(name).Elements {
			if el.Min > 0 {
				want = append(want, "required "+name+"."+el.Name)
			}
		}
		if got := found(validator.Structure(parse(t, `{"resourceType":"`+name+`"}`))); got != strings.Join(want, "\n") {
			t.Errorf("%s: got\n%s", name, got)
		}
	}
}

// TestMaxima holds what the walk relies on: an element of R4 must not occur,
// occurs once, or repeats without end.
func TestMaxima(t *testing.T) {
	t.Parallel()
	seen := map[*spec.Type]bool{}
	var visit func(*spec.Type)
	visit = func(typ *spec.Type) {
		if typ == nil || seen[typ] {
			return
		}
		seen[typ] = true
		for _, el := range typ.Elements {
			if el.Max < -1 || el.Max > 1 {
				t.Errorf("%s.%s has a maximum of %d", typ.Name, el.Name, el.Max)
			}
			visit(el.Content)
			for _, ref := range el.Types {
				visit(spec.R4().Type(ref.Code))
				visit(spec.R4().Type(ref.Profile))
			}
		}
	}
	for _, name := range spec.R4().ResourceTypes() {
		visit(spec.R4().Type(name))
	}
	if len(seen) < 600 {
		t.Errorf("visited only %d types", len(seen))
	}
}
