package engine

import (
	"context"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
)

// Find returns all current resources of a type that match a query, whoever
// asks: what the server itself goes by, as its value sets. It is not for
// answers to callers.
func (e *Engine) Find(ctx context.Context, typ, query string) ([]fhir.Resource, error) {
	q, err := e.Params.Parse(search.Request{Type: typ, Query: query})
	if err != nil {
		return nil, err
	}
	var all []fhir.Resource
	for {
		page, err := e.Store.Search(ctx, Fence{Anywhere: true}, q)
		if err != nil {
			return nil, err
		}
		whole, err := e.wholeAll(ctx, page.Match)
		if err != nil {
			return nil, err
		}
		if all = append(all, whole...); page.Next == nil {
			return all, nil
		}
		q.After = page.Next
	}
}

// Generation is that of the resources of terminology.
func (e *Engine) Generation(ctx context.Context, exact bool) (int64, error) {
	if e.Terminology == nil {
		return 0, nil
	}
	return e.Terminology.Generation(ctx, exact)
}

// terms are what the searches of a caller may ask about codes.
func (e *Engine) terms(ctx context.Context) search.Terms {
	if e.Terms == nil {
		return nil
	}
	return e.Terms(ctx, e)
}
