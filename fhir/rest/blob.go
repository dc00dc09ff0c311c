package rest

import (
	"context"
	"encoding/base64"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// stream is a body that is read while it is written to the client, after the
// handler has returned. It holds what must live until then.
type stream struct {
	from    io.Reader
	size    int64
	blob    *fhir.Blob // of raw content, nil for the resource around it
	part    bool
	body    io.Closer
	cancel  context.CancelFunc
	conn    net.Conn
	written int64
	granted int64 // written when the deadline was last extended
}

// newStream takes over the context of the request.
func newStream(w *web, blob fhir.Blob, from io.Reader, size int64) *stream {
	st := &stream{from: from, size: size, body: blob.Body, cancel: w.cancel, conn: w.ctx.Conn()}
	w.cancel = nil
	return st
}

// Read gives slow but living clients time: it is called again only when what
// it returned before has gone out.
func (st *stream) Read(p []byte) (int, error) {
	n, err := st.from.Read(p)
	st.written += int64(n)
	if st.written-st.granted >= progress && st.conn != nil {
		st.granted = st.written
		_ = st.conn.SetWriteDeadline(time.Now().Add(patience)) // a dead connection shows at the next write
	}
	return n, err
}

// Close ends the request for good.
func (st *stream) Close() error {
	err := st.body.Close()
	st.cancel()
	return err
}

// passive are the types of content that browsers show without running
// anything in it. Everything else is offered for saving.
var passive = []string{"image/png", "image/jpeg", "image/gif", "image/webp", "text/plain", "application/dicom"}

// writeRaw hands a stream to fasthttp. A body that ends too early breaks the
// connection, so that it cannot be mistaken for the whole.
func (s *server) writeRaw(r *request, st *stream) {
	resp := &r.web.ctx.Response
	h := &resp.Header
	resp.SetBodyStream(st, int(st.size))
	if st.blob == nil {
		h.SetContentType(r.format.contentType())
		return
	}
	b := st.blob
	if b.ContentType == "" {
		b.ContentType = fiber.MIMEOctetStream
	}
	h.SetContentType(b.ContentType)
	h.Set(fiber.HeaderAcceptRanges, "bytes")
	h.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	if name := parseMediaType(b.ContentType).name; !slices.Contains(passive, name) && !strings.HasPrefix(name, "audio/") && !strings.HasPrefix(name, "video/") {
		h.Set(fiber.HeaderContentDisposition, "attachment")
	}
	if st.part {
		h.SetContentRange(int(b.Start), int(b.Start+b.Length-1), int(b.Size))
	}
	if d, err := tree.Parse(b.Resource.JSON); err == nil {
		if ref := d.Text(d.Find("securityContext", "reference")); ref != "" {
			h.Set(headerSecurityContext, ref)
		}
	}
}

// encoder reads a stream as base64 text.
type encoder struct {
	from io.Reader
	in   []byte // a multiple of three, so that padding comes at the end alone
	out  []byte
	rest []byte // of out
	err  error
}

func newEncoder(from io.Reader) *encoder {
	const chunk = 24 << 10
	return &encoder{from: from, in: make([]byte, chunk), out: make([]byte, base64.StdEncoding.EncodedLen(chunk))}
}

func (e *encoder) Read(p []byte) (int, error) {
	for len(e.rest) == 0 {
		if e.err != nil {
			return 0, e.err
		}
		n, err := io.ReadFull(e.from, e.in)
		if err == io.ErrUnexpectedEOF {
			err = io.EOF
		}
		e.err = err
		e.rest = e.out[:base64.StdEncoding.EncodedLen(n)]
		base64.StdEncoding.Encode(e.rest, e.in[:n])
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}
