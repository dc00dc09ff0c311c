package patch

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/webdoctor/webdoctor/fhir/tree"
)

// appendName writes a property name and its colon.
func appendName(b []byte, name string) []byte {
	b, err := jsontext.AppendQuote(b, name)
	if err != nil { // not UTF-8; tree.Parse will refuse it with a reason
		b = strconv.AppendQuote(b, name)
	}
	return append(b, ':')
}

// last child of a container, None if it is empty.
func last(d *tree.Doc, container tree.Node) tree.Node {
	n := tree.None
	for c := range d.Children(container) {
		n = c
	}
	return n
}

// appendTo puts text behind the last child of a container: an item, or
// members with their names.
func appendTo(d *tree.Doc, container tree.Node, text []byte) tree.Edit {
	n := last(d, container)
	if n == tree.None {
		start, _ := d.Span(container)
		return tree.Edit{Start: start + 1, End: start + 1, With: text}
	}
	_, end := d.Span(n)
	return tree.Edit{Start: end, End: end, With: append([]byte{','}, text...)}
}

// insertAt puts an item before the i-th of an array, or behind the last. It
// goes right behind the one before it, so that [remove] restores the bytes.
func insertAt(d *tree.Doc, array tree.Node, i int, text []byte) tree.Edit {
	if i > 0 {
		_, end := d.Span(d.At(array, i-1))
		return tree.Edit{Start: end, End: end, With: append([]byte{','}, text...)}
	}
	n := d.At(array, 0)
	if n == tree.None {
		return appendTo(d, array, text)
	}
	start, _ := d.Span(n)
	return tree.Edit{Start: start, End: start, With: append(text[:len(text):len(text)], ',')}
}

// replace puts text in the place of a value.
func replace(d *tree.Doc, n tree.Node, text []byte) tree.Edit {
	start, end := d.Span(n)
	return tree.Edit{Start: start, End: end, With: text}
}

// member puts text in the place of a value and its name.
func member(d *tree.Doc, n tree.Node, text []byte) tree.Edit {
	e := replace(d, n, text)
	e.Start = from(d, n)
	return e
}

// from is where a child begins, its name included.
func from(d *tree.Doc, n tree.Node) int {
	if at := d.KeyStart(n); at >= 0 {
		return at
	}
	start, _ := d.Span(n)
	if d.Kind(d.Parent(n)) == tree.Object { // the name is "", of which a node keeps no place
		return bytes.LastIndexByte(d.Bytes()[:start], '"') - 1
	}
	return start
}

// remove cuts children out of a container, with the comma that goes with
// them. A container that loses all of them is left empty.
func remove(d *tree.Doc, container tree.Node, gone map[tree.Node]bool) []tree.Edit {
	var edits []tree.Edit
	kept, head, tail := tree.None, tree.None, tree.None // head and tail of the run being cut
	cut := func(next tree.Node) {
		if head == tree.None {
			return
		}
		start, end := from(d, head), 0
		if _, end = d.Span(tail); kept != tree.None {
			_, start = d.Span(kept)
		} else if next != tree.None {
			end = from(d, next)
		}
		edits = append(edits, tree.Edit{Start: start, End: end})
		head = tree.None
	}
	for c := range d.Children(container) {
		if gone[c] {
			if head == tree.None {
				head = c
			}
			tail = c
			continue
		}
		cut(c)
		kept = c
	}
	cut(tree.None)
	return edits
}

// index is the position of an item in its array.
func index(d *tree.Doc, array, item tree.Node) int {
	i := 0
	for c := range d.Children(array) {
		if c == item {
			return i
		}
		i++
	}
	return -1
}

// nulls is n nulls and a text behind them, separated by commas.
func nulls(n int, text []byte) []byte {
	return append([]byte(strings.Repeat("null,", n)), text...)
}
