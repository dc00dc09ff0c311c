package engine

import (
	"bytes"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
)

// http://hl7.org/fhir/R4/patient-operation-everything.html

const (
	everythingCount = 100 // resources of a page, unless _count says otherwise
	everythingMost  = 1000
	everythingHomes = 100 // compartments that one page of a type may look into
)

// everything is a record being read: the members of one compartment after
// the other.
type everything struct {
	*Engine
	home    string // the type of the compartments
	types   []string
	wanted  []string // by _type; nil for all
	since   time.Time
	filters []search.Filter
	count   int
	after   *search.Cursor // Keys has the id of the compartment, if there are several; ID is within it
	used    string
	fence   Fence
}

// everything answers $everything of one compartment, or of all that the
// caller sees: its members, the resource itself, and with them what they
// refer to outside of any such compartment, like who acted and where.
func (e *Engine) everything(ctx context.Context, _ fhir.Service, op fhir.Operation) (fhir.Result, error) {
	scope := "everything " + op.Key.String()
	raw, err := e.Pages.Open(scope, op.Query)
	if err != nil {
		return fhir.Result{}, err
	}
	op.Query = raw
	x := everything{Engine: e, home: op.Key.Type, count: everythingCount}
	if err := x.read(op); err != nil {
		return fhir.Result{}, err
	}
	var others []string
	for _, typ := range e.Spec.ResourceTypes() {
		if typ != x.home {
			others = append(others, typ)
		}
	}
	if x.fence, err = e.fence(ctx, "search", []string{x.home}, others); err != nil {
		return fhir.Result{}, err
	}
	if x.fence, err = x.fence.asked(nil, []string{x.home}); err != nil {
		return fhir.Result{}, err
	}
	var found SearchPage
	if op.Key.ID != "" {
		found, err = x.one(ctx, op.Key)
	} else {
		found, err = x.all(ctx)
	}
	if err == nil {
		err = x.refer(ctx, &found)
	}
	if err != nil {
		return fhir.Result{}, err
	}
	page := fhir.Page{Used: x.used, First: e.Pages.Seal(scope, x.used), Next: e.Pages.Seal(scope, withCursor(x.used, found.Next))}
	if page.Match, err = e.wholeAll(ctx, found.Match); err == nil {
		page.Include, err = e.wholeAll(ctx, found.Include)
	}
	for _, list := range [][]fhir.Resource{page.Match, page.Include} {
		if err == nil {
			err = e.view(ctx, e.Store, x.fence, list)
		}
	}
	return fhir.Result{Page: &page}, err
}

// read reads the parameters.
func (x *everything) read(op fhir.Operation) error {
	arguments, err := op.Arguments()
	if err != nil {
		return err
	}
	given := map[string]string{}
	for _, a := range arguments {
		if _, twice := given[a.Name]; twice && a.Name != "_type" {
			return fhir.Errorf(fhir.Value, "it may be given once").At(a.Name)
		}
		switch a.Name {
		case "start", "end", "_since", "_count", "_cursor":
			given[a.Name] = a.Value
		case "_type":
			given["_type"] = ""
			x.wanted = append(x.wanted, strings.Split(a.Value, ",")...)
		default:
			return fhir.Errorf(fhir.NotSupported, "the operation has the parameters start, end, _since, _type and _count").At(a.Name)
		}
		if a.Name != "_cursor" {
			x.used = strings.TrimPrefix(x.used+"&"+a.Name+"="+url.QueryEscape(a.Value), "&")
		}
	}
	c := x.Spec.Compartment(x.home)
	x.types = slices.Clone(c.Types())
	if !slices.Contains(x.types, x.home) {
		x.types = append(x.types, x.home)
	}
	for _, typ := range x.wanted {
		if !x.Spec.IsResource(typ) {
			return fhir.Errorf(fhir.Value, "there is no such resource type").At("_type")
		}
	}
	if x.wanted != nil {
		x.types = slices.DeleteFunc(x.types, func(t string) bool { return !slices.Contains(x.wanted, t) })
		if len(x.types) == 0 {
			return fhir.Errorf(fhir.Value, "none of the resource types is part of the compartment").At("_type")
		}
	}
	slices.Sort(x.types)
	if text, ok := given["_count"]; ok {
		if x.count, err = strconv.Atoi(text); err != nil || x.count < 1 {
			return fhir.Errorf(fhir.Value, "_count is a number from 1").At("_count")
		}
		x.count = min(x.count, everythingMost)
	}
	if text, ok := given["_cursor"]; ok {
		if x.after, err = search.DecodeCursor(text); err != nil || x.after.Backward || len(x.after.Keys) > 1 || (len(x.after.Keys) == 1) != (op.Key.ID == "") {
			return fhir.Errorf(fhir.Value, "the page link is not one that this server gave out").At("_cursor")
		}
	}
	return x.conditions(given)
}

// conditions reads what narrows the members.
func (x *everything) conditions(given map[string]string) error {
	if text, ok := given["_since"]; ok {
		var err error
		if x.since, err = time.Parse(time.RFC3339, text); err != nil {
			return fhir.Errorf(fhir.Value, "_since is an instant, 2024-05-01T08:00:00Z").At("_since")
		}
		q, err := x.Params.Parse(search.Request{Type: x.home, Query: "_lastUpdated=ge" + url.QueryEscape(text)})
		if err != nil {
			return err
		}
		x.filters = append(x.filters, q.Filters...)
	}
	start, from := given["start"]
	end, until := given["end"]
	if from && start == "" || until && end == "" {
		return fhir.Errorf(fhir.Value, "start and end are dates").At("start")
	}
	if !from && !until {
		return nil
	}
	f, err := x.Params.Clinical(x.types, x.home, start, end)
	if err != nil {
		return err
	}
	if len(f.Filters) > 0 {
		x.filters = append(x.filters, f)
	}
	return nil
}

