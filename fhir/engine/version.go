package engine

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/patch"
	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// writes makes the new versions of all POST, PUT and PATCH items and hands
// them to the store, each behind the fence of its action.
func (a *attempt) writes(ctx context.Context) error {
	byAction := map[string][]Write{}
	for i, it := range a.items {
		if it.action == "read" || it.Method == fhir.DELETE || a.settled(i) {
			continue
		}
		w, action, err := a.version(ctx, i, it)
		if err != nil {
			return it.blame(err)
		}
		byAction[action] = append(byAction[action], w)
	}
	for i, it := range a.items {
		if it.same >= 0 {
			a.results[i] = fhir.Result{Resource: a.results[it.same].Resource}
		}
	}
	for action, list := range byAction {
		if err := a.tx.Write(ctx, a.fences[action], list); err != nil {
			return err
		}
	}
	return nil
}

// version makes the version that an item writes.
func (a *attempt) version(ctx context.Context, i int, it *item) (Write, string, error) {
	k := a.keys[i]
	h, there := a.heads[k]
	action := it.action
	// Who may not choose ids, or sees only a part of a type, may not bring a new id into the world by
	// PUT: the answer would tell whether a hidden resource has that id.
	chosen := it.Method == fhir.PUT && (it.criteria == nil || a.unmatched[i] && it.doc.Find("id") != tree.None)
	named := chosen && !a.fences["update"].Chooses(k.Type)
	switch {
	case there && h.Hidden, !there && (it.Method == fhir.PATCH || named):
		return Write{}, "", fhir.Errorf(fhir.NotFound, "no resource %s", k)
	case it.Method == fhir.PATCH && h.Deleted:
		return Write{}, "", gone(k)
	case there && !h.Deleted && a.unmatched[i]:
		return Write{}, "", fhir.Errorf(fhir.Conflict, "the criteria match nothing, and the id in the body is that of another resource").At(it.Key.Type + ".id")
	}
	if err := matches(it.IfMatch, h, there && !h.Deleted); err != nil {
		return Write{}, "", err
	}
	if err := noneMatches(it.IfNoneMatch, h, there && !h.Deleted); err != nil {
		return Write{}, "", err
	}
	if there && !h.Deleted && !a.fences[it.action].Anywhere {
		if err := a.seen(ctx, h); err != nil {
			return Write{}, "", err
		}
	}
	if it.Method == fhir.PUT && !there {
		if err := a.mayCreate(ctx, k); err != nil {
			return Write{}, "", err
		}
		action = "create"
	}
	d, holes := it.doc, it.holes
	if it.Method == fhir.PATCH {
		var err error
		if d, holes, err = a.patched(ctx, i, it, h); err != nil {
			return Write{}, "", err
		}
	}
	if it.given != nil {
		if data := d.Find("data"); data != tree.None {
			holes = []hole{{data, *it.given}}
		}
	}
	if k.Type == definitionType {
		if err := a.define(ctx, d, fhir.Key{Type: k.Type, ID: k.ID, Version: h.Version + 1}); err != nil {
			return Write{}, "", err
		}
	}
	w := Write{Previous: h.Version, RID: h.RID, Revived: there && h.Deleted}
	r := fhir.Resource{Key: k, Method: it.Method, Updated: a.after(h.Updated)}
	r.Version = h.Version + 1
	edits, err := stamp(d, r.Key, r.Updated)
	if err != nil {
		return Write{}, "", err
	}
	edits = append(edits, a.links.edits[i]...)
	w.Resource = r
	w.Resource.JSON, w.Blobs = cut(d, edits, holes)
	r.JSON = w.Resource.JSON
	if len(holes) > 0 && it.given == nil {
		r.JSON = tree.Splice(d.Bytes(), edits...)
	}
	if w.New, err = a.extract(w.Resource.JSON); err != nil {
		return Write{}, "", err
	}
	if there && !h.Deleted {
		if w.Old, err = a.extract(h.JSON); err != nil {
			return Write{}, "", err
		}
	}
	if f := a.fences[action]; !f.Anywhere {
		var before []byte
		if there && !h.Deleted {
			before = h.JSON
		}
		if err := a.guarded(f.Rights[k.Type], k.Type, before, d); err != nil {
			return Write{}, "", err
		}
	}
	if k.Type == binaryType {
		if to, ok := a.local(d.Text(d.Find("securityContext", "reference"))); ok {
			w.Context = &to
		}
	}
	if err := a.relate(ctx, &w, action); err != nil {
		return Write{}, "", err
	}
	a.results[i] = fhir.Result{Resource: r, Created: !there || h.Deleted, Changed: true}
	if a.Audit != nil {
		a.note(ctx, i, action, r.Key, slices.Concat(w.New.Homes, w.Old.Homes)...)
	}
	return w, action, nil
}

