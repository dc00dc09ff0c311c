package portal

import (
	"sync"
	"time"
)

// once gives the second submit of a form the answer of the first: somebody
// who is impatient, or comes back to a page, does a deed once. A form is
// known by a number that its page carries.
//
// It is kept in the memory of one server, because a double click comes over
// one connection: what must not happen twice for other reasons, the deed
// itself refuses. Answers in which something was wrong are not kept, so that
// the same page can be sent again when it has been mended.
type once struct {
	mu    sync.Mutex
	known map[string]*answer
	limit int
}

type answer struct {
	done  chan struct{} // closed when there is an answer
	reply reply
	kept  bool
	until time.Time
}

// onceFor is how long an answer is kept.
const onceFor = time.Minute

func newOnce() *once { return &once{known: map[string]*answer{}, limit: 10_000} }

// do runs f, or waits for the one who runs it with this key already.
func (o *once) do(key string, now time.Time, f func() (reply, error)) (reply, error) {
	o.mu.Lock()
	if a := o.known[key]; a != nil && now.Before(a.until) {
		o.mu.Unlock()
		<-a.done
		if a.kept {
			return a.reply, nil
		}
		return o.do(key, now, f)
	}
	o.sweep(now)
	a := &answer{done: make(chan struct{}), until: now.Add(onceFor)}
	o.known[key] = a
	o.mu.Unlock()

	var err error
	defer func() {
		o.mu.Lock()
		if a.kept = err == nil && a.reply.status != 0 && a.reply.status < 400; !a.kept && o.known[key] == a {
			delete(o.known, key)
		}
		o.mu.Unlock()
		close(a.done)
	}()
	a.reply, err = f()
	return a.reply, err
}

// sweep forgets what is old, and everything when that is not enough.
func (o *once) sweep(now time.Time) {
	if len(o.known) < o.limit {
		return
	}
	for key, a := range o.known {
		if now.After(a.until) {
			delete(o.known, key)
		}
	}
	if len(o.known) >= o.limit {
		clear(o.known)
	}
}
