package search

import (
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
	listParam      = "_list"    // members of a list
)

// Text is human text of a resource: the texts of a concept under the
// parameter of the concept, the narrative under _text, everything else that
// is written for people under _content. Text is folded.
type Text struct{ Param, Text string }

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

// value reads one value of a type. The units of quantities are left out: they
// are asked for by value and unit.
func (p *prose) value(n tree.Node, typ string, of *spec.Type) {
	doc := p.x.doc
	switch typ {
	case "string", "markdown":
		if folded := Fold(doc.Text(n)); folded != "" && !p.seen[folded] {
			p.seen[folded] = true
			p.rest = append(p.rest, folded)
		}
	case "xhtml":
		if folded := Fold(stripped(doc.Text(n))); folded != "" {
			p.narrative = append(p.narrative, folded)
		}
	case "Quantity", "Resource", "Meta":
	default:
		if of != nil && of.Kind != spec.Primitive {
			p.object(n, of)
		}
	}
}

// entities are those that XHTML narrative has by XML's own right.
var entities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'", "&nbsp;", " ", "&amp;", "&")

// stripped is the text of XHTML without its tags.
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
		_, xhtml, _ = strings.Cut(rest, ">")
	}
	return entities.Replace(b.String())
}

// textParams are the parameters of this file for a resource type.
func textParams(r *Registry, typ string) []*Param {
	var list []*Param
	for code, kind := range map[string]string{contentParam: "string", listParam: "special", narrativeParam: "string"} {
		if code == narrativeParam && !r.hasNarrative(typ) {
			continue
		}
		list = append(list, &Param{Code: code, Type: kind, On: typ, Key: Hash(typ, ".", code), registry: r, program: &program{root: &step{}}, prose: true})
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
	if f.Param.Code == listParam {
		return p.list(value)
	}
	return parseWords(f, value)
}

// list is what the entries of one of the lists refer to.
func (p *parsing) list(value string) (Filter, error) {
	const list, item = "List", "item"
	param := p.registry.Param(list, item)
	id := p.registry.Param(list, "_id")
	if param == nil || id == nil {
		return Filter{}, fhir.Errorf(fhir.NotSupported, "there are no lists")
	}
	end := Filter{Param: id, Params: []*Param{id}}
	for _, one := range strings.Split(value, ",") {
		if !fhir.ValidID(one) {
			return Filter{}, fhir.Errorf(fhir.NotSupported, "_list takes the id of a List; lists by function, such as $current-problems, are not supported")
		}
		end.Values = append(end.Values, Operand{AnySystem: true, Token: Token{Code: one}})
	}
	return Filter{Op: Has, Targets: []string{list}, Param: param, Params: []*Param{param}, Filters: []Filter{end}}, nil
}
