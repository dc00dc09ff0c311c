package rest

import (
	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// maxIssues is how many faults of a transaction are told at once.
const maxIssues = 20

// transaction has all entries of a Bundle done or none
// (https://hl7.org/fhir/R4/http.html#trules). Every entry is read before any
// is carried out, so that all that is wrong with their form is said at once.
func (s *server) transaction(r *request, d *tree.Doc, list tree.Node) (reply, error) {
	n := d.Count(list)
	all := make([]request, 0, n)
	changes := make([]fhir.Change, 0, n) // of all but those that ask for metadata, which are not about data
	var issues []fhir.Issue
	for e := range d.Children(list) {
		x, err := s.parseEntry(r.base, d, e, len(all))
		one := r.inside(x)
		if err == nil && one.target.shape != metadata {
			var c fhir.Change
			c, err = s.entryChange(&one)
			changes = append(changes, c)
		}
		if err != nil {
			f := explain(err)
			issues = append(issues, fhir.Issue{Severity: "error", Code: f.Code, Message: f.Message, Expression: f.Expression})
			if len(issues) == maxIssues {
				break
			}
		}
		all = append(all, one)
	}
	if len(issues) > 0 {
		return reply{}, &fhir.Error{Code: issues[0].Code, Message: issues[0].Message, Issues: issues}
	}
	var results []fhir.Result
	if len(changes) > 0 {
		var err error
		if results, err = s.svc.Commit(r.ctx, changes...); err != nil {
			return reply{}, err
		}
	}
	b := newResponse("transaction-response", n)
	for i := range all {
		if all[i].target.shape == metadata {
			s.appendEntry(&b, &all[i], s.statementEntry(&all[i]))
			continue
		}
		s.appendEntry(&b, &all[i], entryReply(&all[i], results[0]))
		results = results[1:]
	}
	return reply{status: 200, content: ready, json: b.close()}, nil
}

// entryChange is the change that an entry of a transaction asks for.
func (s *server) entryChange(r *request) (fhir.Change, error) {
	rt, err := s.find(r)
	if err != nil {
		return fhir.Change{}, under(err, r.at()+".request")
	}
	if rt.change == nil {
		return fhir.Change{}, fhir.Errorf(fhir.NotSupported, "%s %s cannot be part of a transaction; a batch takes it", r.method, r.target.shape).At(r.at() + ".request.url")
	}
	c, err := rt.change(r)
	if err != nil {
		return c, under(err, r.at()+".request")
	}
	return c, nil
}

// entryReply is what became of an entry of a transaction.
func entryReply(r *request, res fhir.Result) reply {
	switch {
	case r.method != fhir.GET:
		return written(r, res)
	case res.Page == nil:
		return found(r, res.Resource)
	case r.target.shape == systemHistory, r.target.shape == typeHistory, r.target.shape == instanceHistory:
		return reply{status: 200, content: history, page: res.Page}
	}
	return reply{status: 200, content: searchset, page: res.Page}
}
