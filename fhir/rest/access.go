package rest

import (
	"context"
	"log/slog"
	"time"
)

// Served is what is known of a request when it has been answered. It holds
// no query, no name and no value from a record, so that it may be counted and
// logged.
type Served struct {
	Method string
	Route  string // the URL's template, "/[type]/[id]"; "" when it has none
	Type   string // resource type, "" when there is none
	Status int
	Took   time.Duration // until the body begins to stream
	Bytes  int64         // of the response's body
}

// record tells the log and the metrics hook what became of a request.
func (s *server) record(r *request) {
	logs := s.log.Enabled(context.Background(), slog.LevelInfo)
	if s.cfg.Served == nil && !logs {
		return
	}
	resp := &r.web.ctx.Response
	v := Served{
		Method: string(r.method),
		Route:  r.template(),
		Status: resp.StatusCode(),
		Took:   time.Since(r.web.started),
	}
	if r.web.ctx.IsHead() {
		v.Method = "HEAD"
	}
	if r.web.known {
		v.Type = r.target.key.Type
	}
	if resp.IsBodyStream() { // whose Body would read all of it into memory
		v.Bytes = int64(resp.Header.ContentLength())
	} else {
		v.Bytes = int64(len(resp.Body()))
	}
	if s.cfg.Served != nil {
		s.cfg.Served(v)
	}
	if logs {
		s.log.LogAttrs(context.Background(), slog.LevelInfo, "request",
			slog.String("request", r.web.id), slog.String("method", v.Method), slog.String("route", v.Route),
			slog.String("type", v.Type), slog.Int("status", v.Status), slog.Duration("took", v.Took), slog.Int64("bytes", v.Bytes))
	}
}

// template is the shape of the URL as text, "" while it has none.
func (r *request) template() string {
	if r.web != nil && !r.web.known {
		return ""
	}
	return r.target.shape.String()
}

// id is the request's id; an entry of a batch has that of the whole.
func (r *request) id() string {
	switch {
	case r.web != nil:
		return r.web.id
	case r.entry != nil:
		return r.entry.request
	}
	return ""
}
