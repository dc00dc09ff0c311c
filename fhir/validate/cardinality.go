package validate

import (
	"math/bits"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// missing reports the elements that must be there and are not. A choice is
// named without its type, for any of them would do.
func (w *walk) missing(n tree.Node, s *shape, missing set) {
	for ; missing != 0 && !w.full(); missing &= missing - 1 {
		el := &s.typ.Elements[bits.TrailingZeros64(uint64(missing))]
		name := el.Name
		if el.Choice {
			name += "[x]"
		}
		w.reportBelow(n, el.Name, fhir.Required, s.typ.Name+" must have "+name)
	}
}

// extension reports an extension that has both a value and extensions, or
// neither (extensibility.html, ext-1). It stands here and not with the
// invariants because what has neither says nothing and what has both says two
// things.
func (w *walk) extension(n tree.Node, value, nested bool) {
	switch {
	case value && nested:
		w.report(n, fhir.Malformed, "an extension has a value or extensions, not both")
	case !value && !nested:
		w.report(n, fhir.Malformed, "an extension must have a value or extensions")
	}
}
