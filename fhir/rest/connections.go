package rest

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// connections are those that are open, with what happens on each.
type connections struct {
	mu   sync.Mutex
	open map[*connection]struct{}
}

// connection is one of them. Its phase goes round with the requests:
//
//	quiet ──first byte──> arriving ──all of it──> running ──answered──> quiet
//
// and from running to leftover and back while the rest of a body that nobody
// wants is read. Whoever stops the app closes what is quiet, and what is
// arriving when it takes too long: a request that no handler has seen has no
// effect, and its client may send it again. Nor does a stop wait long for
// leftovers; the answer goes out without.
type connection struct {
	net.Conn
	of     *connections
	phase  atomic.Uint32
	served bool // one request or more; for the goroutine that serves it alone, like those below

	holding bool   // the next bytes written are only the beginning of an answer
	held    []byte // the beginning
}

// The phases of a connection.
const (
	quiet    uint32 = iota // nothing of a request has come
	arriving               // the beginning of a request has
	running                // a handler has it, or its answer is being sent
	leftover               // its answer is known, and the rest of its body is read
	shut                   // no request begins any more
)

// grace is how long a stop waits for what clients are still sending.
const grace = time.Second

// Read sees the first byte of a request.
func (c *connection) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && c.phase.Load() == quiet {
		c.phase.CompareAndSwap(quiet, arriving)
	}
	return n, err
}

// ReadFrom lets the connection itself decide how it takes a stream.
func (c *connection) ReadFrom(r io.Reader) (int64, error) { return io.Copy(c.Conn, r) }

// hold keeps back what is written next, so that it goes out with what follows
// in one call of the system: an answer larger than the buffer of fasthttp
// would take two, and its reader would be woken for the beginning. c may be
// nil.
func (c *connection) hold() {
	if c != nil {
		c.holding = true
	}
}

// Write implements net.Conn.
func (c *connection) Write(p []byte) (int, error) {
	switch {
	case c.holding:
		c.holding, c.held = false, append(c.held, p...)
		return len(p), nil
	case len(c.held) > 0:
		before := int64(len(c.held))
		n, err := (&net.Buffers{c.held, p}).WriteTo(c.Conn)
		c.held = c.held[:0]
		return int(max(n-before, 0)), err
	}
	return c.Conn.Write(p)
}

// NetConn is the connection itself.
func (c *connection) NetConn() net.Conn { return c.Conn }

// Close implements net.Conn.
func (c *connection) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}

// begin says whether the request that has come may run.
func (c *connection) begin() bool {
	return c.phase.CompareAndSwap(arriving, running) || c.phase.CompareAndSwap(quiet, running)
}

// leave and back are called around the reading of what is left. c may be nil.
func (c *connection) leave() {
	if c != nil {
		c.phase.CompareAndSwap(running, leftover)
	}
}

func (c *connection) back() {
	if c != nil {
		c.phase.CompareAndSwap(leftover, running)
	}
}

// changed hears from fasthttp. It calls a new connection active before
// anything has come; those of later requests it calls so when it has their
// first byte, which may have come with the request before.
func changed(conn net.Conn, state fasthttp.ConnState) {
	c, ok := conn.(*connection)
	switch {
	case !ok:
	case state == fasthttp.StateIdle:
		c.served = true
		c.phase.CompareAndSwap(running, quiet)
	case state == fasthttp.StateActive && c.served:
		c.phase.CompareAndSwap(quiet, arriving)
	}
}

// closeUnused closes what is quiet. After some time of stopping it closes what
// is arriving too, and reads no more of what is left: by an end of the time to
// read, so that the answer still goes out, and where that does not wake the
// reader (in memory) by closing.
func (cs *connections) closeUnused(stopping time.Duration) {
	late := stopping > grace
	for _, c := range cs.list() {
		switch {
		case c.phase.CompareAndSwap(quiet, shut),
			late && c.phase.CompareAndSwap(arriving, shut),
			stopping > 2*grace && c.phase.CompareAndSwap(leftover, shut):
			_ = c.Close()
		case late && c.phase.Load() == leftover:
			_ = c.SetReadDeadline(time.Unix(1, 0))
		}
	}
}

// closeAll closes everything.
func (cs *connections) closeAll() {
	for _, c := range cs.list() {
		_ = c.Close()
	}
}

func (cs *connections) list() []*connection {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	list := make([]*connection, 0, len(cs.open))
	for c := range cs.open {
		list = append(list, c)
	}
	return list
}

// listener knows the connections that it has accepted.
type listener struct {
	net.Listener
	connections *connections
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &connection{Conn: conn, of: l.connections}
	l.connections.mu.Lock()
	defer l.connections.mu.Unlock()
	if l.connections.open == nil {
		l.connections.open = map[*connection]struct{}{}
	}
	l.connections.open[c] = struct{}{}
	return c, nil
}
