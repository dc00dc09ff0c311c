package scenario

import (
	"context"
	"fmt"
	"net/http"

	"github.com/webdoctor/webdoctor/bench/client"
	"github.com/webdoctor/webdoctor/bench/measure"
	"github.com/webdoctor/webdoctor/bench/raw"
)

// create posts a resource and checks the answer.
func (e *Env) create(conn *client.Conn, typ string, body []byte) (id string, err error) {
	resp, err := conn.Do(http.MethodPost, "/"+typ, body)
	if err != nil {
		return "", err
	}
	return created(resp, typ)
}

func checkCreate(_ context.Context, e *Env, conn *client.Conn) error {
	body := patients()[0].template.Append(nil, nil)
	id, err := e.create(conn, "Patient", body)
	if err != nil {
		return err
	}
	return e.readSame(conn, "Patient/"+id, body)
}

func createServer(_ context.Context, e *Env, w *Worker) measure.Op {
	bodies := patients()
	var buf []byte
	return func() error {
		buf = bodies[w.Rand.IntN(len(bodies))].template.Append(buf[:0], nil)
		resp, err := w.HTTP.Do(http.MethodPost, "/Patient", buf)
		if err != nil {
			return err
		}
		return status(resp, http.StatusCreated)
	}
}

func createRaw(ctx context.Context, e *Env, w *Worker) measure.Op {
	bodies := patients()
	return func() error {
		_, err := w.PG.Create(ctx, []*raw.Plan{bodies[w.Rand.IntN(len(bodies))].plan}, nil)
		return err
	}
}

func checkUpdate(_ context.Context, e *Env, conn *client.Conn) error {
	p := patients()
	id, err := e.create(conn, "Patient", p[0].template.Append(nil, nil))
	if err != nil {
		return err
	}
	before := string(conn.ETag())
	body := p[1].template.AppendWithID(nil, id, nil)
	resp, err := conn.Do(http.MethodPut, "/Patient/"+id, body)
	if err != nil {
		return err
	}
	if err := status(resp, http.StatusOK); err != nil {
		return err
	}
	if after := string(conn.ETag()); after == before || after == "" {
		return fmt.Errorf("ETag %q before and %q after", before, after)
	}
	return e.readSame(conn, "Patient/"+id, body)
}

func updateServer(_ context.Context, e *Env, w *Worker) measure.Op {
	bodies := patients()
	var buf []byte
	return func() error {
		ref := e.own(w).Refs[0]
		buf = bodies[w.Rand.IntN(len(bodies))].template.AppendWithID(buf[:0], ref[len("Patient/"):], nil)
		resp, err := w.HTTP.Do(http.MethodPut, "/"+ref, buf)
		if err != nil {
			return err
		}
		return status(resp, http.StatusOK)
	}
}

func updateRaw(ctx context.Context, e *Env, w *Worker) measure.Op {
	bodies := patients()
	return func() error {
		return w.PG.Update(ctx, &e.own(w).Patient, bodies[w.Rand.IntN(len(bodies))].plan, nil)
	}
}