// one reads a page of one compartment. What is hidden or missing is refused
// as a read of it is.
func (x *everything) one(ctx context.Context, home fhir.Key) (SearchPage, error) {
	page, err := x.members(ctx, home, x.after, x.count)
	if err != nil {
		return SearchPage{}, err
	}
	if !slices.ContainsFunc(page.Match, func(s Stored) bool { return s.Current() == home.Current() }) {
		if _, err := x.Engine.read(ctx, x.Store, home.Current()); err != nil {
			return SearchPage{}, err
		}
	}
	return page, nil
}

// members reads members of a compartment, in the order of their numbers.
func (x *everything) members(ctx context.Context, home fhir.Key, after *search.Cursor, count int) (SearchPage, error) {
	return x.Store.Search(ctx, x.fence, search.Query{Types: x.types, Compartment: home.Current(), Members: x.Params.Members(home.Type, x.types),
		Filters: x.filters, Count: count, After: after})
}

// all fills a page from one compartment after the other, in the order of
// their ids.
func (x *everything) all(ctx context.Context) (SearchPage, error) {
	var page SearchPage
	seen := map[int64]bool{}
	take := func(home fhir.Key, after *search.Cursor) (full bool, err error) {
		found, err := x.members(ctx, home, after, x.count-len(page.Match))
		if err != nil {
			return false, err
		}
		for _, s := range found.Match {
			if !seen[s.RID] {
				seen[s.RID] = true
				page.Match = append(page.Match, s)
			}
		}
		if found.Next != nil {
			page.Next = &search.Cursor{Keys: []string{home.ID}, ID: found.Next.ID}
		}
		return found.Next != nil, nil
	}
	q, err := x.Params.Parse(search.Request{Type: x.home, Query: "_sort=_id"})
	if err != nil {
		return page, err
	}
	q.Count = everythingHomes
	last := "" // the compartment that was looked into
	if x.after != nil {
		last = x.after.Keys[0]
		home := fhir.Key{Type: x.home, ID: last}
		q.After = &search.Cursor{Keys: []string{home.ID}}
		if x.after.ID != noMore {
			// Who lost sight of the compartment between two pages sees
			// nothing more of it.
			if _, err := x.Store.Read(ctx, x.fence, home); err == nil {
				if full, err := take(home, &search.Cursor{ID: x.after.ID}); full || err != nil {
					return page, err
				}
			} else if fhir.CodeOf(err) != fhir.NotFound {
				return page, err
			}
		}
	}
	homes, err := x.Store.Search(ctx, x.fence, q)
	if err != nil {
		return page, err
	}
	for _, home := range homes.Match {
		if len(page.Match) >= x.count {
			page.Next = &search.Cursor{Keys: []string{last}, ID: noMore}
			return page, nil
		}
		last = home.ID
		if full, err := take(home.Current(), nil); full || err != nil {
			return page, err
		}
	}
	if homes.Next != nil {
		page.Next = &search.Cursor{Keys: []string{last}, ID: noMore}
	}
	return page, nil
}

// noMore is the position at the end of a compartment.
const noMore = -1

// refer adds what the members refer to outside of all compartments of that
// type, as far as the caller sees it.
func (x *everything) refer(ctx context.Context, page *SearchPage) error {
	c := x.Spec.Compartment(x.home)
	seen := map[fhir.Key]bool{}
	for _, s := range page.Match {
		seen[s.Current()] = true
	}
	var keys []fhir.Key
	for _, s := range page.Match {
		x.references(s.JSON, func(k fhir.Key) {
			if seen[k] || k.Type == x.home || len(c.Params(k.Type)) > 0 || !x.Spec.IsResource(k.Type) || x.wanted != nil && !slices.Contains(x.wanted, k.Type) {
				return
			}
			seen[k] = true
			keys = append(keys, k)
		})
	}
	if len(keys) == 0 {
		return nil
	}
	heads, err := x.Store.Heads(ctx, x.fence, keys)
	if err != nil {
		return err
	}
	for _, k := range keys { // in the order in which they were met
		if h, ok := heads[k]; ok && !h.Hidden && !h.Deleted && !h.Updated.Before(x.since) {
			page.Include = append(page.Include, h.Stored)
		}
	}
	return nil
}

// references calls f with every literal reference to a resource of this
// server. It looks for the member "reference" in the text, which costs a
// hundredth of parsing it; a key of that name is a reference wherever it is.
func (x *everything) references(text []byte, f func(fhir.Key)) {
	member := []byte(`"reference"`)
	for {
		i := bytes.Index(text, member)
		if i < 0 {
			return
		}
		text = bytes.TrimLeft(text[i+len(member):], " \t\r\n")
		if len(text) == 0 || text[0] != ':' {
			continue
		}
		text = bytes.TrimLeft(text[1:], " \t\r\n")
		if len(text) == 0 || text[0] != '"' {
			continue
		}
		end := bytes.IndexByte(text[1:], '"')
		if end < 0 {
			return
		}
		target := text[1 : 1+end]
		if x.Params.Base != "" {
			target = bytes.TrimPrefix(target, []byte(x.Params.Base+"/"))
		}
		target, _, _ = bytes.Cut(target, []byte("/_history/"))
		typ, id, ok := bytes.Cut(target, []byte("/"))
		if k := (fhir.Key{Type: string(typ), ID: string(id)}); ok && fhir.ValidID(k.ID) {
			f(k)
		}
	}
}
