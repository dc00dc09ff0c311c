package rest

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"github.com/webdoctor/webdoctor/fhir"
)

// request is one interaction that is asked for, over HTTP or by an entry of a
// batch. Its strings are copies.
type request struct {
	ctx      context.Context
	base     string      // absolute base URL, without a slash at the end
	method   fhir.Method // GET for HEAD too
	target   target
	query    string // raw, without _format and _pretty
	controls controls
	format   format
	prefer   preference

	web   *web   // the HTTP side, nil for an entry of a batch
	entry *entry // the entry, nil over HTTP
}

// conditions are the headers that make an interaction conditional, or what
// an entry of a Bundle has in their place. An empty one is not there, except
// that an empty criterion of a conditional create is not nil: to ignore it
// would create what was meant to be found.
type conditions struct {
	ifMatch         string
	ifNoneMatch     string
	ifModifiedSince string
	ifNoneExist     *string
}

func (r *request) conditions() conditions {
	if r.entry != nil {
		return r.entry.conditions
	}
	h := &r.web.ctx.Request.Header
	c := conditions{
		ifMatch:         string(h.Peek(fiber.HeaderIfMatch)),
		ifNoneMatch:     string(h.Peek(fiber.HeaderIfNoneMatch)),
		ifModifiedSince: string(h.Peek(fiber.HeaderIfModifiedSince)),
	}
	if v := h.Peek("If-None-Exist"); v != nil {
		s := criteria(string(v))
		c.ifNoneExist = &s
	}
	return c
}

// at is the prefix of expressions in errors.
func (r *request) at() string {
	if r.entry != nil {
		return r.entry.at
	}
	return ""
}

// change starts the Change that the request asks for.
func (r *request) change() fhir.Change {
	c := r.conditions()
	ch := fhir.Change{
		Method:      r.method,
		Key:         r.target.key,
		IfMatch:     c.ifMatch,
		IfNoneMatch: c.ifNoneMatch,
		At:          r.at(),
	}
	if r.entry != nil {
		ch.FullURL = r.entry.fullURL
	}
	return ch
}
