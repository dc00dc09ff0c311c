package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/storage/blob"
	"github.com/webdoctor/webdoctor/storage/blob/blobtest"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// fault spoils an exchange between a client and a real S3 server.
type fault func(w http.ResponseWriter, r *http.Request, pass http.Handler)

// spoiled returns a store whose requests pass through a fault, and a count of
// them. The fault is asleep until it is set.
func spoiled(t *testing.T) (store *blob.Store, set func(fault), asked *atomic.Int32) {
	t.Helper()
	c := storagetest.S3(t)
	target, err := url.Parse("http://" + c.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	pass := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // it is signed
		},
		FlushInterval: -1,
	}
	var now atomic.Pointer[fault]
	asked = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if f := now.Load(); f != nil {
			(*f)(w, r, pass)
		} else {
			pass.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	c.Endpoint = server.URL
	return blob.New(openS3(t, c), t.TempDir()), func(f fault) { asked.Store(0); now.Store(&f) }, asked
}

// times lets a fault happen so many times.
func times(n int32, f fault) fault {
	var left atomic.Int32
	left.Store(n)
	return func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
		if left.Add(-1) >= 0 {
			f(w, r, pass)
		} else {
			pass.ServeHTTP(w, r)
		}
	}
}

func answer(status int, code string) fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>`+code+`</Code><Message>no</Message></Error>`)
	}
}

// record gets the real answer.
func record(r *http.Request, pass http.Handler) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	pass.ServeHTTP(w, r)
	return w
}

func head(w http.ResponseWriter, from *httptest.ResponseRecorder, length int) {
	for name, values := range from.Header() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(length))
	w.WriteHeader(from.Code)
}

func flipBit(w http.ResponseWriter, r *http.Request, pass http.Handler) {
	got := record(r, pass)
	body := got.Body.Bytes()
	if len(body) > 0 {
		body[len(body)/2] ^= 8
	}
	head(w, got, len(body))
	_, _ = w.Write(body)
}

// breakOff announces everything and sends half.
func breakOff(w http.ResponseWriter, r *http.Request, pass http.Handler) {
	got := record(r, pass)
	body := got.Body.Bytes()
	head(w, got, len(body))
	_, _ = w.Write(body[:len(body)/2])
	panic(http.ErrAbortHandler)
}

// stall sends half and then nothing.
func stall(w http.ResponseWriter, r *http.Request, pass http.Handler) {
	got := record(r, pass)
	body := got.Body.Bytes()
	head(w, got, len(body))
	_, _ = w.Write(body[:len(body)/2])
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

// truncate sends half and says that this is all there is.
func truncate(w http.ResponseWriter, r *http.Request, pass http.Handler) {
	got := record(r, pass)
	body := got.Body.Bytes()
	head(w, got, len(body)/2)
	_, _ = w.Write(body[:len(body)/2])
}

func TestS3Faults(t *testing.T) {
	t.Parallel()
	const (
		none  = iota // nothing of the content comes
		whole        // all of it comes
		part         // whole chunks of it, or none
	)
	for _, c := range []struct {
		name  string
		fault fault
		put   error // nil for success
		open  error
		comes int
	}{
		{"slow down, twice", times(2, answer(503, "SlowDown")), nil, nil, whole},
		{"slow down, for good", answer(503, "SlowDown"), blob.ErrUnavailable, blob.ErrUnavailable, none},
		{"internal error, once", times(1, answer(500, "InternalError")), nil, nil, whole},
		{"internal error, for good", answer(500, "InternalError"), blob.ErrUnavailable, blob.ErrUnavailable, none},
		{"bad gateway without a body of S3", func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			http.Error(w, "<html>", http.StatusBadGateway)
		}, blob.ErrUnavailable, blob.ErrUnavailable, none},
		{"full", answer(507, "InsufficientStorage"), blob.ErrNoSpace, blob.ErrNoSpace, none},
		{"over quota", answer(400, "QuotaExceeded"), blob.ErrNoSpace, blob.ErrNoSpace, none},
		{"clock is wrong", answer(403, "RequestTimeTooSkewed"), blob.ErrDenied, blob.ErrDenied, none},
		{"a flipped bit, once", times(1, flipBit), nil, nil, whole},
		{"a flipped bit, for good", flipBit, nil, blob.ErrCorrupt, part},
		{"connection breaks, once", times(1, breakOff), nil, nil, whole},
		{"connection breaks, for good", breakOff, blob.ErrUnavailable, blob.ErrUnavailable, part},
		{"stalls", stall, nil, blob.ErrUnavailable, part},
		{"truncated", truncate, nil, blob.ErrCorrupt, part},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			content := blobtest.Bytes(3*blob.ChunkSize+5, 1)
			store, set, asked := spoiled(t)
			ref, err := store.Put(t.Context(), bytes.NewReader(content))
			if err != nil {
				t.Fatal(err)
			}
			set(c.fault)
			begun := time.Now()
			var got []byte
			r, err := store.Open(t.Context(), ref, 0, -1)
			if err == nil {
				got, err = io.ReadAll(r)
				r.Close()
			}
			if !errors.Is(err, c.open) || c.open == nil && err != nil {
				t.Errorf("open: %v", err)
			}
			if !bytes.HasPrefix(content, got) || c.comes == whole && len(got) != len(content) || c.comes == none && len(got) > 0 ||
				c.comes == part && (len(got)%blob.ChunkSize != 0 || len(got) == len(content)) {
				t.Errorf("open: %d bytes", len(got))
			}
			if took := time.Since(begun); took > 6*time.Second || asked.Load() > 6 {
				t.Errorf("open: asked %d times in %v", asked.Load(), took)
			}
		})
		t.Run(c.name+", put", func(t *testing.T) {
			t.Parallel()
			store, set, asked := spoiled(t)
			set(c.fault)
			begun := time.Now()
			_, err := store.Put(t.Context(), bytes.NewReader(blobtest.Bytes(3*blob.ChunkSize+5, 2)))
			if !errors.Is(err, c.put) || c.put == nil && err != nil {
				t.Errorf("put: %v", err)
			}
			if took := time.Since(begun); took > 6*time.Second || asked.Load() > 4 {
				t.Errorf("put: asked %d times in %v", asked.Load(), took)
			}
		})
	}
}

// TestS3LeavesItsReadersTime: only the service must hurry.
func TestS3LeavesItsReadersTime(t *testing.T) {
	t.Parallel()
	store, _, asked := spoiled(t)
	content := blobtest.Bytes(8<<20, 1)
	ref, err := store.Put(t.Context(), bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	asked.Store(0)
	r, err := store.Open(t.Context(), ref, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	time.Sleep(5500 * time.Millisecond)
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content) || asked.Load() != 1 {
		t.Errorf("%d bytes, asked %d times, error %v", len(got), asked.Load(), err)
	}
}

// TestS3LeavesSlowUploadsTime: a part that takes longer than the service may
// be silent, but moves.
func TestS3LeavesSlowUploadsTime(t *testing.T) {
	t.Parallel()
	store, set, _ := spoiled(t)
	set(func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
		r.Body = &slow{r.Body, r.Context()}
		pass.ServeHTTP(w, r)
	})
	if _, err := store.Put(t.Context(), bytes.NewReader(blobtest.Bytes(8<<20, 1))); err != nil {
		t.Error(err)
	}
}

// slow is a body that takes its time: 8 MiB in about seven seconds.
type slow struct {
	io.ReadCloser
	ctx context.Context
}

func (s *slow) Read(b []byte) (int, error) {
	n, err := s.ReadCloser.Read(b[:min(len(b), 16<<10)])
	select {
	case <-time.After(13 * time.Millisecond):
	case <-s.ctx.Done():
	}
	return n, err
}
