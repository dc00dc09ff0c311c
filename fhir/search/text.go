package search

import (
	"html"
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// http://hl7.org/fhir/R4/search.html#content, and :text of #modifiers

// The parameters that search human text, and List membership, for every type.
const (
	narrativeParam = "_text"    // words of the narrative
	contentParam   = "_content" // words of anything that is written for people
	listParam      = "_list"    // members of a list; of a list: what its entries refer to, but those that it marks as deleted
)

// Text is human text of a resource: the texts of a concept under the
// parameter of the concept, the narrative under _text, everything else that
// is written for people under _content. Text is folded.
type Text struct{ Param, Text string }

// listType is the type of which _list names one.
const listType = "List"

// maxText is how many bytes of a text are indexed.
const maxText = 256 << 10

// text notes the text of a concept.
func (x *extraction) text(p *Param, text string) {
	if folded := Fold(text); folded != "" && x.only == nil {
		x.values.Texts = append(x.values.Texts, Text{Param: p.Code, Text: clipText(folded)})
	}
}

func clipText(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "")
}

// prose collects the narrative and all strings that are written for people,
// less those that stand as the text of a concept already.
func (x *extraction) prose(typ string) {
	p := prose{x: x, seen: map[string]bool{}}
	for _, t := range x.values.Texts {
		p.seen[t.Text] = true
	}
	p.object(x.doc.Root(), x.registry.definitions.Type(typ))
	if len(p.narrative) > 0 {
		x.values.Texts = append(x.values.Texts, Text{Param: narrativeParam, Text: clipText(strings.Join(p.narrative, "\n"))})
	}
	if len(p.rest) > 0 {
		x.values.Texts = append(x.values.Texts, Text{Param: contentParam, Text: clipText(strings.Join(p.rest, "\n"))})
	}
}

// prose is one walk over a document by its definition.
type prose struct {
	x               *extraction
	seen            map[string]bool
	narrative, rest []string
}

func (p *prose) object(n tree.Node, t *spec.Type) {
	doc := p.x.doc
	if t == nil || doc.Kind(n) != tree.Object {
		return
	}
	for member, end := n+1, doc.Skip(n); member < end; member = doc.Skip(member) {
		el, typ := t.Element(doc.Key(member))
		if el == nil {
			continue
		}
		of := el.Content
		if of == nil {
			of = p.x.registry.definitions.Type(typ)
		}
		if doc.Kind(member) != tree.Array {
			p.value(member, typ, of)
			continue
		}
		for item, end := member+1, doc.Skip(member); item < end; item = doc.Skip(item) {
			p.value(item, typ, of)
		}
	}
}

// value reads one value of a type. What has a search of its own and says
// something else in every resource is left out: identifiers, telephone numbers,
// the ids in references, the units of quantities.
func (p *prose) value(n tree.Node, typ string, of *spec.Type) {
	doc := p.x.doc
	switch typ {
	case "string", "markdown":
		if folded := clipText(Fold(doc.Text(n))); folded != "" && !p.seen[folded] {
			p.seen[folded] = true
			p.rest = append(p.rest, folded)
		}
	case "xhtml":
		if folded := Fold(stripped(doc.Text(n))); folded != "" {
			p.narrative = append(p.narrative, folded)
		}
	case "Quantity", "Age", "Count", "Distance", "Duration", "Money", "Meta", "Identifier", "ContactPoint", "Period":
	case "Reference", "Coding":
		if display := doc.Get(n, "display"); display != tree.None {
			p.value(display, "string", nil)
		}
	case "Resource": // a contained one; its narrative, if any, is not that of the resource
		inside := prose{x: p.x, seen: p.seen}
		inside.object(n, p.x.registry.definitions.Type(doc.Text(doc.Get(n, "resourceType"))))
		p.rest = append(append(p.rest, inside.narrative...), inside.rest...)
	default:
		if of != nil && of.Kind != spec.Primitive {
			p.object(n, of)
		}
	}
}

