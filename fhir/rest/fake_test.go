package rest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// fake is a fhir.Service in memory, good enough to see what the HTTP side
// makes of it. The fields at the end let a test decide instead.
type fake struct {
	mu       sync.Mutex
	versions map[fhir.Key][]fhir.Resource // by current key, oldest first
	order    []fhir.Key
	bytes    map[fhir.Key][]byte // content of a version of a Binary
	next     int

	searches []fhir.Search
	changes  []fhir.Change
	asked    []fhir.Operation
	contexts []context.Context

	fail    error // of every call
	page    *fhir.Page
	operate func(fhir.Operation) (fhir.Resource, error)
	commit  func(context.Context, []fhir.Change) ([]fhir.Result, error)
	read    func(context.Context, fhir.Key) (fhir.Resource, error)
}

var _ fhir.Service = (*fake)(nil)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 5e6, time.UTC)

func newFake() *fake {
	return &fake{versions: map[fhir.Key][]fhir.Resource{}, bytes: map[fhir.Key][]byte{}}
}

// put stores a version. src has no meta, and an id that is replaced.
func (f *fake) put(method fhir.Method, k fhir.Key, src []byte) (fhir.Resource, error) {
	if k.ID == "" {
		f.next++
		k.ID = strconv.Itoa(f.next)
	}
	old := f.versions[k]
	r := fhir.Resource{Key: k, Method: method, Updated: noon.Add(time.Duration(len(old)) * time.Second)}
	r.Version = len(old) + 1
	if method == fhir.DELETE {
		r.Deleted = true
	} else {
		d, err := tree.Parse(src)
		if err != nil {
			return r, err
		}
		typ := d.Find("resourceType")
		if !d.TextIs(typ, k.Type) {
			return r, fhir.Errorf(fhir.Invalid, "the resource is of another type than the URL").At("$this.resourceType")
		}
		_, at := d.Span(typ)
		edits := []tree.Edit{{Start: at, End: at, With: fmt.Appendf(nil, `,"id":%q,"meta":{"versionId":"%d","lastUpdated":%q}`, k.ID, r.Version, fhir.Instant(r.Updated))}}
		if id := d.Find("id"); id != tree.None {
			_, e := d.Span(id)
			edits = append(edits, tree.Edit{Start: d.KeyStart(id) - 1, End: e})
		}
		r.JSON = tree.Splice(src, edits...)
	}
	if len(old) == 0 {
		f.order = append(f.order, k)
	}
	f.versions[k] = append(old, r)
	return r, nil
}

func (f *fake) Read(ctx context.Context, k fhir.Key) (fhir.Resource, error) {
	if f.read != nil {
		return f.read(ctx, k)
	}
	if f.fail != nil {
		return fhir.Resource{}, f.fail
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	list := f.versions[k.Current()]
	n := k.Version
	if n == 0 {
		n = len(list)
	}
	if n == 0 || n > len(list) {
		return fhir.Resource{}, fhir.Errorf(fhir.NotFound, "no resource %s", k)
	}
	if r := list[n-1]; !r.Deleted {
		return r, nil
	}
	return fhir.Resource{}, fhir.Errorf(fhir.Gone, "%s was deleted", k.Current())
}

func (f *fake) Search(ctx context.Context, s fhir.Search) (fhir.Page, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.searches = append(f.searches, s)
	if f.fail != nil {
		return fhir.Page{}, f.fail
	}
	if f.page != nil {
		return *f.page, nil
	}
	q, err := url.ParseQuery(s.Query)
	if err != nil {
		return fhir.Page{}, fhir.Errorf(fhir.Value, "bad query")
	}
	p := fhir.Page{Used: s.Query, First: s.Query, Summary: q.Get("_summary")}
	if e := q.Get("_elements"); e != "" {
		p.Elements = strings.Split(e, ",")
	}
	for _, k := range f.order {
		list := f.versions[k]
		if last := list[len(list)-1]; (s.Type == "" || k.Type == s.Type) && !last.Deleted && (q.Get("_id") == "" || q.Get("_id") == k.ID) {
			p.Match = append(p.Match, last)
		}
	}
	total := len(p.Match)
	p.Total = &total
	return p, nil
}

func (f *fake) History(_ context.Context, h fhir.History) (fhir.Page, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		return fhir.Page{}, f.fail
	}
	p := fhir.Page{Used: h.Query}
	for i := len(f.order) - 1; i >= 0; i-- {
		k := f.order[i]
		if h.Key.Type != "" && h.Key.Type != k.Type || h.Key.ID != "" && h.Key.ID != k.ID {
			continue
		}
		for j := len(f.versions[k]) - 1; j >= 0; j-- {
			p.Match = append(p.Match, f.versions[k][j])
		}
	}
	if h.Key.ID != "" && len(p.Match) == 0 {
		return p, fhir.Errorf(fhir.NotFound, "no resource %s", h.Key)
	}
	total := len(p.Match)
	p.Total = &total
	return p, nil
}

