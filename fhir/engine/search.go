package engine

import (
	"context"
	"slices"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
)

// Search is the search interaction.
// http://hl7.org/fhir/R4/http.html#search
func (e *Engine) Search(ctx context.Context, s fhir.Search) (fhir.Page, error) {
	return e.search(ctx, e.Store, s)
}

func (e *Engine) search(ctx context.Context, from Reader, s fhir.Search) (fhir.Page, error) {
	for _, k := range []fhir.Key{{Type: s.Type}, s.Compartment} {
		if k.Type == "" {
			continue
		}
		if err := e.known(k); err != nil {
			return fhir.Page{}, err
		}
	}
	scope := "search " + s.Compartment.String() + "/" + s.Type
	raw, err := e.Pages.Open(scope, s.Query)
	if err != nil {
		return fhir.Page{}, err
	}
	q, err := e.Params.Parse(search.Request{Type: s.Type, Compartment: s.Compartment, Query: raw, Lenient: s.Lenient, Terms: e.terms(ctx)})
	if err != nil {
		return fhir.Page{}, err
	}
	must, may := e.named(s, &q)
	f, err := e.fence(ctx, "search", must, may)
	if err != nil {
		return fhir.Page{}, err
	}
	if f, err = f.asked(&q, must); err != nil {
		return fhir.Page{}, err
	}
	if err := granted(f, q); err != nil {
		return fhir.Page{}, err
	}
	if err := e.unhidden(f, q); err != nil {
		return fhir.Page{}, err
	}
	e.apart(&f, q)
	// Asked first: what is complete before the search is complete for it.
	if err := e.honest(ctx, &q); err != nil {
		return fhir.Page{}, err
	}
	found, err := from.Search(ctx, f, q)
	if err != nil {
		return fhir.Page{}, err
	}
	page := fhir.Page{Total: found.Total, Used: q.Used, First: e.Pages.Seal(scope, q.Used), Notes: q.Notes, Summary: q.Summary, Elements: q.Elements}
	if page.Match, err = e.wholeAll(ctx, found.Match); err != nil {
		return fhir.Page{}, err
	}
	if page.Include, err = e.wholeAll(ctx, found.Include); err != nil {
		return fhir.Page{}, err
	}
	for _, list := range [][]fhir.Resource{page.Match, page.Include} {
		if err := e.view(ctx, from, f, list); err != nil {
			return fhir.Page{}, err
		}
	}
	page.Next = e.Pages.Seal(scope, withCursor(q.Used, found.Next))
	page.Prev = e.Pages.Seal(scope, withCursor(q.Used, found.Prev))
	return page, nil
}

// named lists the types that the request names, which the gate must allow,
// and those that may come along, which it may hide.
func (e *Engine) named(s fhir.Search, q *search.Query) (must, may []string) {
	if s.Type == "" {
		may = append(may, q.Types...)
	} else {
		must = append(must, q.Types...)
	}
	for _, in := range q.Include {
		switch {
		case in.Target != "":
			must = append(must, in.Target)
		default:
			may = append(may, e.Spec.ResourceTypes()...)
		}
	}
	for _, in := range q.RevInclude {
		must = append(must, in.Source)
	}
	search.Reached(q.Filters, func(types []string, named bool) {
		if named {
			must = append(must, types...)
		} else {
			may = append(may, types...)
		}
	})
	slices.Sort(must)
	must = slices.Compact(must)
	return must, without(may, must)
}

// without is a list of names once each, but for those of another list.
func without(list, others []string) []string {
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(t string) bool { return slices.Contains(others, t) })
}

// granted refuses a search that follows a reference to types of which none is
// granted: it would never find anything, and says so whatever there is.
func granted(f Fence, q search.Query) error {
	if f.Anywhere {
		return nil
	}
	var err error
	search.Reached(q.Filters, func(types []string, _ bool) {
		if !slices.ContainsFunc(types, func(t string) bool { return len(f.Types[t]) > 0 }) {
			err = fhir.Errorf(fhir.Forbidden, "the search follows a reference to what you have no access to")
		}
	})
	return err
}

func withCursor(used string, c *search.Cursor) string {
	if c == nil {
		return ""
	}
	if used != "" {
		used += "&"
	}
	return used + "_cursor=" + c.Encode()
}
