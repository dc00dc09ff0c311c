package scenario

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/webdoctor/webdoctor/bench/b100"
	"github.com/webdoctor/webdoctor/bench/client"
	"github.com/webdoctor/webdoctor/bench/measure"
	"github.com/webdoctor/webdoctor/bench/raw"
)

// get makes an operation that asks for a path drawn anew each time.
func get(w *Worker, path func() string) measure.Op {
	return func() error {
		resp, err := w.HTTP.Get(path())
		if err != nil {
			return err
		}
		return status(resp, http.StatusOK)
	}
}

func getMetadata(_ context.Context, _ *Env, w *Worker) measure.Op {
	return get(w, func() string { return "/metadata" })
}

func checkMetadata(_ context.Context, _ *Env, conn *client.Conn) error {
	resp, err := conn.Get("/metadata")
	if err != nil {
		return err
	}
	if err := status(resp, http.StatusOK); err != nil {
		return err
	}
	var c struct {
		ResourceType, FHIRVersion string
		Rest                      []struct{ Resource []struct{ Type string } }
	}
	if err := json.Unmarshal(resp.Body(), &c); err != nil {
		return err
	}
	if c.ResourceType != "CapabilityStatement" || c.FHIRVersion != "4.0.1" || len(c.Rest) == 0 || len(c.Rest[0].Resource) == 0 {
		return fmt.Errorf("a %s of FHIR %s with %d rest", c.ResourceType, c.FHIRVersion, len(c.Rest))
	}
	return nil
}

func readServer(_ context.Context, e *Env, w *Worker) measure.Op {
	return get(w, func() string { return "/" + e.any(w.Rand).Refs[0] })
}

func readRaw(ctx context.Context, e *Env, w *Worker) measure.Op {
	return func() error {
		_, err := w.PG.Read(ctx, &e.any(w.Rand).Patient)
		return err
	}
}

// checkRead reads a whole loaded bundle back: each resource as it was sent,
// the references rewritten.
func checkRead(_ context.Context, e *Env, conn *client.Conn) error {
	for _, l := range []*Loaded{e.Loaded[0], e.Loaded[len(e.Loaded)-1]} {
		for i, entry := range b100.New(l.N).Entries {
			if err := e.readSame(conn, l.Refs[i], entry.Template.Append(nil, l.Refs)); err != nil {
				return err
			}
		}
	}
	return nil
}

// versions is how many versions the patients of the history scenario have.
const versions = 5

func prepareHistory(ctx context.Context, e *Env) error {
	if e.histories != nil {
		return nil
	}
	https, pgs, done, err := e.connections(ctx, 1)
	defer done()
	if err != nil {
		return err
	}
	bodies, conn := patients(), https[0]
	for i := range 32 {
		var p pair
		at := func(v int) patient { return bodies[(i*versions+v)%len(bodies)] }
		id, err := e.create(conn, "Patient", at(0).template.Append(nil, nil))
		if err != nil {
			return err
		}
		p.path = "/Patient/" + id
		for v := 1; v < versions; v++ {
			resp, err := conn.Do(http.MethodPut, p.path, at(v).template.AppendWithID(nil, id, nil))
			if err != nil {
				return err
			}
			if err := status(resp, http.StatusOK); err != nil {
				return err
			}
		}
		if e.Raw != nil {
			records, err := pgs[0].Create(ctx, []*raw.Plan{at(0).plan}, nil)
			if err != nil {
				return err
			}
			p.rec = records[0]
			for v := 1; v < versions; v++ {
				if err := pgs[0].Update(ctx, &p.rec, at(v).plan, nil); err != nil {
					return err
				}
			}
		}
		e.histories = append(e.histories, p)
	}
	return nil
}

func checkHistory(_ context.Context, e *Env, conn *client.Conn) error {
	for i, p := range e.histories[:3] {
		resp, err := conn.Get(p.path + "/_history")
		if err != nil {
			return err
		}
		b, err := parseBundle(resp, "history")
		if err != nil {
			return err
		}
		if len(b.Entry) != versions || b.Total == nil || *b.Total != versions {
			return fmt.Errorf("%d entries of %d versions", len(b.Entry), versions)
		}
		for n, entry := range b.Entry { // newest first
			v := versions - n
			sent := patients()[(i*versions+v-1)%len(patients())].template.Append(nil, nil)
			if err := same(sent, entry.Resource, e.Exact); err != nil {
				return fmt.Errorf("version %d: %w", v, err)
			}
			got, err := identify(entry.Resource)
			if err != nil {
				return err
			}
			method := map[bool]string{true: http.MethodPost, false: http.MethodPut}[v == 1]
			if entry.Request.Method != method || entry.Response.Status == "" || "/Patient/"+got.ID != p.path {
				return fmt.Errorf("version %d: id %s, method %s, status %q", v, got.ID, entry.Request.Method, entry.Response.Status)
			}
		}
	}
	return nil
}

func historyServer(_ context.Context, e *Env, w *Worker) measure.Op {
	return get(w, func() string { return e.histories[w.Rand.IntN(len(e.histories))].path + "/_history" })
}

func historyRaw(ctx context.Context, e *Env, w *Worker) measure.Op {
	return func() error {
		n, err := w.PG.History(ctx, &e.histories[w.Rand.IntN(len(e.histories))].rec)
		if err == nil && n != versions {
			err = fmt.Errorf("%d versions", n)
		}
		return err
	}
}
