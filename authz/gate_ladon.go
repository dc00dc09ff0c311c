package authz

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/ory/ladon"
)

// ladon decides; here is what it is given so that a decision costs no regular
// expression, visits the policies of one subject and resource only, and hands back which
// policies decided.

// matcher compares names, exactly or up to a star at their end.
type matcher struct{}

// Matches says whether any of the names matches.
func (matcher) Matches(_ ladon.Policy, names []string, name string) (bool, error) {
	for _, n := range names {
		if n == name {
			return true, nil
		}
		if start, open := strings.CutSuffix(n, "*"); open && strings.HasPrefix(name, start) {
			return true, nil
		}
	}
	return false, nil
}

// candidates are the policies of a subject, by the resources that they name.
type candidates struct {
	named map[string]ladon.Policies
	open  ladon.Policies // those that name some with a star
}

func (c *candidates) add(p *ladon.DefaultPolicy) {
	if slices.ContainsFunc(p.Resources, func(r string) bool { return strings.HasSuffix(r, "*") }) {
		c.open = append(c.open, p)
		return
	}
	for _, r := range p.Resources {
		if !slices.Contains(c.named[r], ladon.Policy(p)) {
			c.named[r] = append(c.named[r], p)
		}
	}
}

// of are those that may match a resource.
func (c *candidates) of(resource string) ladon.Policies {
	if c == nil {
		return nil
	}
	return slices.Concat(c.named[resource], c.open)
}

// manager finds the policies of a subject. They are changed as a whole set,
// not through it.
type manager struct{ set *Policies }

var errWholeSet = errors.New("policies are changed as a set")

// FindRequestCandidates are the policies of the request's subject.
func (m manager) FindRequestCandidates(_ context.Context, r *ladon.Request) (ladon.Policies, error) {
	return m.set.bySubject[r.Subject].of(r.Resource), nil
}

// FindPoliciesForSubject refuses.
func (manager) FindPoliciesForSubject(context.Context, string) (ladon.Policies, error) {
	return nil, errWholeSet
}

// Create refuses.
func (manager) Create(context.Context, ladon.Policy) error { return errWholeSet }

// Update refuses.
func (manager) Update(context.Context, ladon.Policy) error { return errWholeSet }

// Get refuses.
func (manager) Get(context.Context, string) (ladon.Policy, error) { return nil, errWholeSet }

// Delete refuses.
func (manager) Delete(context.Context, string) error { return errWholeSet }

// GetAll refuses.
func (manager) GetAll(context.Context, int64, int64) (ladon.Policies, error) { return nil, errWholeSet }

// FindPoliciesForResource refuses.
func (manager) FindPoliciesForResource(context.Context, string) (ladon.Policies, error) {
	return nil, errWholeSet
}

// logger gives the policies that allowed a request to who asked.
type logger struct{}

// asking is the name of who asks in the context of a request.
const asking = "asking"

// LogGrantedAccessRequest notes the policies that decided.
func (logger) LogGrantedAccessRequest(_ context.Context, r *ladon.Request, _, deciders ladon.Policies) {
	if q, ok := r.Context[asking].(*question); ok {
		q.deciders = append(q.deciders, deciders...)
	}
}

// LogRejectedAccessRequest does nothing: the answer says so.
func (logger) LogRejectedAccessRequest(context.Context, *ladon.Request, ladon.Policies, ladon.Policies) {
}

// metric counts nothing. It is set from the start, because ladon would make
// one of its own when it is first asked, by many at once.
type metric struct{}

// RequestDeniedBy does nothing.
func (metric) RequestDeniedBy(ladon.Request, ladon.Policy) {}

// RequestAllowedBy does nothing.
func (metric) RequestAllowedBy(ladon.Request, ladon.Policies) {}

// RequestNoMatch does nothing.
func (metric) RequestNoMatch(ladon.Request) {}

// RequestProcessingError does nothing.
func (metric) RequestProcessingError(ladon.Request, ladon.Policy, error) {}

func newWarden(set *Policies) *ladon.Ladon {
	return &ladon.Ladon{Manager: manager{set}, Matcher: matcher{}, AuditLogger: logger{}, Metric: metric{}}
}