// stripped is the text of XHTML without its tags and comments.
func stripped(xhtml string) string {
	var b strings.Builder
	for xhtml != "" {
		text, rest, tag := strings.Cut(xhtml, "<")
		b.WriteString(text)
		if !tag {
			break
		}
		b.WriteByte(' ')
		if comment, ok := strings.CutPrefix(rest, "!--"); ok {
			_, xhtml, _ = strings.Cut(comment, "-->")
			continue
		}
		xhtml = rest[tagEnd(rest):]
	}
	return html.UnescapeString(b.String())
}

// tagEnd is where the text after a tag begins. A > in the value of an
// attribute is no end.
func tagEnd(tag string) int {
	quote := byte(0)
	for i := range len(tag) {
		switch c := tag[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1
		}
	}
	return len(tag)
}

// textParams are the parameters of this file for a resource type.
func textParams(c *compiler) []*Param {
	var list []*Param
	for code, kind := range map[string]string{contentParam: "string", listParam: "special", narrativeParam: "string"} {
		if code == narrativeParam && !c.registry.hasNarrative(c.on) {
			continue
		}
		p := &Param{Code: code, Type: kind, On: c.on, Key: Hash(c.on, ".", code), registry: c.registry, program: c.program, prose: true}
		if list = append(list, p); code == listParam && c.on == listType {
			addMembers(c.program.root, p)
		}
	}
	return list
}

// Written says whether the parameter is about words, _text or _content.
func (p *Param) Written() bool { return p.prose && p.Code != listParam }

// Narrative says whether the parameter is about the words of the narrative
// alone.
func (p *Param) Narrative() bool { return p.prose && p.Code == narrativeParam }

func (r *Registry) hasNarrative(typ string) bool {
	t := r.definitions.Type(typ)
	return t != nil && slices.ContainsFunc(t.Elements, func(el spec.Element) bool { return el.Name == "text" && el.Types[0].Code == "Narrative" })
}

// written reads the value of a parameter of this file.
func (p *parsing) written(f Filter, value string) (Filter, error) {
	if f.Modifier != "" {
		return Filter{}, fhir.Errorf(fhir.NotSupported, "%s has no modifiers", f.Param.Code)
	}
	if len(value) > maxValue {
		return Filter{}, fhir.Errorf(fhir.Value, "the value is longer than %d bytes", maxValue)
	}
	if f.Param.Code == listParam {
		return p.list(value)
	}
	return parseWords(f, value)
}

// list is what the entries of one of the lists refer to now.
func (p *parsing) list(value string) (Filter, error) {
	member, id := p.registry.Param(listType, listParam), p.registry.Param(listType, "_id")
	if member == nil || id == nil {
		return Filter{}, fhir.Errorf(fhir.NotSupported, "there are no lists")
	}
	end := Filter{Param: id, Params: []*Param{id}}
	for one := range strings.SplitSeq(value, ",") {
		switch {
		case strings.HasPrefix(one, "$"):
			return Filter{}, fhir.Errorf(fhir.NotSupported, "_list takes the id of a List; lists by function, such as $current-problems, are not supported")
		case !fhir.ValidID(one):
			return Filter{}, fhir.Errorf(fhir.Value, "_list takes the id of a List")
		case len(end.Values) == maxOr:
			return Filter{}, fhir.Errorf(fhir.Value, "more than %d lists", maxOr)
		}
		end.Values = append(end.Values, Operand{AnySystem: true, Token: Token{Code: one}})
	}
	return Filter{Op: Has, Targets: []string{listType}, Param: member, Params: []*Param{member}, Filters: []Filter{end}}, nil
}

// addMembers has lists say what their entries refer to, but not what they say
// is no longer in them (list-definitions.html#List.entry.deleted). The search
// parameter item, which finds lists, does not tell these apart.
func addMembers(root *step, p *Param) {
	entries := &step{emits: []emit{{param: p, read: readMember}}}
	if i := slices.IndexFunc(root.edges, func(e edge) bool { return e.name == "entry" }); i >= 0 {
		entries = root.edges[i].to
		entries.emits = append(entries.emits, emit{param: p, read: readMember})
		return
	}
	root.edges = append(root.edges, edge{name: "entry", to: entries})
}

func readMember(x *extraction, e *emit, n tree.Node) {
	if x.member(n, "deleted") != "true" {
		readReference(x, e, x.doc.Get(n, "item"))
	}
}