func (f *fake) Commit(ctx context.Context, changes ...fhir.Change) ([]fhir.Result, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changes = append(f.changes, changes...)
	f.contexts = append(f.contexts, ctx)
	if f.fail != nil {
		return nil, f.fail
	}
	if f.commit != nil {
		return f.commit(ctx, changes)
	}
	var out []fhir.Result
	for _, c := range changes {
		var res fhir.Result
		there := len(f.versions[c.Key.Current()]) > 0
		switch {
		case c.Method == fhir.GET && c.History:
			res.Page = &fhir.Page{Match: f.versions[c.Key.Current()]}
		case c.Method == fhir.GET && c.Key.ID == "":
			res.Page = &fhir.Page{Used: c.Query}
		case c.Method == fhir.GET:
			if !there {
				return nil, fhir.Errorf(fhir.NotFound, "no resource %s", c.Key).At(c.At)
			}
			res.Resource = f.versions[c.Key][len(f.versions[c.Key])-1]
		case c.Method == fhir.DELETE && !there:
		default:
			r, err := f.put(c.Method, c.Key, c.JSON)
			if err != nil {
				return nil, err
			}
			res = fhir.Result{Resource: r, Created: r.Version == 1, Changed: true}
			if r.Deleted {
				res.Deleted = []fhir.Resource{r}
			}
		}
		out = append(out, res)
	}
	return out, nil
}

func (f *fake) Operate(_ context.Context, op fhir.Operation) (fhir.Result, error) {
	f.asked = append(f.asked, op)
	if f.operate != nil {
		res, err := f.operate(op)
		return fhir.Result{Resource: res}, err
	}
	return fhir.Result{}, fhir.Errorf(fhir.NotFound, "no such operation")
}

func (f *fake) OpenBinary(ctx context.Context, k fhir.Key, part *fhir.ByteRange) (fhir.Blob, error) {
	r, err := f.Read(ctx, k)
	if err != nil {
		return fhir.Blob{}, err
	}
	d, err := tree.Parse(r.JSON)
	if err != nil {
		return fhir.Blob{}, err
	}
	data := f.bytes[r.Key]
	b := fhir.Blob{Resource: r, ContentType: d.Text(d.Find("contentType")), DataAt: -1, Size: int64(len(data)), Length: int64(len(data))}
	if n := d.Find("data"); n != tree.None {
		start, _ := d.Span(n)
		b.DataAt = start + 1
	}
	if part != nil {
		start, end := part.Start, b.Size
		if start < 0 {
			start = max(0, b.Size+start)
		} else if part.Length >= 0 {
			end = min(b.Size, start+part.Length)
		}
		if start >= b.Size {
			return fhir.Blob{}, fhir.Errorf(fhir.Unsatisfiable, "outside of the %d bytes", b.Size)
		}
		b.Start, b.Length = start, end-start
	}
	b.Body = io.NopCloser(bytes.NewReader(data[b.Start : b.Start+b.Length]))
	return b, nil
}

func (f *fake) PutBinary(ctx context.Context, c fhir.Change, meta fhir.BinaryMeta, body io.Reader) (fhir.Result, error) {
	data, err := io.ReadAll(body)
	if err != nil {
		return fhir.Result{}, fmt.Errorf("store: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changes = append(f.changes, c)
	src := fmt.Appendf(nil, `{"resourceType":"Binary","contentType":%q`, meta.ContentType)
	if meta.SecurityContext != "" {
		src = fmt.Appendf(src, `,"securityContext":{"reference":%q}`, meta.SecurityContext)
	}
	r, err := f.put(c.Method, c.Key, append(src, `,"data":""}`...))
	f.bytes[r.Key] = data
	return fhir.Result{Resource: r, Created: r.Version == 1, Changed: true}, err
}

// stored is a fake with one patient and one observation of two versions.
func stored() *fake {
	f := newFake()
	must := func(_ fhir.Resource, err error) {
		if err != nil {
			panic(err)
		}
	}
	must(f.put(fhir.POST, fhir.Key{Type: "Patient", ID: "p1"}, []byte(patient)))
	must(f.put(fhir.PUT, fhir.Key{Type: "Observation", ID: "o1"}, []byte(observation)))
	must(f.put(fhir.PATCH, fhir.Key{Type: "Observation", ID: "o1"}, []byte(observation)))
	return f
}

const (
	patient     = `{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"},"identifier":[{"system":"urn:s","value":"1"}],"active":true,"name":[{"family":"Žluťoučký","given":["A"]}],"gender":"female","birthDate":"1980-02-29","_birthDate":{"extension":[{"url":"u","valueCode":"c"}]},"contact":[{"name":{"family":"C"}}],"link":[{"other":{"reference":"Patient/2"},"type":"seealso"}]}`
	observation = `{"resourceType":"Observation","status":"final","code":{"text":"t"},"valueQuantity":{"value":70.10,"unit":"kg"}}`
)
