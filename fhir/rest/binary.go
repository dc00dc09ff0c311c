package rest

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/webdoctor/webdoctor/fhir"
)

// binaryType is the resource type whose content has a form of its own
// (https://hl7.org/fhir/R4/binary.html#rest).
const binaryType = "Binary"

// headerSecurityContext carries Binary.securityContext beside raw content.
const headerSecurityContext = "X-Security-Context"

// readsBinary says whether the request reads a Binary, in either form.
func (r *request) readsBinary() bool {
	return r.target.key.Type == binaryType && r.method == fhir.GET && (r.target.shape == instance || r.target.shape == version)
}

// uploadsBinary says whether the request carries raw content: whatever is
// sent to a Binary's URL that is not FHIR by its Content-Type.
func (r *request) uploadsBinary() bool {
	if r.web == nil || r.target.key.Type != binaryType || r.method != fhir.POST && r.method != fhir.PUT ||
		r.target.shape != wholeType && r.target.shape != instance {
		return false
	}
	return !strings.HasPrefix(parseMediaType(string(r.web.ctx.Request.Header.ContentType())).name, "application/fhir+")
}

// transfer says whether the request moves raw content, which may take longer
// than anything else; the connection's own deadlines bound it.
func (r *request) transfer() bool { return r.readsBinary() || r.uploadsBinary() }

// putBinary stores the body as it is. The answer has no body unless an
// OperationOutcome is wanted: nobody wants the content back in base64.
func (s *server) putBinary(r *request) (reply, error) {
	h := &r.web.ctx.Request.Header
	meta := fhir.BinaryMeta{
		ContentType:     string(h.ContentType()),
		SecurityContext: string(h.Peek(headerSecurityContext)),
	}
	if parseMediaType(meta.ContentType).name == "" {
		return reply{}, fhir.Errorf(fhir.MediaType, "raw content needs a Content-Type that says what it is")
	}
	if e := h.Peek(fiber.HeaderContentEncoding); len(e) > 0 && string(e) != "identity" {
		return reply{}, fhir.Errorf(fhir.MediaType, "raw content is stored as it comes: send it without Content-Encoding")
	}
	if int64(h.ContentLength()) > s.limits.Binary {
		return reply{}, tooLarge(s.limits.Binary)
	}
	c := r.change()
	if r.target.shape == wholeType {
		c.IfMatch, c.IfNoneMatch = "", ""
		c.IfNoneExist = r.conditions().ifNoneExist
		if r.method == fhir.PUT {
			return reply{}, fhir.Errorf(fhir.Required, "raw content is put to the URL of one Binary")
		}
	}
	res, err := s.svc.PutBinary(r.ctx, c, meta, r.web.stream(s.limits.Binary))
	if err != nil {
		return reply{}, err
	}
	p := written(r, res)
	if p.content == ready {
		p.content = nothing
	}
	return p, nil
}

// readBinary answers with the content as it is or, when FHIR JSON is wanted,
// with the resource around it.
func (s *server) readBinary(r *request) (reply, error) {
	if r.web == nil {
		return s.readEnvelope(r)
	}
	accept := string(r.web.ctx.Request.Header.Peek(fiber.HeaderAccept))
	asFHIR, err := r.wantsFHIR(accept)
	if err != nil {
		return reply{}, err
	}
	r.web.ctx.Response.Header.Add(fiber.HeaderVary, fiber.HeaderAccept)
	if asFHIR {
		return s.readEnvelope(r)
	}
	blob, part, err := s.openRange(r)
	if err != nil {
		return reply{}, err
	}
	p := reply{status: 200, version: blob.Resource, etag: strong(blob.Resource), content: raw}
	if part {
		p.status = 206
	}
	if r.fresh(&p) {
		blob.Body.Close()
		return reply{status: 304, version: p.version, etag: p.etag}, nil
	}
	if accept != "" && !accepts(accept, blob.ContentType) {
		blob.Body.Close()
		return reply{}, fhir.Errorf(fhir.NotAcceptable, "the content is of another type: take it with Accept: */*, or the resource around it with application/fhir+json")
	}
	p.stream = newStream(r.web, blob, blob.Body, blob.Length)
	p.stream.blob, p.stream.part = &blob, part
	return p, nil
}

