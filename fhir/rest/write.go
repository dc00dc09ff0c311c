package rest

import (
	"strconv"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// write puts a reply on the wire. The bytes of a resource go out as they are,
// without a copy; bundles are put together in fasthttp's own pooled buffer.
func (s *server) write(r *request, p *reply) error {
	resp := &r.web.ctx.Response
	h := &resp.Header
	switch {
	case p.content == nothing:
	case p.content == raw:
		s.writeRaw(r, p.stream)
	case (p.content == ready || p.content == resource && !r.cuts()) && !r.format.pretty:
		h.SetContentType(r.format.contentType())
		resp.SetBodyRaw(p.json)
	default:
		h.SetContentType(r.format.contentType())
		buf, err := s.appendContent(resp.SwapBody(nil)[:0], r, p)
		if err == nil && r.format.pretty && !p.gzipped {
			buf = indent(buf)
		}
		resp.SwapBody(buf)
		if err != nil {
			return err
		}
	}
	resp.SetStatusCode(p.status)
	s.writeHeaders(r, p)
	return nil
}

// writeHeaders writes what is known of the version in the reply
// (http.html#versioning).
func (s *server) writeHeaders(r *request, p *reply) {
	h := &r.web.ctx.Response.Header
	var b [64]byte
	switch {
	case p.etag != "":
		h.Set(fiber.HeaderETag, p.etag)
	case p.version.Version > 0:
		tag := strconv.AppendInt(append(b[:0], `W/"`...), int64(p.version.Version), 10)
		h.SetBytesV(fiber.HeaderETag, append(tag, '"'))
	}
	if !p.version.Updated.IsZero() {
		h.SetBytesV(fiber.HeaderLastModified, fasthttp.AppendHTTPDate(b[:0], p.version.Updated))
	}
	if p.located {
		h.Set(fiber.HeaderLocation, versionURL(r.base, p.version.Key))
	}
	if p.gzipped {
		h.Set(fiber.HeaderContentEncoding, "gzip")
	}
}

// appendContent writes the JSON of a reply, of whatever content but raw.
func (s *server) appendContent(dst []byte, r *request, p *reply) ([]byte, error) {
	switch p.content {
	case ready:
		return append(dst, p.json...), nil
	case resource:
		sub, err := s.subset(r.controls.summary, r.controls.elements)
		if err != nil {
			return dst, err
		}
		return s.appendCut(dst, p.json, sub)
	case searchset:
		return s.appendSearchset(dst, r, p.page)
	case history:
		return s.appendHistory(dst, r, p.page)
	case outcome:
		return appendOutcome(dst, p.issues...), nil
	}
	return dst, nil
}

// cuts says whether a resource is to be shown in part.
func (r *request) cuts() bool {
	return r.controls.summary != "" && r.controls.summary != "false" || r.controls.elements != ""
}

// fresh says whether the client already has the version in p, so that 304 is
// the answer (http.html#cread). If-Modified-Since counts only without
// If-None-Match (RFC 9110 section 13.1.3).
func (r *request) fresh(p *reply) bool {
	c := r.conditions()
	if c.ifNoneMatch != "" {
		return tagMatches(c.ifNoneMatch, p.tag())
	}
	if c.ifModifiedSince == "" || p.version.Updated.IsZero() {
		return false
	}
	since, err := fasthttp.ParseHTTPDate([]byte(c.ifModifiedSince))
	return err == nil && p.version.Updated.Unix() <= since.Unix()
}
