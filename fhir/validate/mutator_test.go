package validate_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
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

// mutator changes a document in place, one mutation at a time.
type mutator struct {
	t     *testing.T
	root  map[string]any
	kinds map[string]int // how often each was tried

	// Of a sample: only mutations whose number is in pick are tried; the first
	// run only counts them.
	sample bool
	pick   map[int]bool
	seen   int
}

// mutated tries every mutation of a document, or so many of them, by a choice
// that is the same each time.
func mutated(t *testing.T, src []byte, most int) map[string]int {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(src))
	dec.UseNumber()
	var root map[string]any
	if err := dec.Decode(&root); err != nil {
		t.Fatal(err)
	}
	m := &mutator{t: t, root: root, kinds: map[string]int{}, sample: most > 0}
	if m.sample {
		m.resource(root, root["resourceType"].(string))
		rng := rand.New(rand.NewPCG(uint64(len(src)), 1))
		m.pick = map[int]bool{}
		for range most {
			m.pick[rng.IntN(m.seen)] = true
		}
		m.seen = 0
	}
	m.resource(root, root["resourceType"].(string))
	return m.kinds
}

// skips says whether the next mutation is none of the sample.
func (m *mutator) skips() bool {
	m.seen++
	return m.sample && !m.pick[m.seen-1]
}

// written is the document as it now is.
func (m *mutator) written(kind, at string) *tree.Doc {
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
	return d
}

// check holds the document as it now is: code and at must be found, and
// whatever else is found must lie at or below around.
func (m *mutator) check(kind string, code fhir.Code, at, around string) {
	m.t.Helper()
	if m.skips() {
		return
	}
	d := m.written(kind, at)
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
	m.whole(d, kind, code, at)
}

func (m *mutator) whole(d *tree.Doc, kind string, code fhir.Code, at string) {
	m.t.Helper()
	all := validator.Strict(d, validate.Options{Max: 1000})
	if !slices.ContainsFunc(all, func(is fhir.Issue) bool { return is.Code == code && is.Expression == at }) {
		m.t.Errorf("%s: want %s %s of Strict, got %v", kind, code, at, all)
	}
}

// deeper sets a member whose structure is right, and holds that the whole
// check catches what is wrong all the same.
func (m *mutator) deeper(set func(value any) (undo func()), value any, kind string, code fhir.Code, at string) {
	m.t.Helper()
	if m.skips() {
		return
	}
	undo := set(value)
	m.whole(m.written(kind, at), kind, code, at)
	undo()
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
	around := p.parent
	if p.typ.Kind == spec.Primitive {
		// What has nothing but an extension is missed where it should be.
		around = around[:strings.LastIndexByte(around, '.')]
		if i := strings.LastIndexByte(around, '.'); strings.HasSuffix(p.parent, ")") && i > 0 {
			around = around[:i]
		}
	}
	m.with(p.obj, other, old, "another case", fhir.Malformed, p.parent+"."+other, around)
	m.with(p.obj, strings.ToUpper(p.key), old, "upper case", fhir.Malformed, p.parent+"."+strings.ToUpper(p.key), around)
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
	m.with(p.obj, p.key, map[string]any{"id": "a"}, "object for an array", fhir.Malformed, p.at, p.parent)
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
			m.meant(p, i, many, items, at)
			m.object(obj, p.content, at)
		}
	}
}

// meant breaks what an object means while its structure stays right.
func (m *mutator) meant(p property, i int, many bool, items []any, at string) {
	set := func(value any) func() {
		old := p.obj[p.key]
		if !many {
			p.obj[p.key] = value
		} else {
			all := slices.Clone(items)
			all[i] = value
			p.obj[p.key] = all
		}
		return func() { p.obj[p.key] = old }
	}
	ref := p.el.Types[slices.IndexFunc(p.el.Types, func(r spec.TypeRef) bool { return r.Code == p.code })]
	coding := map[string]any{"system": "urn:x", "code": "no-such-code"}
	known := false
	if b := p.el.Binding; b != nil && b.Strength == "required" {
		_, known = spec.R4().Codes(b.ValueSet)
	}
	switch p.code {
	case "Coding":
		if known {
			m.deeper(set, coding, "wrong concept", fhir.CodeInvalid, at)
		}
	case "CodeableConcept":
		if known {
			m.deeper(set, map[string]any{"coding": []any{coding}}, "wrong concept", fhir.CodeInvalid, at)
		}
	case "Reference":
		m.deeper(set, map[string]any{"reference": "nonsense"}, "no reference", fhir.Value, at+".reference")
		m.deeper(set, map[string]any{"reference": "#no-such"}, "nothing contained", fhir.Value, at+".reference")
		if !ref.Allows("SubstancePolymer") {
			m.deeper(set, map[string]any{"reference": "SubstancePolymer/1"}, "another target", fhir.Invalid, at+".reference")
		}
	case "Narrative":
		m.deeper(set, map[string]any{"status": "generated", "div": "<div>a</div>"}, "no namespace", fhir.Invariant, at+".div")
	case "Extension":
		if p.typ.Name == "Extension" {
			return // one inside another has a name
		}
		m.deeper(set, map[string]any{"url": "no-scheme", "valueCode": "a"}, "relative url", fhir.Extension, at+".url")
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
