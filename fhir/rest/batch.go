package rest

import (
	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// bundle answers a POST to the base: a batch or a transaction, as the type of
// the Bundle says (https://hl7.org/fhir/R4/http.html#transaction).
func (s *server) bundle(r *request) (reply, error) {
	body, err := s.resource(r)
	if err != nil {
		return reply{}, err
	}
	d, err := tree.ParseOpaque(body, "resource", 3)
	if err != nil {
		return reply{}, err
	}
	if !d.TextIs(d.Find("resourceType"), "Bundle") {
		return reply{}, fhir.Errorf(fhir.Invalid, "the base takes a Bundle of type batch or transaction; other resources go to the URL of their type").At("resourceType")
	}
	list := d.Find("entry")
	if list != tree.None && d.Kind(list) != tree.Array {
		return reply{}, fhir.Errorf(fhir.Invalid, "the entries are a list").At("Bundle.entry")
	}
	if n := d.Count(list); n > s.limits.Entries {
		return reply{}, fhir.Errorf(fhir.TooLarge, "the Bundle has %d entries, this server takes %d", n, s.limits.Entries).At("Bundle.entry")
	}
	switch kind := d.Find("type"); {
	case d.TextIs(kind, "transaction"):
		return s.transaction(r, d, list)
	case d.TextIs(kind, "batch"):
		return s.batch(r, d, list)
	case kind == tree.None:
		return reply{}, fhir.Errorf(fhir.Required, "the Bundle needs a type, batch or transaction").At("Bundle.type")
	}
	return reply{}, fhir.Errorf(fhir.Unprocessable, "the base takes a Bundle of type batch or transaction; one of another type is kept at the URL of Bundles").At("Bundle.type")
}

// batch has the entries of a Bundle done one by one, each as if it had come
// alone; what fails says so in its own place
// (https://hl7.org/fhir/R4/http.html#brules). Answers are written as they
// come, so that memory is bounded by the one limit on the whole.
func (s *server) batch(r *request, d *tree.Doc, list tree.Node) (reply, error) {
	b := newResponse("batch-response", d.Count(list))
	n := 0
	for e := range d.Children(list) {
		x, err := s.parseEntry(r.base, d, e, n)
		one := r.inside(x)
		var p reply
		switch {
		case err != nil:
		case int64(len(b.dst)) > s.limits.Answer:
			err = fhir.Errorf(fhir.TooCostly, "the answers to the entries before are too large; send fewer at once").At(x.at)
		default:
			p, err = s.answerEntry(&one)
		}
		if r.ctx.Err() != nil && err != nil {
			return reply{}, r.ctx.Err()
		}
		if err != nil {
			p = s.failed(&one, err)
		}
		s.appendEntry(&b, &one, p)
		n++
	}
	return reply{status: 200, content: ready, json: b.close()}, nil
}

// answerEntry does what an entry of a batch asks for. An entry that makes us
// panic fails alone.
func (s *server) answerEntry(r *request) (p reply, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = asError(fault)
		}
	}()
	rt, err := s.find(r)
	switch {
	case err != nil:
	case r.target.shape == metadata:
		return s.statementEntry(r), nil
	default:
		p, err = rt.do(r)
	}
	if err != nil {
		err = under(err, r.at())
	}
	return p, err
}

// inside is the request of an entry. Preferences are those of the whole.
func (r *request) inside(x entry) request {
	x.request = r.id()
	return request{
		ctx: r.ctx, base: r.base, method: x.method, target: x.target, query: x.query, controls: x.controls,
		prefer: r.prefer, entry: &x,
	}
}

// newResponse begins the Bundle that answers n entries.
func newResponse(kind string, n int) entries {
	dst := make([]byte, 0, 256*(n+1))
	return entries{dst: append(append(append(dst, `{"resourceType":"Bundle","type":"`...), kind...), '"')}
}
