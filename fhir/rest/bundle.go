package rest

import (
	"strconv"

	"github.com/webdoctor/webdoctor/fhir"
)

// appendSearchset writes the Bundle of a search (bundle.html#searchset):
// matches, then what they include, then what the caller should know.
func (s *server) appendSearchset(dst []byte, r *request, page *fhir.Page) ([]byte, error) {
	dst = s.appendPageHead(dst, r, "searchset", page)
	if page.Summary == "count" {
		return append(dst, '}'), nil
	}
	match, err := s.subsetOf(page)
	if err != nil {
		return dst, err
	}
	include := match
	include.elements = nil // _elements is about matches (search.html#elements)
	b := entries{dst: dst}
	for _, list := range [...]struct {
		mode string
		sub  subset
		of   []fhir.Resource
	}{{"match", match, page.Match}, {"include", include, page.Include}} {
		for i := range list.of {
			b.open()
			if err := s.appendVersion(&b, r, &list.of[i], list.sub); err != nil {
				return b.dst, err
			}
			b.dst = append(append(append(b.dst, `,"search":{"mode":"`...), list.mode...), `"}}`...)
		}
	}
	if len(page.Notes) > 0 {
		b.open()
		b.dst = appendOutcome(append(b.dst, `"resource":`...), page.Notes...)
		b.dst = append(b.dst, `,"search":{"mode":"outcome"}}`...)
	}
	return b.close(), nil
}

// appendHistory writes the Bundle of a history (http.html#history), newest
// version first, each with the action that made it (bundle.html, the comment
// on Bundle.entry.request.method).
func (s *server) appendHistory(dst []byte, r *request, page *fhir.Page) ([]byte, error) {
	b := entries{dst: s.appendPageHead(dst, r, "history", page)}
	if page.Summary == "count" {
		return b.close(), nil
	}
	sub, err := s.subsetOf(page)
	if err != nil {
		return dst, err
	}
	for i := range page.Match {
		v := &page.Match[i]
		b.open()
		if err := s.appendVersion(&b, r, v, sub); err != nil {
			return b.dst, err
		}
		method := v.Method
		status := "200 OK"
		switch {
		case v.Deleted:
			method, status = fhir.DELETE, "204 No Content"
		case method == fhir.POST:
			status = "201 Created"
		default:
			if v.Version == 1 {
				status = "201 Created"
			}
		}
		b.dst = append(append(append(b.dst, `,"request":{"method":"`...), method...), `","url":"`...)
		b.dst = append(b.dst, v.Type...)
		if method != fhir.POST {
			b.dst = append(append(b.dst, '/'), v.ID...)
		}
		b.dst = append(append(append(b.dst, `"},"response":{"status":"`...), status...), '"')
		b.dst = append(appendVersionFields(b.dst, *v), "}}"...)
	}
	return b.close(), nil
}

// appendVersion writes fullUrl and, unless the version is a deletion,
// resource.
func (s *server) appendVersion(b *entries, r *request, v *fhir.Resource, sub subset) error {
	b.dst = appendFullURL(b.dst, r.base, v.Key)
	if v.JSON == nil {
		return nil
	}
	b.dst = append(b.dst, `,"resource":`...)
	if sub.whole() {
		b.dst = append(b.dst, v.JSON...)
		return nil
	}
	var err error
	b.dst, err = s.appendCut(b.dst, v.JSON, sub)
	return err
}

func appendFullURL(dst []byte, base string, k fhir.Key) []byte {
	dst = append(appendBare(append(dst, `"fullUrl":"`...), base), '/')
	dst = append(append(append(dst, k.Type...), '/'), k.ID...)
	return append(dst, '"')
}

// appendVersionFields writes etag and lastModified of a Bundle.entry.response.
func appendVersionFields(dst []byte, v fhir.Resource) []byte {
	if v.Version > 0 {
		dst = strconv.AppendInt(append(dst, `,"etag":"W/\"`...), int64(v.Version), 10)
		dst = append(dst, `\""`...)
	}
	if !v.Updated.IsZero() {
		dst = append(append(append(dst, `,"lastModified":"`...), fhir.Instant(v.Updated)...), '"')
	}
	return dst
}

// appendPageHead writes a Bundle up to its entries.
func (s *server) appendPageHead(dst []byte, r *request, kind string, page *fhir.Page) []byte {
	dst = append(append(append(dst, `{"resourceType":"Bundle","type":"`...), kind...), `","timestamp":"`...)
	dst = append(append(dst, fhir.Instant(s.cfg.Now())...), '"')
	if page.Total != nil {
		dst = strconv.AppendInt(append(dst, `,"total":`...), int64(*page.Total), 10)
	}
	l := links{dst: append(dst, `,"link":[`...), at: r.pageURL(), kept: r.controls.kept}
	l.add("self", page.Used, true)
	l.add("first", page.First, page.First != "" || page.Prev != "")
	l.add("previous", page.Prev, page.Prev != "")
	l.add("next", page.Next, page.Next != "")
	return append(l.dst, ']')
}

// pageURL is where the pages of a search or history are, without a query.
func (r *request) pageURL() string {
	u := r.base
	if k := r.target.key; k.Type != "" {
		u += "/" + k.Type
		if k.ID != "" {
			u += "/" + k.ID
		}
	}
	switch r.target.shape {
	case systemOperation, typeOperation, instanceOperation:
		u += "/$" + r.target.op
	case systemHistory, typeHistory, instanceHistory:
		u += "/_history"
	case compartment, compartmentSearch:
		if r.target.inner == "" {
			return u + "/*"
		}
		u += "/" + r.target.inner
	}
	return u
}

// links writes Bundle.link. What the client said about the format goes along,
// so that the following pages look like the first.
type links struct {
	dst      []byte
	at, kept string
	n        int
}

func (l *links) add(relation, query string, wanted bool) {
	if !wanted {
		return
	}
	if l.n++; l.n > 1 {
		l.dst = append(l.dst, ',')
	}
	l.dst = append(append(append(l.dst, `{"relation":"`...), relation...), `","url":"`...)
	l.dst = appendBare(l.dst, l.at)
	sep := byte('?')
	for _, q := range [...]string{query, l.kept} {
		if q != "" {
			l.dst = appendBare(append(l.dst, sep), q)
			sep = '&'
		}
	}
	l.dst = append(l.dst, `"}`...)
}

// entries writes Bundle.entry, which is left out when there is none: FHIR has
// no empty arrays (json.html).
type entries struct {
	dst []byte
	n   int
}

func (b *entries) open() {
	if b.n++; b.n == 1 {
		b.dst = append(b.dst, `,"entry":[{`...)
	} else {
		b.dst = append(b.dst, `,{`...)
	}
}

func (b *entries) close() []byte {
	if b.n > 0 {
		b.dst = append(b.dst, ']')
	}
	return append(b.dst, '}')
}
