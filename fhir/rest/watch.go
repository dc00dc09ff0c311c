package rest

import (
	"context"
	"net"
	"sync"
	"time"
)

// watch ends the context of requests whose client has gone, so that nobody
// works for nobody. fasthttp does not look at a connection while a handler
// runs; this does, from one goroutine that is there only while requests are.
// A request that is answered at once costs two short locks and no look.
type watch struct {
	mu      sync.Mutex
	first   *flight
	running bool
}

// glance is how often connections are looked at, and how old a request must
// be to be worth it.
const glance = 200 * time.Millisecond

// flight is a request under way, a link of the list.
type flight struct {
	conn       net.Conn
	cancel     context.CancelFunc
	begun      time.Time
	prev, next *flight
	listed     bool
}

// add begins to watch.
func (w *watch) add(f *flight, conn net.Conn, cancel context.CancelFunc) {
	f.conn, f.cancel, f.begun = conn, cancel, time.Now()
	w.mu.Lock()
	f.listed, f.prev, f.next = true, nil, w.first
	if w.first != nil {
		w.first.prev = f
	}
	w.first = f
	start := !w.running
	w.running = true
	w.mu.Unlock()
	if start {
		go w.run()
	}
}

// remove ends it. It may be called for a flight that never began.
func (w *watch) remove(f *flight) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !f.listed {
		return
	}
	if f.prev != nil {
		f.prev.next = f.next
	} else {
		w.first = f.next
	}
	if f.next != nil {
		f.next.prev = f.prev
	}
	f.listed = false
}

// run looks at the connections until no request is left.
func (w *watch) run() {
	for {
		time.Sleep(glance)
		if !w.look() {
			return
		}
	}
}

// look cancels what nobody waits for, and says whether to go on.
func (w *watch) look() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.first == nil {
		w.running = false
		return false
	}
	oldEnough := time.Now().Add(-glance)
	for f := w.first; f != nil; f = f.next {
		if f.begun.Before(oldEnough) && f.conn != nil && gone(f.conn) {
			f.cancel()
			f.conn = nil // once is enough
		}
	}
	return true
}

// gone says whether the other side has closed the connection. It cannot see
// that through TLS, or behind bytes that the client had sent before.
func gone(conn net.Conn) bool {
	if t, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = t.NetConn()
	}
	return peekClosed(conn)
}
