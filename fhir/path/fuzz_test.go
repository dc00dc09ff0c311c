package path_test

import (
	"errors"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// FuzzEval: no panic, an end in bounded time, errors the caller may see, and
// items that stand in the document.
func FuzzEval(f *testing.F) {
	for _, e := range []string{
		"Patient.name.given", "descendants()", "name.where(given.exists()).select($this | $index)", "birthDate + 1 day > today()",
		"(name | name).distinct().count()", "name.given.repeat(children())", "1 'kg' = 1000 'g'", "resolve() is Patient", "%resource.id",
		"lowBoundary() | highBoundary(3) | precision()", "iif(active, name, {})", "name.sort(-given.first())",
	} {
		f.Add(person, e)
	}
	f.Fuzz(func(t *testing.T, src, expression string) {
		d, err := tree.Parse([]byte(src))
		if err != nil {
			return
		}
		e, err := path.Parse(expression)
		if err != nil {
			return
		}
		start := time.Now()
		for n := tree.Node(0); int(n) < min(d.Len(), 4); n++ {
			c, err := e.Eval(d, n, path.Env{Steps: 20000})
			if err != nil {
				var fe *fhir.Error
				if !errors.As(err, &fe) {
					t.Fatalf("%v is no *fhir.Error", err)
				}
				continue
			}
			for _, i := range c {
				if i.Computed() == nil && (int(i.Node) >= d.Len() || int(i.Extra) >= d.Len()) {
					t.Fatal("an item outside of the document")
				}
				if v := i.Value(d); v != nil && len(v.String()) > 2<<20 {
					t.Fatal("a value without bounds")
				}
			}
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Fatalf("took %v", took)
		}
	})
}
