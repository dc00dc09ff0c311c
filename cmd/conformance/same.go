package main

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/webdoctor/webdoctor/fhir/tree"
)

// same says whether stored is sent, byte for byte, but for what is the
// server's own: meta.versionId, meta.lastUpdated and, if named, the id. Where
// sent has such a member, its value is put into stored before they are
// compared; where it has not, the member must be an insertion: without it and
// one comma the texts are equal.
func same(sent, stored []byte, own ...string) error {
	sent = bytes.TrimSpace(sent) // white space around a document is not part of it
	stored = bytes.TrimSpace(stored)
	old, err := tree.Parse(sent)
	if err != nil {
		return fmt.Errorf("what was sent cannot be read: %w", err)
	}
	now, err := tree.Parse(stored)
	if err != nil {
		return fmt.Errorf("what is stored cannot be read: %w", err)
	}
	paths := [][]string{{"meta", "versionId"}, {"meta", "lastUpdated"}}
	for _, name := range own {
		paths = append(paths, []string{name})
	}
	var edits []tree.Edit
	var added [][]string
	for _, path := range paths {
		at := now.Find(path...)
		if at == tree.None {
			return fmt.Errorf("what is stored has no %v", path)
		}
		if was := old.Find(path...); was != tree.None {
			start, end := now.Span(at)
			edits = append(edits, tree.Edit{Start: start, End: end, With: old.Raw(was)})
		} else {
			added = append(added, path)
		}
	}
	candidates := [][]byte{tree.Splice(stored, edits...)}
	if old.Find("meta") == tree.None {
		added = slices.DeleteFunc(added, func(p []string) bool { return p[0] == "meta" })
		added = append(added, []string{"meta"})
	}
	for _, path := range added {
		var next [][]byte
		for _, c := range candidates {
			next = append(next, without(c, path)...)
		}
		candidates = next
	}
	for _, c := range candidates {
		if bytes.Equal(c, sent) {
			return nil
		}
	}
	return fmt.Errorf("comes back different: %s", difference(sent, candidates))
}

// without removes a member with one comma and the white space that may have
// come with it, in all the ways in which it may have been put in.
func without(text []byte, path []string) (out [][]byte) {
	d, err := tree.Parse(text)
	if err != nil {
		return nil
	}
	n := d.Find(path...)
	if n == tree.None {
		return nil
	}
	_, end := d.Span(n)
	start := d.KeyStart(n)
	cut := func(start, end int) { out = append(out, slices.Concat(text[:start], text[end:])) }
	cut(start, end) // the only member
	left := start - len(tail(text[:start]))
	right := end + len(head(text[end:]))
	cut(left, right)
	if right < len(text) && text[right] == ',' {
		cut(start, right+1)
		cut(start, right+1+len(head(text[right+1:])))
		cut(left, right+1)
	}
	if left > 0 && text[left-1] == ',' {
		cut(left-1, end)
		cut(left-1-len(tail(text[:left-1])), end)
	}
	return out
}

// head is the white space at the start, tail that at the end.
func head(b []byte) []byte { return b[:len(b)-len(bytes.TrimLeft(b, " \t\r\n"))] }
func tail(b []byte) []byte { return b[len(bytes.TrimRight(b, " \t\r\n")):] }

// difference shows where the best candidate leaves the path.
func difference(sent []byte, candidates [][]byte) string {
	best, at := []byte(nil), -1
	for _, c := range candidates {
		i := 0
		for i < len(c) && i < len(sent) && c[i] == sent[i] {
			i++
		}
		if i > at {
			best, at = c, i
		}
	}
	if at < 0 {
		return "the server's own members are not where they can be taken out"
	}
	show := func(b []byte) []byte { return b[max(0, min(at-20, len(b))):min(len(b), at+40)] }
	return fmt.Sprintf("at byte %d: sent %q, stored %q", at, show(sent), show(best))
}
