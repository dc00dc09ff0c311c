package scenario

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/webdoctor/webdoctor/bench/b100"
	"github.com/webdoctor/webdoctor/bench/client"
	"github.com/webdoctor/webdoctor/bench/measure"
	"github.com/webdoctor/webdoctor/bench/raw"
)

// LoadResult says how the loading went.
type LoadResult struct {
	Bundles   int     `json:"bundles"`
	Resources int     `json:"resources"`
	Bytes     int64   `json:"json_bytes"`
	Workers   int     `json:"workers"`
	Server    float64 `json:"server_resources_per_s"`
	Raw       float64 `json:"raw_resources_per_s,omitempty"`
}

// Load gives the bundles of the data set to both sides until they have the
// first n, in chunks that take turns. A bundle is one transaction. Bundles are
// generated before the clock starts on their chunk. The result is about those
// that were not there before.
func (e *Env) Load(ctx context.Context, n, workers int, progress func(done int)) (LoadResult, error) {
	res := LoadResult{Workers: workers}
	https, pgs, done, err := e.connections(ctx, workers)
	defer done()
	if err != nil {
		return res, err
	}
	e.Forget()
	e.late = nil
	var server, rawTime time.Duration
	first := len(e.Loaded)
	for from := first; from < n; from += 8 * workers {
		chunk := make([]parcel, min(8*workers, n-from))
		made := make([]*Loaded, len(chunk))
		_ = measure.Each(len(chunk), workers, func(_, i int) error {
			chunk[i] = newParcel(b100.New(from + i))
			made[i] = facts(from+i, chunk[i].bundle)
			return nil
		})
		begun := time.Now()
		if err := measure.Each(len(chunk), workers, func(w, i int) error { return made[i].send(https[w], chunk[i]) }); err != nil {
			return res, fmt.Errorf("load the server: %w", err)
		}
		server += time.Since(begun)
		begun = time.Now()
		if e.Raw != nil {
			if err := measure.Each(len(chunk), workers, func(w, i int) error { return made[i].store(ctx, pgs[w], chunk[i]) }); err != nil {
				return res, fmt.Errorf("load raw postgres: %w", err)
			}
			rawTime += time.Since(begun)
		}
		for _, p := range chunk {
			res.Bytes += int64(len(p.body))
		}
		e.Loaded = append(e.Loaded, made...)
		progress(len(e.Loaded))
		if err := ctx.Err(); err != nil {
			return res, err
		}
	}
	res.Bundles = len(e.Loaded) - first
	res.Resources = res.Bundles * b100.Size
	if res.Bundles > 0 {
		res.Server = float64(res.Resources) / server.Seconds()
	}
	if e.Raw != nil && res.Bundles > 0 {
		res.Raw = float64(res.Resources) / rawTime.Seconds()
	}
	return res, nil
}

// connections opens what the workers of both sides need.
func (e *Env) connections(ctx context.Context, workers int) (https []*client.Conn, pgs []*raw.Conn, done func(), err error) {
	done = func() {
		for _, c := range https {
			c.Close()
		}
		for _, c := range pgs {
			_ = c.Close(context.WithoutCancel(ctx)) // the database goes, too
		}
	}
	for range workers {
		https = append(https, e.Client.Conn())
		if e.Raw == nil {
			continue
		}
		pg, err := e.Raw.Conn(ctx)
		if err != nil {
			return https, pgs, done, err
		}
		pgs = append(pgs, pg)
	}
	return https, pgs, done, nil
}

func facts(n int, b *b100.Bundle) *Loaded {
	p := b.Entries[0].Resource
	l := &Loaded{N: n}
	for _, v := range raw.Values(p, "family") {
		l.Family, _ = v.(string)
	}
	l.Birth, _ = p.Get("birthDate").(string)
	for _, id := range p.Get("identifier").(b100.Array) {
		if id := id.(b100.Object); id.Get("system") == b100.MRN {
			l.MRN, _ = id.Get("value").(string)
		}
	}
	return l
}

// send posts the bundle and remembers what its resources are called.
func (l *Loaded) send(conn *client.Conn, p parcel) error {
	resp, err := conn.Do(http.MethodPost, "", p.body)
	if err != nil {
		return err
	}
	if err := status(resp, http.StatusOK); err != nil {
		return err
	}
	l.Refs, err = responses(resp.Body(), p.bundle)
	return err
}

func (l *Loaded) store(ctx context.Context, pg *raw.Conn, p parcel) error {
	records, err := pg.Create(ctx, p.plans, nil)
	if err != nil {
		return err
	}
	l.RawRefs, l.Patient = raw.Refs(records), records[0]
	return nil
}

// responses reads the references of what a bundle has created off its
// response, whose entries stand in the order of the request.
func responses(body []byte, b *b100.Bundle) ([]string, error) {
	var r struct {
		Entry []struct {
			Response struct{ Status, Location string }
		}
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, fmt.Errorf("the response is not JSON: %w", err)
	}
	if len(r.Entry) != len(b.Entries) {
		return nil, fmt.Errorf("%d entries were answered by %d", len(b.Entries), len(r.Entry))
	}
	refs := make([]string, len(r.Entry))
	for i, entry := range r.Entry {
		typ, id, _ := client.Location(entry.Response.Location)
		if !strings.HasPrefix(entry.Response.Status, "201") || typ != b.Entries[i].Template.Type || id == "" {
			return nil, fmt.Errorf("entry %d, a %s: status %q, location %q", i, b.Entries[i].Template.Type, entry.Response.Status, entry.Response.Location)
		}
		refs[i] = typ + "/" + id
	}
	return refs, nil
}
