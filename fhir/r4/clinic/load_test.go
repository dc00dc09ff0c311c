package clinic_test

import (
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata" // the days on which clocks change are tested wherever this runs

	"github.com/webdoctor/webdoctor/fhir/r4/clinic"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// day is the day of most tests: a Tuesday, some hours after it began.
var day = time.Date(2026, time.November, 24, 15, 4, 5, 0, time.UTC)

// resource is one generated resource.
type resource struct {
	typ, id string
	bundle  int // position of its Bundle
	json    []byte
	doc     *tree.Doc
	root    tree.Node
}

func (r resource) key() string { return r.typ + "/" + r.id }

// text is the string or literal at a path of names and positions ("code",
// "coding", "0", "code"); "" if there is none.
func (r resource) text(path ...string) string { return r.doc.Text(r.at(path...)) }

func (r resource) at(path ...string) tree.Node {
	n := r.root
	for _, step := range path {
		if step == "0" || step == "1" {
			n = r.doc.At(n, int(step[0]-'0'))
		} else {
			n = r.doc.Get(n, step)
		}
	}
	return n
}

// subject is the id of the patient the resource is about, "" for none.
func (r resource) subject() string {
	for _, name := range []string{"subject", "patient", "beneficiary", "securityContext"} {
		if id, ok := strings.CutPrefix(r.text(name, "reference"), "Patient/"); ok {
			return id
		}
	}
	return ""
}

// world is the whole clinic of a day.
type world struct {
	names []string
	list  []resource
	by    map[string]resource
	size  int
}

func (w *world) of(typ string) []resource {
	var list []resource
	for _, r := range w.list {
		if r.typ == typ {
			list = append(list, r)
		}
	}
	return list
}

// load generates the clinic of a day, reads it back and holds every entry to
// the form of a PUT.
func load(t *testing.T, now time.Time) *world {
	t.Helper()
	w := &world{by: map[string]resource{}}
	for b := range clinic.Bundles(now) {
		doc, err := tree.Parse(b.JSON)
		if err != nil {
			t.Fatalf("%s: %v", b.Name, err)
		}
		if got := doc.Text(doc.Get(doc.Root(), "type")); got != "transaction" {
			t.Fatalf("%s is a %q", b.Name, got)
		}
		w.names, w.size = append(w.names, b.Name), w.size+len(b.JSON)
		for entry := range doc.Children(doc.Get(doc.Root(), "entry")) {
			root := doc.Get(entry, "resource")
			r := resource{
				typ: doc.Text(doc.Get(root, "resourceType")), id: doc.Text(doc.Get(root, "id")),
				bundle: len(w.names), json: doc.Raw(root), doc: doc, root: root,
			}
			request := doc.Get(entry, "request")
			if doc.Text(doc.Get(request, "method")) != "PUT" || doc.Text(doc.Get(request, "url")) != r.key() {
				t.Errorf("%s: the request of %s is %s", b.Name, r.key(), doc.Raw(request))
			}
			if _, twice := w.by[r.key()]; twice {
				t.Errorf("%s: %s occurs twice", b.Name, r.key())
			}
			w.list, w.by[r.key()] = append(w.list, r), r
		}
	}
	return w
}

var (
	loadOnce sync.Once
	shared   *world
)

// today is the clinic of the day of most tests, generated once.
func today(t *testing.T) *world {
	t.Helper()
	loadOnce.Do(func() { shared = load(t, day) })
	if shared == nil {
		t.Fatal("the clinic could not be generated")
	}
	return shared
}

// when parses a date, dateTime or instant; an absent one is the zero time.
func when(t *testing.T, s string) time.Time {
	t.Helper()
	if s == "" {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly, "2006"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at
		}
	}
	t.Fatalf("%q is not a date", s)
	return time.Time{}
}
