package rest

import (
	"io"
	"net"
	"time"

	"github.com/gofiber/fiber/v2"
)

// How a transfer earns more time: each time this many bytes have come or gone
// the connection gets this long for the next ones. What is slower than that
// rate is cut off by the timeouts of Settings.
const (
	progress = 128 << 10
	patience = 30 * time.Second
)

// drainable is how much of a body that nobody wanted is read in order to keep
// the connection, and to let a client that is still sending see the answer: a
// connection that is closed on unread bytes is reset, and the answer lost.
const drainable = 128 << 20

// upload is the body of a request as a stream. It fails with TooLarge beyond
// limit, and gives slow but living clients time.
type upload struct {
	w       *web
	from    io.Reader
	conn    net.Conn
	limit   int64
	read    int64
	granted int64 // read when the deadline was last extended
}

// stream is the body as a stream of at most limit bytes. It must not be used
// after the handler.
func (w *web) stream(limit int64) io.Reader {
	from := w.ctx.RequestBodyStream()
	if from == nil {
		from = emptyBody{}
	}
	return &upload{w: w, from: from, conn: w.ctx.Conn(), limit: limit}
}

func (u *upload) Read(p []byte) (int, error) {
	if u.w.drained {
		return 0, io.EOF // a stream of fasthttp must not be read beyond its end
	}
	n, err := u.from.Read(p)
	u.read += int64(n)
	if err == io.EOF {
		u.w.drained = true
	}
	if u.read > u.limit {
		return n, tooLarge(u.limit)
	}
	if u.read-u.granted >= progress && u.conn != nil {
		u.granted = u.read
		_ = u.conn.SetReadDeadline(time.Now().Add(patience)) // a dead connection shows at the next read
	}
	return n, err
}

type emptyBody struct{}

func (emptyBody) Read([]byte) (int, error) { return 0, io.EOF }

// drain reads what is left of a body, or has the connection closed: fasthttp
// would take the rest for the next request. It takes the stream away, as
// reading on behind its end would wait for that request.
func (w *web) drain() {
	if !w.ctx.Request.IsBodyStream() {
		return
	}
	if !w.drained && w.ctx.Request.Header.ContentLength() <= drainable {
		c, _ := w.ctx.Conn().(*connection)
		c.leave()
		_, _ = io.Copy(io.Discard, w.stream(drainable))
		c.back()
	}
	if !w.drained {
		w.ctx.Response.Header.SetConnectionClose()
	}
	_ = w.ctx.Request.CloseBodyStream()
}

// Bounded is a handler for the routes of an app with [Settings] that are not
// FHIR: it reads the body, at most limit bytes, so that what follows finds it
// whole in c.Body() and can neither be flooded nor leave half of it behind.
func Bounded(limit int64) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if !c.Context().Request.IsBodyStream() {
			return c.Next()
		}
		w := &web{ctx: c.Context()}
		body, err := readAll(w.stream(limit), limit, int64(c.Context().Request.Header.ContentLength()))
		if err != nil {
			w.drain()
			return err
		}
		c.Context().Request.SetBodyRaw(body)
		return c.Next()
	}
}