// mayCreate asks the gate for the create that a PUT turned out to be.
func (a *attempt) mayCreate(ctx context.Context, k fhir.Key) error {
	f, ok := a.fences["create"]
	if ok && f.Shows(k.Type) {
		return nil
	}
	types := []string{k.Type}
	for t := range f.Types {
		if t != k.Type {
			types = append(types, t)
		}
	}
	f, err := a.fence(ctx, "create", types, nil)
	if err == nil {
		a.fences["create"] = f
	}
	return err
}

// patched applies the patch of an item to the head.
// http://hl7.org/fhir/R4/http.html#patch
func (a *attempt) patched(ctx context.Context, i int, it *item, h Head) (*tree.Doc, []hole, error) {
	before, err := a.whole(ctx, h.Stored)
	if err != nil {
		return nil, nil, err
	}
	d, err := tree.Parse(before.JSON)
	if err != nil {
		return nil, nil, err
	}
	var after []byte
	if strings.HasPrefix(it.ContentType, "application/json-patch+json") {
		after, err = patch.JSON(d, it.JSON)
	} else {
		var p *tree.Doc
		if p, err = tree.Parse(it.JSON); err == nil {
			after, err = patch.FHIRPath(d, p, path.Env{Definitions: a.Spec, Now: a.Now})
		}
	}
	if err != nil {
		return nil, nil, err
	}
	if d, err = tree.Parse(after); err != nil {
		return nil, nil, err
	}
	if err := a.valid(ctx, d); err != nil {
		return nil, nil, err
	}
	if err := a.referPatched(ctx, i, d); err != nil {
		return nil, nil, err
	}
	holes, err := a.holes(ctx, d)
	return d, holes, err
}

func (a *attempt) extract(json []byte) (search.Values, error) {
	d, err := tree.Parse(json)
	if err != nil {
		return search.Values{}, err
	}
	return a.Params.Extract(d)
}

// after is the time of a version that follows one of the time before: clocks
// may stand still or run backwards, the versions of a resource may not.
func (a *attempt) after(before time.Time) time.Time {
	now := a.now()
	if !now.After(before) {
		return before.Add(time.Millisecond)
	}
	return now
}

// matches holds a head against If-Match (http.html#concurrency).
func matches(tag string, h Head, there bool) error {
	if tag == "" {
		return nil
	}
	if there && (tag == "*" || tagVersion(tag) == h.Version) {
		return nil
	}
	return fhir.Errorf(fhir.Precondition, "the resource has changed meanwhile: If-Match names another version than the current one")
}

// noneMatches holds a head against If-None-Match of a write; "*" means that
// the resource must not exist yet.
func noneMatches(tag string, h Head, there bool) error {
	if tag != "" && there && (tag == "*" || tagVersion(tag) == h.Version) {
		return fhir.Errorf(fhir.Precondition, "the resource exists already: If-None-Match does not allow that")
	}
	return nil
}

// tagVersion reads W/"3", "3" and 3; -1 for anything else.
func tagVersion(tag string) int {
	tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
	if len(tag) >= 2 && tag[0] == '"' && tag[len(tag)-1] == '"' {
		tag = tag[1 : len(tag)-1]
	}
	n, err := strconv.Atoi(tag)
	if err != nil {
		return -1
	}
	return n
}
