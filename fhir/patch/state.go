package patch

import (
	"errors"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// The bounds of one patch. Each operation that changes something reads the
// document anew, so operations times size is what costs.
const (
	maxOperations = 10000
	maxSize       = 64 << 20  // bytes of a document in between
	maxWork       = 256 << 20 // bytes read in all
)

// state is the document while operations are applied.
type state struct {
	doc   *tree.Doc
	work  int
	first *tree.Doc // as it was in the beginning
	// strayed is the error of the operation that gave the resource another
	// type or id, nil while both are what they were. A later operation may
	// put things right.
	strayed *fhir.Error
}

func begin(src *tree.Doc) *state { return &state{doc: src, first: src} }

// apply makes edits at once. They must not overlap. at names the operation.
func (s *state) apply(at string, edits ...tree.Edit) error {
	src := s.doc.Bytes()
	size := len(src)
	for _, e := range edits {
		size += len(e.With) - (e.End - e.Start)
	}
	if size > maxSize {
		return fhir.Errorf(fhir.TooLarge, "the patch makes the resource larger than %d bytes", maxSize).At(at)
	}
	if s.work += size; s.work > maxWork {
		return fhir.Errorf(fhir.TooCostly, "the patch needs too much work").At(at)
	}
	doc, err := tree.Parse(tree.Splice(src, edits...))
	if err != nil {
		return unfit(err, at)
	}
	s.doc = doc
	if same(s.first, doc) {
		s.strayed = nil
	} else {
		s.strayed = fhir.Errorf(fhir.Unprocessable, "a patch must not change the type or id of a resource").At(at)
	}
	return nil
}

// unfit is the error for a document that tree.Parse refuses: each of its
// rules can be broken by a value in the wrong place.
func unfit(err error, at string) error {
	var e *fhir.Error
	if !errors.As(err, &e) {
		return err
	}
	return fhir.Errorf(fhir.Unprocessable, "the operation would make a document that is not acceptable: %s", e.Message).At(at)
}

// same says whether type and id of the resource are what they were.
func same(a, b *tree.Doc) bool {
	for _, name := range [...]string{"resourceType", "id"} {
		x, y := a.Get(a.Root(), name), b.Get(b.Root(), name)
		if a.Kind(x) != b.Kind(y) || a.Text(x) != b.Text(y) {
			return false
		}
	}
	return b.Kind(b.Root()) == tree.Object
}

// finish is the result.
func (s *state) finish() ([]byte, error) {
	if s.strayed != nil {
		return nil, s.strayed
	}
	return s.doc.Bytes(), nil
}
