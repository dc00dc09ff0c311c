package rest

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// entry is a Bundle.entry of a batch or transaction, read as the request it
// stands for (bundle.html#bundle-unique, http.html#transaction).
type entry struct {
	at         string // "Bundle.entry[3]"
	request    string // id of the request that brought the Bundle
	fullURL    string
	resource   []byte
	method     fhir.Method // GET for HEAD too
	head       bool        // HEAD: the answer has no resource
	target     target
	query      string
	controls   controls
	conditions conditions
}

// parseEntry reads entry n, which stands at node e of a Bundle whose entry
// resources are opaque.
func (s *server) parseEntry(base string, d *tree.Doc, e tree.Node, n int) (entry, error) {
	x := entry{at: "Bundle.entry[" + strconv.Itoa(n) + "]"}
	bad := func(code fhir.Code, where, message string) error {
		return fhir.Errorf(code, "%s", message).At(x.at + where)
	}
	if d.Kind(e) != tree.Object {
		return x, bad(fhir.Invalid, "", "an entry is an object")
	}
	x.fullURL = d.Text(d.Get(e, "fullUrl"))
	if r := d.Get(e, "resource"); d.Kind(r) == tree.Object {
		x.resource = d.Raw(r)
	} else if r != tree.None {
		return x, bad(fhir.Invalid, ".resource", "a resource is an object")
	}
	req := d.Get(e, "request")
	if d.Kind(req) != tree.Object {
		return x, bad(fhir.Required, ".request", "an entry needs a request that says what to do")
	}
	method, url := d.Get(req, "method"), d.Get(req, "url")
	if d.Kind(method) != tree.String {
		return x, bad(fhir.Required, ".request.method", "a request needs a method")
	}
	if d.Kind(url) != tree.String {
		return x, bad(fhir.Required, ".request.url", "a request needs a url")
	}
	switch x.method = fhir.Method(d.Text(method)); x.method {
	case fhir.HEAD:
		x.method, x.head = fhir.GET, true
	case fhir.GET, fhir.POST, fhir.PUT, fhir.PATCH, fhir.DELETE:
	default:
		return x, bad(fhir.Value, ".request.method", "the method is GET, HEAD, POST, PUT, PATCH or DELETE")
	}
	var err error
	if x.target, x.query, err = s.parseEntryURL(base, d.Text(url)); err != nil {
		return x, under(err, x.at+".request.url")
	}
	if x.method == fhir.POST && x.target.shape == system {
		return x, bad(fhir.Invalid, ".request.url", "there is no batch or transaction inside another")
	}
	if x.query, x.controls, err = splitQuery(x.query); err != nil {
		return x, under(err, x.at+".request.url")
	}
	x.conditions = conditions{
		ifMatch:         d.Text(d.Get(req, "ifMatch")),
		ifNoneMatch:     d.Text(d.Get(req, "ifNoneMatch")),
		ifModifiedSince: httpDate(d.Text(d.Get(req, "ifModifiedSince"))),
	}
	if c := d.Get(req, "ifNoneExist"); c != tree.None {
		text := criteria(d.Text(c))
		x.conditions.ifNoneExist = &text
	}
	return x, nil
}

// parseEntryURL reads Bundle.entry.request.url: relative to the base, or
// absolute and under it.
func (s *server) parseEntryURL(base, url string) (target, string, error) {
	path, query, _ := strings.Cut(url, "?")
	if scheme, _, absolute := strings.Cut(path, "://"); absolute && !strings.Contains(scheme, "/") {
		below, ours := strings.CutPrefix(path, base)
		if !ours || below != "" && below[0] != '/' {
			return target{}, "", fhir.Errorf(fhir.Value, "the URL is not one of this server, whose base is %s", base)
		}
		path = below
	}
	t, err := parseTarget(s.defs, path)
	return t, query, err
}

// under gives an error that has no expression that of its place.
func under(err error, at string) error {
	e, ok := errors.AsType[*fhir.Error](err)
	if !ok || e.Expression != "" {
		return err
	}
	placed := *e
	placed.Expression = at
	return &placed
}

// httpDate turns the instant of ifModifiedSince into what its header is.
func httpDate(instant string) string {
	if t, err := time.Parse(time.RFC3339, instant); err == nil {
		return string(fasthttp.AppendHTTPDate(nil, t))
	}
	return ""
}

// patchDocument takes the patch out of the resource of a PATCH entry: it is
// the Parameters of a FHIRPath Patch itself, or a Binary that carries a JSON
// Patch (http.html#patch).
func (x *entry) patchDocument(resource []byte) ([]byte, string, error) {
	d, err := tree.Parse(resource)
	if err != nil {
		return nil, "", under(err, x.at+".resource")
	}
	if !d.TextIs(d.Find("resourceType"), binaryType) {
		return resource, fhirPatch, nil
	}
	kind, err := patchKind(d.Text(d.Find("contentType")))
	if err != nil {
		return nil, "", under(err, x.at+".resource.contentType")
	}
	patch, err := base64.StdEncoding.DecodeString(d.Text(d.Find("data")))
	if err != nil {
		return nil, "", fhir.Errorf(fhir.Value, "the data of the patch are not base64").At(x.at + ".resource.data")
	}
	return patch, kind, nil
}

// appendEntry writes what became of an entry (http.html#transaction-response).
func (s *server) appendEntry(b *entries, r *request, p reply) {
	b.open()
	if r.entry.head && p.content != outcome {
		p.content = nothing
	}
	start := len(b.dst)
	if p.content != nothing && p.content != outcome {
		if p.content == resource || p.content == ready && p.version.ID != "" {
			b.dst = append(appendFullURL(b.dst, r.base, p.version.Key), ',')
		}
		var err error
		if b.dst, err = s.appendContent(append(b.dst, `"resource":`...), r, &p); err == nil {
			b.dst = append(b.dst, ',')
		} else {
			b.dst, p = b.dst[:start], s.failed(r, err)
		}
	}
	b.dst = append(strconv.AppendInt(append(b.dst, `"response":{"status":"`...), int64(p.status), 10), ' ')
	b.dst = append(append(b.dst, fasthttp.StatusMessage(p.status)...), '"')
	if p.located {
		b.dst = append(b.dst, `,"location":"`...)
		b.dst = append(appendBare(b.dst, versionURL(r.base, p.version.Key)), '"')
	}
	b.dst = appendVersionFields(b.dst, p.version)
	if p.content == outcome {
		b.dst = appendOutcome(append(b.dst, `,"outcome":`...), p.issues...)
	}
	b.dst = append(b.dst, "}}"...)
}

// failed is the reply of an entry that went wrong.
func (s *server) failed(r *request, err error) reply {
	e := explain(err)
	p := reply{status: answerTo(e.Code).status, content: outcome, issues: e.Issues}
	if len(p.issues) == 0 {
		p.issues = []fhir.Issue{{Severity: "error", Code: e.Code, Message: e.Message, Expression: e.Expression}}
	}
	if p.status >= 500 {
		s.report(r, e.Code, err)
	}
	return p
}
