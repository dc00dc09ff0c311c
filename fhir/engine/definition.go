package engine

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// definitionType is the resource type that adds to what can be searched by.
const definitionType = "SearchParameter"

// define refuses a search parameter that could not be searched by. Changes
// that write any follow each other, by a lock of their plan, so that what is
// read here stays as it is. An attempt sees what it writes itself too: a
// definition that it deletes is gone already.
func (a *attempt) define(ctx context.Context, d *tree.Doc, source fhir.Key) error {
	if a.Index == nil {
		return nil
	}
	def := search.ReadDefinition(d, source)
	if !a.Params.Applies(def) {
		return nil
	}
	if a.defined == nil {
		if err := a.inForce(ctx); err != nil {
			return err
		}
	}
	if err := a.Params.Admit(def, a.defined); err != nil {
		return err
	}
	a.defined = append(a.defined, def)
	return nil
}

// inForce reads the definitions that others wrote and this change leaves.
func (a *attempt) inForce(ctx context.Context) error {
	q, err := a.Params.Parse(search.Request{Type: definitionType, Query: "status=active&_count=1000"})
	if err != nil {
		return err
	}
	a.defined = []search.Definition{}
	for {
		page, err := a.tx.Search(ctx, Fence{Anywhere: true}, q)
		if err != nil {
			return err
		}
		for _, s := range page.Match {
			d, err := tree.Parse(s.JSON)
			if err != nil {
				return err
			}
			if def := search.ReadDefinition(d, s.Key); a.Params.Applies(def) && !slices.Contains(a.keys, s.Current()) {
				a.defined = append(a.defined, def)
			}
		}
		if page.Next == nil {
			return nil
		}
		q.After = page.Next
	}
}

// learn puts in force what was committed. If it cannot be done now it will be
// soon, by those who follow what other servers write.
func (e *Engine) learn(ctx context.Context) {
	if err := e.Index.Learn(context.WithoutCancel(ctx)); err != nil && e.Log != nil {
		e.Log.Warn("search parameters were written and are not in force yet", "error", err.Error())
	}
}

// honest notes in a query of whose parameters the index is not complete: what
// is found is right, and there may be more.
func (e *Engine) honest(ctx context.Context, q *search.Query) error {
	if e.Index == nil {
		return nil
	}
	partial, err := e.Index.Partial(ctx, *q)
	if err != nil {
		return err
	}
	for _, p := range partial {
		what := "the index of " + p.Type
		if len(p.Params) > 0 {
			what += " is not complete for " + strings.Join(p.Params, ", ")
		} else {
			what += " is being made anew"
		}
		q.Notes = append(q.Notes, fhir.Issue{
			Severity: "warning", Code: fhir.Corrupt,
			Message: what + ": " + strconv.FormatInt(p.Done, 10) + " of " + strconv.FormatInt(p.Total, 10) + " resources are indexed, the others are not found",
		})
	}
	return nil
}

// decidable refuses criteria whose index is not complete: what is not found
// yet would be created a second time.
func (e *Engine) decidable(ctx context.Context, q search.Query) error {
	if err := e.honest(ctx, &q); err != nil || len(q.Notes) == 0 {
		return err
	}
	return fhir.Errorf(fhir.Unavailable, "the criteria cannot be decided now: %s", q.Notes[len(q.Notes)-1].Message)
}
