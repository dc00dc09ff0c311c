package terminology

import (
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir/tree"
)

// http://hl7.org/fhir/R4/codesystem.html

// System is a code system.
type System struct {
	meta
	Content     string // complete, fragment, example, not-present or supplement
	ValueSet    string // canonical URL of the value set of all its codes
	Supplements string
	Language    string
	Meaning     string // hierarchyMeaning
	folded      bool   // case does not matter
	properties  map[string]property
	used        map[string]bool // properties that some concept has
	concepts    []concept
	index       map[string]int32
	names       map[string]string   // while it is read
	supplements []*System           // what others add to the concepts
	grammar     func(string) Answer // of a system that is defined by rules instead of a list
}

// property is what a code system declares about its concepts.
type property struct{ URI, Type string }

// concept is a code with what is said about it. Its parents and children are
// positions in the list.
type concept struct {
	Code, Display, Definition string
	Designations              []designation
	Properties                []attribute
	parents, children         []int32
	inactive, abstract        bool
}

// designation is another way to call a code.
type designation struct {
	Language string
	Use      Coding
	Value    string
}

// attribute is one value of a property of a concept: a text, or a coding.
type attribute struct {
	Code   string
	Type   string // the x of value[x]
	Text   string
	Coding *Coding // nil if it is none
}

// readSystem reads a CodeSystem resource.
func readSystem(d *tree.Doc) *System {
	root := d.Root()
	s := &System{
		meta: readMeta(d), Content: text(d, root, "content"), ValueSet: text(d, root, "valueSet"), Supplements: text(d, root, "supplements"),
		Language: text(d, root, "language"), Meaning: text(d, root, "hierarchyMeaning"), folded: text(d, root, "caseSensitive") == "false",
		properties: map[string]property{}, used: map[string]bool{}, index: map[string]int32{},
	}
	for _, p := range items(d, root, "property") {
		s.properties[text(d, p, "code")] = property{URI: text(d, p, "uri"), Type: text(d, p, "type")}
	}
	s.read(d, root, -1)
	s.names = nil
	s.relate()
	return s
}

// read reads the concepts below a node. Of a code that stands there twice the
// first counts.
func (s *System) read(d *tree.Doc, n tree.Node, parent int32) {
	for _, item := range items(d, n, "concept") {
		at := int32(len(s.concepts))
		c := concept{Code: text(d, item, "code"), Display: text(d, item, "display"), Definition: text(d, item, "definition")}
		c.Designations = readDesignations(d, item)
		for _, p := range items(d, item, "property") {
			node, x := value(d, p)
			v := attribute{Code: s.name(text(d, p, "code")), Type: s.name(x), Text: d.Text(node)}
			if x == "Coding" {
				coding := readCoding(d, node)
				v.Coding, v.Text = &coding, coding.Code
			}
			c.Properties = append(c.Properties, v)
		}
		if parent >= 0 {
			c.parents = []int32{parent}
		}
		s.concepts = append(s.concepts, c)
		if _, twice := s.index[s.fold(c.Code)]; !twice {
			s.index[s.fold(c.Code)] = at
		}
		if parent >= 0 {
			s.concepts[parent].children = append(s.concepts[parent].children, at)
		}
		s.read(d, item, at)
	}
}

// name is a text that many concepts have, kept once.
func (s *System) name(text string) string {
	if s.names == nil {
		s.names = map[string]string{}
	}
	if kept, ok := s.names[text]; ok {
		return kept
	}
	if len(s.names) < 1000 {
		s.names[text] = text
	}
	return text
}

func readDesignations(d *tree.Doc, n tree.Node) []designation {
	var list []designation
	for _, item := range items(d, n, "designation") {
		list = append(list, designation{Language: text(d, item, "language"), Use: readCoding(d, d.Get(item, "use")), Value: text(d, item, "value")})
	}
	return list
}

