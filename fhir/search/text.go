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
