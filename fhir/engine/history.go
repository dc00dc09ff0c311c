package engine

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
)

// The sizes of a page of history.
const (
	historyCount    = 50
	historyCountMax = 1000
)

// History is the history interaction on an instance, a type or the system.
// http://hl7.org/fhir/R4/http.html#history
func (e *Engine) History(ctx context.Context, h fhir.History) (fhir.Page, error) {
	return e.history(ctx, e.Store, h)
}

func (e *Engine) history(ctx context.Context, from Reader, h fhir.History) (fhir.Page, error) {
	var must, may []string
	if h.Key.Type == "" {
		may = e.Spec.ResourceTypes()
	} else {
		if err := e.known(h.Key); err != nil {
			return fhir.Page{}, err
		}
		must = []string{h.Key.Type}
	}
	scope := "history " + h.Key.Current().String()
	raw, err := e.Pages.Open(scope, h.Query)
	if err != nil {
		return fhir.Page{}, err
	}
	h.Query = raw
	q, page, err := parseHistory(h)
	if err != nil {
		return fhir.Page{}, err
	}
	f, err := e.fence(ctx, historyOf(h.Key), must, may)
	if err != nil {
		return fhir.Page{}, err
	}
	found, err := from.History(ctx, f, q)
	if err != nil {
		return fhir.Page{}, err
	}
	page.Total = found.Total
	if page.Match, err = e.wholeAll(ctx, found.Versions); err != nil {
		return fhir.Page{}, err
	}
	if err := e.view(ctx, from, f, page.Match); err != nil {
		return fhir.Page{}, err
	}
	if found.Next != "" {
		page.Next = e.Pages.Seal(scope, strings.TrimPrefix(page.Used+"&_cursor="+found.Next, "&"))
	}
	return page, nil
}

// historyOf is the history interaction on a key.
func historyOf(k fhir.Key) string {
	switch {
	case k.ID != "":
		return "history-instance"
	case k.Type != "":
		return "history-type"
	}
	return "history-system"
}

// parseHistory reads _count, _since, _at, what is to be shown of the versions,
// and the position of the page. Of the page it knows how it was understood.
func parseHistory(h fhir.History) (HistoryQuery, fhir.Page, error) {
	q := HistoryQuery{Key: h.Key, Count: historyCount}
	var page fhir.Page
	values, err := url.ParseQuery(h.Query)
	if err != nil {
		return q, page, fhir.Errorf(fhir.Invalid, "the query string is not well-formed")
	}
	used := url.Values{}
	for name, list := range values {
		if len(list) != 1 {
			return q, page, fhir.Errorf(fhir.Invalid, "%s may be given once", name).At(name)
		}
		value := list[0]
		switch name {
		case "_count":
			n, err := strconv.Atoi(value)
			if err != nil || n < 0 {
				return q, page, fhir.Errorf(fhir.Value, "_count is not a number of entries").At(name)
			}
			q.Count = min(n, historyCountMax)
		case "_since":
			d, err := search.ParseDate(value)
			if err != nil {
				return q, page, fhir.Errorf(fhir.Value, "_since is not an instant").At(name)
			}
			q.Since = d.Low
		case "_at":
			d, err := search.ParseDate(value)
			if err != nil {
				return q, page, fhir.Errorf(fhir.Value, "_at is not a date or time").At(name)
			}
			q.From, q.Until = d.Low, d.High
		case "_cursor":
			q.After = value
			continue
		case "_summary":
			if page.Summary, err = search.ParseSummary(value); err != nil {
				return q, page, err
			}
		case "_elements":
			if page.Elements, err = search.ParseElements(value); err != nil {
				return q, page, err
			}
		case "_format", "_pretty":
			continue
		default:
			return q, page, fhir.Errorf(fhir.NotSupported, "history knows _count, _since, _at, _summary and _elements").At(name)
		}
		used.Set(name, value)
	}
	if page.Summary == "count" {
		q.Count = 0
	}
	page.Used = used.Encode()
	page.First = page.Used
	return q, page, nil
}
