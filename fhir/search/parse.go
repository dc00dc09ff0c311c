package search

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
)

// The limits of a search. They are far beyond what is useful and keep an
// absurd one from costing more than its refusal.
const (
	maxQuery    = 1 << 20 // bytes of the raw query
	maxParams   = 200     // parameters
	maxFilters  = 64      // of them, filters
	maxValue    = 8 << 10 // bytes of one value
	maxOr       = 1000    // alternatives of one filter
	maxOperands = 50_000  // of one filter, bare ids spelt out for every type they may have
)

// Parse reads a raw query string (search.html). An unknown parameter is an
// error that names the valid ones, or a note if the request is lenient; what
// is wrong with a known one is always an error whose Expression names it.
func (r *Registry) Parse(req Request) (Query, error) {
	p := parsing{registry: r, request: req, query: Query{Compartment: req.Compartment, Count: defaultCount}}
	if err := p.run(); err != nil {
		return Query{}, err
	}
	return p.query, nil
}

// parsing is one query string being read.
type parsing struct {
	registry *Registry
	request  Request
	query    Query
	used     []string

	once       map[string]bool // result parameters seen
	inclusions int
	chains     int         // links tried
	compare    *comparison // of the test that is being read, in a _filter
}

func (p *parsing) run() error {
	pairs, err := split(p.request.Query)
	if err != nil {
		return err
	}
	if err := p.types(pairs); err != nil {
		return err
	}
	p.query.Members = p.registry.Members(p.query.Compartment.Type, p.query.Types)
	p.once = map[string]bool{}
	for _, pair := range pairs {
		err := p.parameter(pair)
		if e, ok := errors.AsType[*unknown](err); ok {
			if !p.request.Lenient || p.request.Criteria {
				return e.error
			}
			p.query.Notes = append(p.query.Notes, fhir.Issue{
				Severity: "warning", Code: fhir.NotSupported, Message: e.error.Message + "; it was ignored", Expression: e.error.Expression,
			})
			continue
		}
		if err != nil {
			return err
		}
	}
	if p.request.Criteria && len(p.query.Filters) == 0 {
		return fhir.Errorf(fhir.Invalid, "criteria need at least one search parameter, as without any they match everything")
	}
	if p.query.Summary == "count" {
		p.query.Count = 0
	}
	p.query.Used = strings.Join(p.used, "&")
	return nil
}

// unknown is the error of a parameter that a lenient request passes over.
type unknown struct{ error *fhir.Error }

func (u *unknown) Error() string { return u.error.Error() }

// parameter reads one parameter, whichever kind it is.
func (p *parsing) parameter(pair pair) error {
	if read := resultParams[pair.base()]; read != nil {
		if p.request.Criteria {
			return fhir.Errorf(fhir.Invalid, "criteria may not contain %s, which is about results", pair.base()).At(pair.name)
		}
		if err := read(p, pair); err != nil {
			return at(err, pair.name)
		}
	} else {
		f, err := p.filter(pair)
		if err != nil {
			return at(err, pair.name)
		}
		if len(p.query.Filters) == maxFilters {
			return fhir.Errorf(fhir.Value, "more than %d search parameters", maxFilters).At(pair.name)
		}
		// What must hold together can be found by any one of it.
		if f.Op == And {
			p.query.Filters = append(p.query.Filters, f.Filters...)
		} else {
			p.query.Filters = append(p.query.Filters, f)
		}
	}
	p.use(pair.name, pair.value)
	return nil
}

// use adds to the query as understood.
func (p *parsing) use(name, value string) {
	if name != "_cursor" {
		p.used = append(p.used, escapeQuery(name)+"="+escapeQuery(value))
	}
}

// at names the parameter in an error that names nothing yet.
func at(err error, name string) error {
	e, ok := err.(*fhir.Error)
	if u, skip := err.(*unknown); skip {
		e, ok = u.error, true
	}
	if ok && e.Expression == "" {
		e.Expression = name
	}
	return err
}

// types decides which resource types are searched.
func (p *parsing) types(pairs []pair) error {
	d, home := p.registry.definitions, p.request.Compartment
	var members []string
	if home.Type != "" {
		c := d.Compartment(home.Type)
		if c == nil {
			return fhir.Errorf(fhir.NotSupported, "there is no compartment of type %s", clip(home.Type))
		}
		members = slices.Clone(c.Types())
		if !slices.Contains(members, home.Type) {
			members = append(members, home.Type)
		}
		slices.Sort(members)
	}
	if typ := p.request.Type; typ != "" {
		if !d.IsResource(typ) {
			return fhir.Errorf(fhir.NotSupported, "there is no resource type %s", clip(typ))
		}
		if members != nil && !slices.Contains(members, typ) {
			return fhir.Errorf(fhir.Invalid, "%s is not part of the compartment of a %s", typ, home.Type)
		}
		p.query.Types = []string{typ}
		return nil
	}
	p.query.Types = d.ResourceTypes()
	if members != nil {
		p.query.Types = members
	}
	for _, pair := range pairs {
		if pair.name != "_type" {
			continue
		}
		var wanted []string
		for _, typ := range strings.Split(pair.value, ",") {
			if !d.IsResource(typ) {
				return fhir.Errorf(fhir.Value, "there is no resource type %s", clip(typ)).At("_type")
			}
			if slices.Contains(p.query.Types, typ) && !slices.Contains(wanted, typ) {
				wanted = append(wanted, typ)
			}
		}
		if len(wanted) == 0 {
			return fhir.Errorf(fhir.Value, "none of the resource types can be here").At("_type")
		}
		p.query.Types = wanted
	}
	return nil
}

// known lists the parameters that all of the types have, for a message.
func (p *parsing) known(types []string) string {
	var codes []string
	for _, param := range p.registry.Params(types[0]) {
		if p.paramsOf(types, param.Code) != nil {
			codes = append(codes, param.Code)
		}
	}
	const most = 80
	if len(codes) > most {
		codes = append(codes[:most], "…")
	}
	return strings.Join(codes, ", ")
}

// params are the parameters of that code of all types of the query.
func (p *parsing) params(code string) []*Param { return p.paramsOf(p.query.Types, code) }

// paramsOf are the parameters of that code of all of the types; nil unless
// every type has one, of the same kind.
func (p *parsing) paramsOf(types []string, code string) []*Param {
	list := make([]*Param, 0, len(types))
	for _, typ := range types {
		param := p.registry.Param(typ, code)
		if param == nil || len(list) > 0 && param.Type != list[0].Type {
			return nil
		}
		list = append(list, param)
	}
	return list
}

// among names what is searched, for a message.
func among(types []string) string {
	if len(types) == 1 {
		return types[0]
	}
	return fmt.Sprintf("a search of %d types", len(types))
}
