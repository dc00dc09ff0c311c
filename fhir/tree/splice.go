package tree

import "slices"

// Edit replaces src[Start:End] by With.
type Edit struct {
	Start, End int
	With       []byte
}

// Splice applies edits that do not overlap, in any order, and returns new
// bytes; everything between them is copied as it is. Edits at the same place
// are applied in the order given.
func Splice(src []byte, edits ...Edit) []byte {
	slices.SortStableFunc(edits, func(a, b Edit) int { return a.Start - b.Start })
	size := len(src)
	for _, e := range edits {
		size += len(e.With) - (e.End - e.Start)
	}
	out := make([]byte, 0, size)
	at := 0
	for _, e := range edits {
		out = append(out, src[at:e.Start]...)
		out = append(out, e.With...)
		at = e.End
	}
	return append(out, src[at:]...)
}
