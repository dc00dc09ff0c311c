package search

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir/tree"
)

// prose is the human text of a resource while it is read: all of it folded, one
// after the other in one buffer, and where in it what stands.
type prose struct {
	folded    []byte
	concepts  []passage // texts of concepts
	narrative []passage
	rest      []passage
	seen      map[string]struct{} // empty between two resources
}

// passage is a part of the buffer.
type passage struct {
	param    string // of a concept
	from, to int
	repeated bool // it counts even if it was there before
}

// maxText is how many bytes of a text are indexed.
const maxText = 256 << 10

func clipText(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "")
}

// add folds a text into the buffer; it is not ok when nothing is left of it.
func (p *prose) add(text string) (at passage, ok bool) {
	at.from = len(p.folded)
	p.folded = appendFold(p.folded, text)
	at.to = len(p.folded)
	return at, at.to > at.from
}

// text notes the text of a concept.
func (x *extraction) text(p *Param, text string) {
	if x.only != nil || text == "" {
		return
	}
	if at, ok := x.prose.add(text); ok {
		at.param = p.Code
		x.prose.concepts = append(x.prose.concepts, at)
	}
}

// read notes the human text in a value by the table of its type.
func (x *extraction) read(w *writing, n tree.Node) {
	doc := x.doc
	if doc.Kind(n) != tree.Object {
		return
	}
	for member, end := n+1, doc.Skip(n); member < end; member = doc.Skip(member) {
		if in, ok := w.members[string(doc.Name(member))]; ok {
			x.readAll(in, member)
		}
	}
}

// readAll reads a member, or each item of it.
func (x *extraction) readAll(w *writing, n tree.Node) {
	doc := x.doc
	if doc.Kind(n) != tree.Array {
		x.readValue(w, n)
		return
	}
	for item, end := n+1, doc.Skip(n); item < end; item = doc.Skip(item) {
		x.readValue(w, item)
	}
}

func (x *extraction) readValue(w *writing, n tree.Node) {
	p := &x.prose
	switch w.kind {
	case writtenText:
		if at, ok := p.add(x.doc.Text(n)); ok {
			p.rest = append(p.rest, at)
		}
	case writtenNarrative:
		if at, ok := p.add(stripped(x.doc.Text(n))); ok {
			p.narrative = append(p.narrative, at)
		}
	case writtenDisplay:
		if display := x.doc.Get(n, "display"); display != tree.None {
			x.readValue(anyText, display)
		}
	case writtenResource:
		x.inside(n)
	default:
		x.read(w, n)
	}
}

// inside reads a contained resource; its narrative, if any, is not that of the
// resource.
func (x *extraction) inside(n tree.Node) {
	t := x.registry.definitions.Type(x.doc.Text(x.doc.Get(n, "resourceType")))
	if t == nil {
		return
	}
	p := &x.prose
	narrative, rest := len(p.narrative), len(p.rest)
	x.read(x.registry.writing(t), n)
	if own := p.narrative[narrative:]; len(own) > 0 {
		for i := range own {
			own[i].repeated = true
		}
		after := append([]passage{}, p.rest[rest:]...)
		p.rest = append(append(p.rest[:rest], own...), after...)
		p.narrative = p.narrative[:narrative]
	}
}

// texts are all texts: of the rest, each once, and none that stands as the
// text of a concept already.
func (p *prose) texts() []Text {
	n := len(p.concepts)
	if len(p.narrative) > 0 {
		n++
	}
	if len(p.rest) > 0 {
		n++
	}
	if n == 0 {
		return nil
	}
	all, list := string(p.folded), make([]Text, 0, n)
	if p.seen == nil {
		p.seen = map[string]struct{}{}
	}
	for _, at := range p.concepts {
		text := clipText(all[at.from:at.to])
		list = append(list, Text{Param: at.param, Text: text})
		if len(p.rest) > 0 {
			p.seen[text] = struct{}{}
		}
	}
	if len(p.narrative) > 0 {
		list = append(list, Text{Param: narrativeParam, Text: clipText(joined(all, p.narrative))})
	}
	rest := p.rest[:0]
	for _, at := range p.rest {
		if at.repeated {
			rest = append(rest, at)
			continue
		}
		text := clipText(all[at.from:at.to])
		if _, again := p.seen[text]; !again {
			p.seen[text] = struct{}{}
			rest = append(rest, passage{from: at.from, to: at.from + len(text)})
		}
	}
	if len(rest) > 0 {
		list = append(list, Text{Param: contentParam, Text: clipText(joined(all, rest))})
	}
	return list
}

// joined are the passages, each on a line of its own.
func joined(all string, list []passage) string {
	if len(list) == 1 {
		return all[list[0].from:list[0].to]
	}
	size := len(list)
	for _, at := range list {
		size += at.to - at.from
	}
	var b strings.Builder
	b.Grow(size)
	for i, at := range list {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(all[at.from:at.to])
	}
	return b.String()
}

// reset makes ready for another resource. What one long resource needed is not
// kept.
func (p *prose) reset() {
	if cap(p.folded) > maxScratch || len(p.seen) > maxScratch/64 {
		*p = prose{}
		return
	}
	clear(p.seen)
	p.folded, p.concepts, p.narrative, p.rest = p.folded[:0], p.concepts[:0], p.narrative[:0], p.rest[:0]
}

// maxScratch is how many bytes of scratch one extraction leaves for the next.
const maxScratch = 64 << 10