// relate reads what properties say about the hierarchy and about the use of
// the concepts (codesystem-concept-properties.html).
func (s *System) relate() {
	for i := range s.concepts {
		c := &s.concepts[i]
		for _, p := range c.Properties {
			s.used[p.Code] = true
			switch s.standard(p.Code) {
			case "parent", "subsumedBy":
				s.link(s.index, p.Text, int32(i), false)
			case "child":
				s.link(s.index, p.Text, int32(i), true)
			case "inactive":
				c.inactive = p.Text == "true"
			case "status":
				if p.Text == "retired" || p.Text == "inactive" {
					c.inactive = true
				}
			case "notSelectable", "abstract":
				c.abstract = p.Text == "true"
			}
		}
	}
}

// link makes one of the two concepts the parent of the other.
func (s *System) link(index map[string]int32, code string, at int32, below bool) {
	parent, ok := index[s.fold(code)]
	if !ok || parent == at {
		return
	}
	child := at
	if below {
		parent, child = child, parent
	}
	parents, children := s.concepts[child].parents, s.concepts[parent].children
	if len(parents) < len(children) && slices.Contains(parents, parent) || len(parents) >= len(children) && slices.Contains(children, child) {
		return
	}
	s.concepts[parent].children = append(s.concepts[parent].children, child)
	s.concepts[child].parents = append(s.concepts[child].parents, parent)
}

// standard is the name that FHIR has for a property, which the system may
// call otherwise.
func (s *System) standard(code string) string {
	if name, ok := strings.CutPrefix(s.properties[code].URI, "http://hl7.org/fhir/concept-properties#"); ok {
		return name
	}
	return code
}

func (s *System) fold(code string) string {
	if s.folded {
		return strings.ToLower(code)
	}
	return code
}

// find is the position of a code.
func (s *System) find(code string) (int32, bool) {
	at, ok := s.index[s.fold(code)]
	return at, ok && code != ""
}

// has says whether the system has the code.
func (s *System) has(code string) Membership {
	if at, ok := s.find(code); ok {
		c := &s.concepts[at]
		return Membership{Answer: Yes, Display: c.Display, Inactive: c.inactive, Abstract: c.abstract}
	}
	if s.grammar != nil {
		switch s.grammar(code) {
		case Yes:
			return Membership{Answer: Yes}
		case No:
			return no("the code is not one of the code system " + s.URL)
		}
		return unknown("whether " + s.URL + " has the code is not known here")
	}
	switch s.Content {
	case "complete":
		return no("the code is not one of the code system " + s.URL)
	case "fragment":
		return unknown("of the code system " + s.URL + " only a fragment is known, which does not have the code")
	}
	return unknown("the codes of the code system " + s.URL + " are not known here")
}

// hierarchical says whether a concept that stands below another is one.
func (s *System) hierarchical() bool {
	return s.Meaning != "grouped-by" && s.Meaning != "part-of"
}

// walk visits a concept and all above it, or below it, each once, until stop
// says so.
func (s *System) walk(at int32, up bool, stop func(int32) bool) bool {
	seen := map[int32]bool{at: true}
	queue := []int32{at}
	for len(queue) > 0 {
		at, queue = queue[0], queue[1:]
		if stop(at) {
			return true
		}
		next := s.concepts[at].children
		if up {
			next = s.concepts[at].parents
		}
		for _, n := range next {
			if !seen[n] {
				seen[n] = true
				queue = append(queue, n)
			}
		}
	}
	return false
}

// subsumes says whether a is b or above it, and how many concepts it looked at.
func (s *System) subsumes(a, b int32) (yes bool, steps int) {
	for range len(s.concepts) { // mostly there is one parent
		steps++
		switch {
		case a == b:
			return true, steps
		case len(s.concepts[b].parents) == 0:
			return false, steps
		case len(s.concepts[b].parents) > 1:
			yes = s.walk(b, true, func(at int32) bool { steps++; return at == a })
			return yes, steps
		}
		b = s.concepts[b].parents[0]
	}
	return false, steps // it goes round in a circle
}
