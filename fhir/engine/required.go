package engine

import (
	"context"
	"sync"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/profile"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// Required are the profiles that resources of their types must satisfy to be
// stored, by canonical URL with or without |version. They are read from what
// is stored, anew every few seconds. A write while one of them is not there
// is refused: a rule that cannot be read is not one that is kept.
type Required struct {
	URLs []string

	mu    sync.Mutex
	until time.Time
	list  []*profile.Profile
	// others are the profiles that those lead to: their bases, and those of
	// extensions and types; nil for one that is not there.
	others map[string]*profile.Profile
}

// requiredFor is how long profiles are kept in memory.
const requiredFor = 5 * time.Second

// of returns the profiles, in the order of the URLs.
func (r *Required) of(ctx context.Context, e *Engine) ([]*profile.Profile, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := time.Now(); now.Before(r.until) {
		return r.list, nil
	}
	var list []*profile.Profile
	for _, url := range r.URLs {
		p, err := e.profile(ctx, url)
		if err != nil {
			return nil, err
		}
		if p == nil {
			return nil, &fhir.Error{Code: fhir.Unavailable, Message: "the profile " + url + ", which this server requires, is not stored here", RetryAfter: requiredFor}
		}
		list = append(list, p)
	}
	r.list, r.until, r.others = list, time.Now().Add(requiredFor), map[string]*profile.Profile{}
	return list, nil
}

// other finds a profile that required ones lead to, once as long as those are
// kept.
func (r *Required) other(ctx context.Context, e *Engine, canonical string) (*profile.Profile, error) {
	r.mu.Lock()
	p, ok := r.others[canonical]
	ok = ok && time.Now().Before(r.until)
	r.mu.Unlock()
	if ok {
		return p, nil
	}
	p, err := e.profile(ctx, canonical)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.others) < maxProfiles {
		r.others[canonical] = p
	}
	return p, nil
}

// defining are the types that must be stored before a profile can be required
// of anything.
func defining(d *tree.Doc) bool {
	for _, typ := range []string{profileType, "ValueSet", "CodeSystem"} {
		if d.TextIs(d.Find("resourceType"), typ) {
			return true
		}
	}
	return false
}

// satisfied refuses a resource that does not satisfy the profiles that are
// required of its type.
func (e *Engine) satisfied(ctx context.Context, d *tree.Doc) error {
	if len(e.Required.URLs) == 0 || defining(d) {
		return nil
	}
	list, err := e.Required.of(ctx, e)
	if err != nil {
		return err
	}
	known := map[string]*profile.Profile{}
	for i, p := range list {
		known[e.Required.URLs[i]], known[p.URL] = p, p
	}
	budget := profile.Budget(d)
	c := &profile.Checker{Budget: &budget, Defs: e.Spec, Terms: e.codes(ctx), Find: func(canonical string) (*profile.Profile, error) {
		if p := known[canonical]; p != nil {
			return p, nil
		}
		return e.Required.other(ctx, e, canonical)
	}}
	var issues []fhir.Issue
	for i, p := range list {
		if !d.TextIs(d.Find("resourceType"), p.Type) {
			continue
		}
		for _, is := range c.Check(d, d.Root(), e.Required.URLs[i], 20-len(issues)) {
			if is.Severity == "warning" && is.Node == d.Root() && is.Code == fhir.NotFound {
				return &fhir.Error{Code: fhir.Unavailable, Message: "a profile that this server requires is based on one that is not stored here: " + is.Message, RetryAfter: requiredFor}
			}
			if is.Severity == "error" {
				is.Expression = e.Validator.Expression(d, is.Node, is.Below)
				issues = append(issues, is.Issue)
			}
		}
	}
	if len(issues) == 0 {
		return nil
	}
	return &fhir.Error{Code: fhir.Unprocessable, Message: "the resource does not satisfy a profile that this server requires: " + issues[0].Message, Expression: issues[0].Expression, Issues: issues}
}
