package terminology

import "context"

// Session asks about the codes of one document, which may have many: what its
// questions cost together is bounded. It is not for concurrent use.
type Session struct {
	registry *Registry
	ctx      context.Context
	left     int
}

// sessionWork is how many codes and clauses the questions of a document may
// look at together.
const sessionWork = 10 * maxWork

// Session begins one.
func (r *Registry) Session(ctx context.Context) *Session {
	return &Session{registry: r, ctx: ctx, left: sessionWork}
}

// Member says whether a code is in a value set, given by url or url|version.
// Without a system any system of the value set will do, as for elements of type
// code, whose value set implies it. The error is that of reading what is stored.
func (s *Session) Member(valueSet string, c Coding) (Membership, error) {
	v, err := s.registry.view(s.ctx, nil)
	if err != nil {
		return Membership{}, err
	}
	if v.limit = min(v.limit, s.left); v.limit <= 0 {
		return unknown("the codes of the document take too much to look up"), nil
	}
	m, err := v.contains(valueSet, c)
	s.left -= v.work
	return m, err
}

// contains says whether a code is in a value set.
func (v *view) contains(valueSet string, c Coding) (Membership, error) {
	vs, err := v.valueSet(valueSet)
	if err != nil || vs == nil {
		return unknown("the value set " + clip(valueSet) + " is not known here"), err
	}
	if c.System == "" {
		return v.settle(v.memberCode(vs, c.Code))
	}
	return v.settle(v.member(vs, c))
}
