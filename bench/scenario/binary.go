package scenario

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/http"

	"github.com/webdoctor/webdoctor/bench/b100"
	"github.com/webdoctor/webdoctor/bench/client"
	"github.com/webdoctor/webdoctor/bench/measure"
)

const (
	binarySize  = 20 << 10
	rangeFrom   = 4 << 10
	rangeLength = 4 << 10
	octets      = "application/octet-stream"
)

// The headers of the binary requests. Who uploads bytes does not want them
// back.
var (
	upload   = []client.Header{{Name: "Content-Type", Value: octets}, {Name: "Prefer", Value: "return=minimal"}}
	download = []client.Header{{Name: "Accept", Value: octets}}
	partial  = append([]client.Header{{Name: "Range", Value: fmt.Sprintf("bytes=%d-%d", rangeFrom, rangeFrom+rangeLength-1)}}, download...)
)

// noise is bytes that do not compress.
func noise(size int) []byte {
	b := make([]byte, size)
	c := rand.NewChaCha8([32]byte{b100.Seed})
	_, _ = c.Read(b) // never fails
	return b
}

// unlike makes a body unlike all others of the run, so that a store which
// keeps equal bytes once has to keep these.
func (e *Env) unlike(body []byte) []byte {
	binary.BigEndian.PutUint64(body, e.stamp.Add(1))
	return body
}

// prepareBinaries makes one Binary for each worker there may be.
func prepareBinaries(ctx context.Context, e *Env) error {
	if e.binaries != nil {
		return nil
	}
	https, pgs, done, err := e.connections(ctx, 1)
	defer done()
	if err != nil {
		return err
	}
	body := noise(binarySize)
	for range max(128, len(e.Loaded)) {
		var p pair
		e.unlike(body)
		resp, err := https[0].Do(http.MethodPost, "/Binary", body, upload...)
		if err != nil {
			return err
		}
		id, err := created(resp, "Binary")
		if err != nil {
			return err
		}
		p.path = "/Binary/" + id
		if e.Raw != nil {
			r, err := pgs[0].CreateBinary(ctx, body)
			if err != nil {
				return err
			}
			p.rec = *r
		}
		e.binaries = append(e.binaries, p)
	}
	return nil
}

func checkBinaryPost(_ context.Context, e *Env, conn *client.Conn) error {
	body := e.unlike(noise(binarySize))
	resp, err := conn.Do(http.MethodPost, "/Binary", body, upload...)
	if err != nil {
		return err
	}
	id, err := created(resp, "Binary")
	if err != nil {
		return err
	}
	return readBytes(conn, "/Binary/"+id, body)
}

// readBytes fetches a Binary raw and compares.
func readBytes(conn *client.Conn, path string, want []byte) error {
	resp, err := conn.Get(path, download...)
	if err != nil {
		return err
	}
	if err := status(resp, http.StatusOK); err != nil {
		return err
	}
	if !bytes.Equal(resp.Body(), want) {
		return fmt.Errorf("%d bytes came back unlike the %d sent", len(resp.Body()), len(want))
	}
	return header(resp, "Content-Type", octets)
}

// replaceBinary gives the n-th Binary known bytes.
func (e *Env) replaceBinary(conn *client.Conn, n int) ([]byte, error) {
	body := e.unlike(noise(binarySize))
	resp, err := conn.Do(http.MethodPut, e.binaries[n].path, body, upload...)
	if err != nil {
		return nil, err
	}
	return body, status(resp, http.StatusOK)
}

func checkBinaryPut(_ context.Context, e *Env, conn *client.Conn) error {
	body, err := e.replaceBinary(conn, 0)
	if err != nil {
		return err
	}
	return readBytes(conn, e.binaries[0].path, body)
}

func checkBinaryGet(ctx context.Context, e *Env, conn *client.Conn) error {
	return checkBinaryPut(ctx, e, conn)
}

func checkBinaryRange(_ context.Context, e *Env, conn *client.Conn) error {
	body, err := e.replaceBinary(conn, 1)
	if err != nil {
		return err
	}
	resp, err := conn.Get(e.binaries[1].path, partial...)
	if err != nil {
		return err
	}
	if err := status(resp, http.StatusPartialContent); err != nil {
		return err
	}
	if !bytes.Equal(resp.Body(), body[rangeFrom:rangeFrom+rangeLength]) {
		return fmt.Errorf("%d bytes came back unlike the part asked for", len(resp.Body()))
	}
	return header(resp, "Content-Range", fmt.Sprintf("bytes %d-%d/%d", rangeFrom, rangeFrom+rangeLength-1, binarySize))
}

func (e *Env) anyBinary(r *rand.Rand) *pair { return &e.binaries[r.IntN(len(e.binaries))] }

func binaryGetServer(_ context.Context, e *Env, w *Worker) measure.Op {
	return fetch(e, w, download, http.StatusOK, binarySize)
}

func binaryRangeServer(_ context.Context, e *Env, w *Worker) measure.Op {
	return fetch(e, w, partial, http.StatusPartialContent, rangeLength)
}

func fetch(e *Env, w *Worker, headers []client.Header, code, size int) measure.Op {
	return func() error {
		resp, err := w.HTTP.Get(e.anyBinary(w.Rand).path, headers...)
		if err != nil {
			return err
		}
		if err := status(resp, code); err != nil {
			return err
		}
		return length(resp.Body(), size)
	}
}

func length(b []byte, want int) error {
	if len(b) != want {
		return fmt.Errorf("%d bytes instead of %d", len(b), want)
	}
	return nil
}

func binaryGetRaw(ctx context.Context, e *Env, w *Worker) measure.Op {
	return func() error {
		b, err := w.PG.ReadBinary(ctx, &e.anyBinary(w.Rand).rec)
		if err != nil {
			return err
		}
		return length(b, binarySize)
	}
}

func binaryRangeRaw(ctx context.Context, e *Env, w *Worker) measure.Op {
	return func() error {
		b, err := w.PG.ReadRange(ctx, &e.anyBinary(w.Rand).rec, rangeFrom, rangeLength)
		if err != nil {
			return err
		}
		return length(b, rangeLength)
	}
}

func binaryPostServer(_ context.Context, e *Env, w *Worker) measure.Op {
	body := noise(binarySize)
	return func() error {
		resp, err := w.HTTP.Do(http.MethodPost, "/Binary", e.unlike(body), upload...)
		if err != nil {
			return err
		}
		return status(resp, http.StatusCreated)
	}
}

func binaryPostRaw(ctx context.Context, e *Env, w *Worker) measure.Op {
	body := noise(binarySize)
	return func() error {
		_, err := w.PG.CreateBinary(ctx, e.unlike(body))
		return err
	}
}

func binaryPutServer(_ context.Context, e *Env, w *Worker) measure.Op {
	body := noise(binarySize)
	return func() error {
		resp, err := w.HTTP.Do(http.MethodPut, e.binaries[w.N].path, e.unlike(body), upload...)
		if err != nil {
			return err
		}
		return status(resp, http.StatusOK)
	}
}

func binaryPutRaw(ctx context.Context, e *Env, w *Worker) measure.Op {
	body := noise(binarySize)
	return func() error { return w.PG.UpdateBinary(ctx, &e.binaries[w.N].rec, e.unlike(body)) }
}