// readEnvelope answers with the resource, its content in base64: streamed
// over HTTP, inside a Bundle only when it is small enough to be a body.
func (s *server) readEnvelope(r *request) (reply, error) {
	blob, err := s.openBinary(r, nil)
	if err != nil {
		return reply{}, err
	}
	json := blob.Resource.JSON
	p := reply{status: 200, version: blob.Resource, content: resource, json: json}
	switch size := int64(base64.StdEncoding.EncodedLen(int(blob.Size))); {
	case r.fresh(&p):
		p = reply{status: 304, version: p.version}
	case blob.DataAt < 0 || r.cuts() && !r.controls.wantData():
	case r.web != nil:
		whole := io.MultiReader(bytes.NewReader(json[:blob.DataAt]), newEncoder(blob.Body), bytes.NewReader(json[blob.DataAt:]))
		p.content, p.stream = raw, newStream(r.web, blob, whole, int64(len(json))+size)
		return p, nil
	case size > s.limits.Body:
		err = fhir.Errorf(fhir.TooLarge, "the content is too large for the answer to a Bundle: read it by itself").At(r.at())
	default:
		p.json = make([]byte, 0, int64(len(json))+size)
		p.json = append(p.json, json[:blob.DataAt]...)
		var n int
		n, err = io.ReadFull(newEncoder(blob.Body), p.json[len(p.json):int64(len(p.json))+size])
		p.json = append(p.json[:len(p.json)+n], json[blob.DataAt:]...)
	}
	blob.Body.Close()
	return p, err
}

// wantData says whether a part of a Binary that is asked for has the data in
// it; if so it is shown whole. All other parts are cut from the resource as
// it is stored, without the data.
func (c controls) wantData() bool {
	return c.summary == "data" || slices.Contains(strings.Split(c.elements, ","), "data")
}

// openRange opens what Range and If-Range ask for, and says whether that is a
// part (RFC 9110 section 14.2). A range of another version than the current
// is answered with all of it; one that lies outside is told the size.
func (s *server) openRange(r *request) (blob fhir.Blob, part bool, err error) {
	var want *fhir.ByteRange
	if r.web.ctx.IsGet() {
		want = parseRange(string(r.web.ctx.Request.Header.Peek(fiber.HeaderRange)))
	}
	blob, err = s.openBinary(r, want)
	outside := want != nil && fhir.CodeOf(err) == fhir.Unsatisfiable
	if want == nil || err != nil && !outside {
		return blob, false, err
	}
	// If-Range compares strongly (section 13.1.5). Dates are too coarse to
	// be validators and never match.
	tag := string(r.web.ctx.Request.Header.Peek(fiber.HeaderIfRange))
	if !outside && (tag == "" || tag == strong(blob.Resource)) {
		return blob, true, nil
	}
	if !outside {
		blob.Body.Close()
	}
	refusal := err
	if blob, err = s.openBinary(r, nil); err != nil {
		return blob, false, err
	}
	if outside && (tag == "" || tag == strong(blob.Resource)) {
		blob.Body.Close()
		r.web.ctx.Response.Header.Set(fiber.HeaderContentRange, "bytes */"+strconv.FormatInt(blob.Size, 10))
		return blob, false, refusal
	}
	return blob, false, nil
}

// openBinary opens content. The deadline of other requests holds for that,
// but not for the content itself, which lasts until its stream is closed.
func (s *server) openBinary(r *request, want *fhir.ByteRange) (fhir.Blob, error) {
	if r.web == nil {
		return s.svc.OpenBinary(r.ctx, r.target.key, want)
	}
	late := time.AfterFunc(s.limits.Deadline, r.web.cancel)
	blob, err := s.svc.OpenBinary(r.ctx, r.target.key, want)
	if late.Stop() {
		return blob, err
	}
	if err == nil {
		blob.Body.Close()
	}
	return fhir.Blob{}, context.DeadlineExceeded
}

// strong is the entity tag of raw content. It may be strong, as the bytes of
// a version never change, and must be for If-Range to be of use.
func strong(v fhir.Resource) string { return strings.TrimPrefix(v.ETag(), "W/") }

// wantsFHIR decides between the two forms: the resource is for those who name
// FHIR JSON, or JSON, at least as urgently as anything else.
func (r *request) wantsFHIR(accept string) (bool, error) {
	if r.controls.format != "" {
		var err error
		r.format, err = parseFormat(r.controls.format)
		return true, err
	}
	named, other := 0, 0
	xml := false
	for accept != "" {
		var one string
		one, accept, _ = strings.Cut(accept, ",")
		m := parseMediaType(one)
		name := m.json()
		switch {
		case m.name == "application/fhir+xml":
			xml = true
		case name == noMedia || !m.specific():
			other = max(other, m.q)
		case m.q > named:
			named = m.q
			r.format.media, r.format.versioned = name, m.fhirVersion != ""
		}
	}
	if xml && named == 0 && other == 0 {
		return false, errOnlyJSON()
	}
	return named > 0 && named >= other, nil
}

// accepts says whether an Accept header takes content of a type.
func accepts(accept, contentType string) bool {
	have := parseMediaType(contentType).name
	kind, _, _ := strings.Cut(have, "/")
	for accept != "" {
		var one string
		one, accept, _ = strings.Cut(accept, ",")
		if m := parseMediaType(one); m.q > 0 && (m.name == have || m.name == "*/*" || m.name == kind+"/*") {
			return true
		}
	}
	return false
}
