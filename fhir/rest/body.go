package rest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/webdoctor/webdoctor/fhir"
)

// resource is the body of a request as FHIR JSON, or the resource of an
// entry. The bytes are the caller's to keep.
func (s *server) resource(r *request) ([]byte, error) {
	if r.entry != nil {
		if r.entry.resource == nil {
			return nil, fhir.Errorf(fhir.Required, "%s needs a resource", r.method).At(r.at() + ".resource")
		}
		return r.entry.resource, nil
	}
	if err := checkContentType(string(r.web.ctx.Request.Header.ContentType())); err != nil {
		return nil, err
	}
	return r.web.body(s.limits.Body)
}

// body reads the whole body into memory of its own, at most limit bytes
// before and after inflating. It may be called once.
func (w *web) body(limit int64) ([]byte, error) {
	length := int64(w.ctx.Request.Header.ContentLength())
	if length > limit {
		return nil, tooLarge(limit)
	}
	switch encoding := strings.ToLower(string(w.ctx.Request.Header.Peek(fiber.HeaderContentEncoding))); encoding {
	case "", "identity":
	case "gzip":
		zr, err := gzip.NewReader(w.stream(limit))
		if err != nil {
			return nil, bodyError(err)
		}
		return readAll(zr, limit, 4*max(length, 0))
	default:
		w.ctx.Response.Header.Set(fiber.HeaderAcceptEncoding, "gzip, identity")
		return nil, fhir.Errorf(fhir.MediaType, "a body may be encoded with gzip, and with nothing else")
	}
	if !w.ctx.Request.IsBodyStream() {
		w.drained = true
		if body := w.ctx.Request.Body(); int64(len(body)) <= limit {
			return bytes.Clone(body), nil
		}
		return nil, tooLarge(limit)
	}
	return readAll(w.stream(limit), limit, length)
}

// empty says whether the request has no body at all.
func (w *web) empty() bool {
	return w.ctx.Request.Header.ContentLength() == 0 || !w.ctx.Request.IsBodyStream() && len(w.ctx.Request.Body()) == 0
}

// readAll reads to the end, or one byte beyond the limit. Expected is how
// much there will probably be, -1 when nobody knows.
func readAll(rd io.Reader, limit, expected int64) ([]byte, error) {
	// One byte of room more than expected lets the end be seen without
	// growing. A length is only a claim: memory follows what really comes.
	buf := make([]byte, 0, min(max(expected, 511), limit, 1<<20)+1)
	for {
		n, err := rd.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case int64(len(buf)) > limit:
			return nil, tooLarge(limit)
		case err == io.EOF:
			return buf, nil
		case err != nil:
			return nil, bodyError(err)
		}
		if len(buf) == cap(buf) {
			grown := make([]byte, len(buf), 2*cap(buf))
			copy(grown, buf)
			buf = grown
		}
	}
}

func tooLarge(limit int64) error {
	return fhir.Errorf(fhir.TooLarge, "the body is larger than the %d bytes that this server takes", limit)
}

// bodyError turns a failure to read the body into one that says so.
func bodyError(err error) error {
	if e, ok := errors.AsType[*fhir.Error](err); ok {
		return e
	}
	e := fhir.Errorf(fhir.Malformed, "the body cannot be read to its end")
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) {
		e.Message = "the body is not gzip, as its Content-Encoding says"
	}
	e.Err = err
	return e
}
