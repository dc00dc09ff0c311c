package blob

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// How long the service may keep us waiting. A transfer may take as long as it
// needs while bytes flow.
const (
	dialLimit   = 1300 * time.Millisecond // thrice, with pauses, is under five seconds
	silentLimit = 4500 * time.Millisecond // without a byte in either direction
	slowest     = 256 << 10               // bytes a second that must get through at least
	buffered    = 4 << 20                 // bytes that are taken from us and may not have got through yet
	joinLimit   = time.Minute             // to join the parts of a large object
)

var errSilent = errors.New("no byte was exchanged for too long")

type operationKey struct{}

// operation is the context of one operation, which the transport ends when
// the service falls silent: a service that hangs is not asked again.
func operation(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	return context.WithValue(ctx, operationKey{}, cancel), func() { cancel(nil) }
}

// patient is a transport that watches over the flow of bytes.
type patient struct{ http.Transport }

func newPatient() *patient {
	return &patient{http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: dialLimit, KeepAlive: 15 * time.Second}).DialContext,
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     time.Minute,
		DisableCompression:  true, // what was stored is what is wanted
		ForceAttemptHTTP2:   false,
	}}
}

func (p *patient) RoundTrip(r *http.Request) (*http.Response, error) {
	cancel, ok := r.Context().Value(operationKey{}).(context.CancelCauseFunc)
	if !ok {
		return p.Transport.RoundTrip(r)
	}
	w := &watch{limit: silentLimit + time.Duration(min(max(r.ContentLength, 0), buffered))*time.Second/slowest}
	if r.Method == http.MethodPost && r.URL.Query().Has("uploadId") {
		w.limit = joinLimit
	}
	w.timer = time.AfterFunc(w.limit, func() { cancel(errSilent) })
	if r.Body != nil && r.Body != http.NoBody {
		copied, body := *r, &sending{ReadCloser: r.Body, watch: w}
		copied.Body = body
		r = &copied
		defer body.cut()
	}
	answer, err := p.Transport.RoundTrip(r)
	w.end()
	if err == nil {
		answer.Body = &receiving{answer.Body, &watch{limit: silentLimit, timer: w.timer}}
	}
	return answer, err
}

// watch is a timer that is wound up by every byte.
type watch struct {
	limit time.Duration
	mu    sync.Mutex
	timer *time.Timer
	over  bool
}

func (w *watch) wind() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.over {
		w.timer.Reset(w.limit)
	}
}

func (w *watch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	w.timer.Stop()
}

// sending is the body of a request. The transport may go on reading it after
// an early answer, while the client already rewinds it to try again: cut ends
// that.
type sending struct {
	io.ReadCloser
	watch *watch

	mu   sync.Mutex
	over bool
}

func (s *sending) Read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return 0, errOver
	}
	n, err := s.ReadCloser.Read(b)
	s.watch.wind()
	return n, err
}

var errOver = errors.New("the request is over")

func (s *sending) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
}

// receiving is the body of an answer. The watch runs only while somebody waits
// for bytes: whoever reads may take all the time they like between reads.
type receiving struct {
	io.ReadCloser
	watch *watch
}

func (r *receiving) Read(b []byte) (int, error) {
	r.watch.wind()
	n, err := r.ReadCloser.Read(b)
	r.watch.timer.Stop()
	return n, err
}
