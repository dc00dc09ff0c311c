package engine

import (
	"maps"
	"regexp"
	"slices"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
)

// unhidden refuses a search that looks at what the fence hides: who finds
// knows what stands there. It looks at the request and the grants alone.
func (e *Engine) unhidden(f Fence, q search.Query) error {
	if f.Anywhere {
		return nil
	}
	if err := e.looks(f, q.Filters); err != nil {
		return err
	}
	for _, s := range q.Sort {
		if list := orOne(s.Params, s.Param); slices.ContainsFunc(list, func(p *search.Param) bool { return e.hides(f, p) || e.foreigners(f, p) != nil }) {
			return refused("_sort")
		}
	}
	for _, in := range slices.Concat(q.Include, q.RevInclude) {
		if in.Param != nil && e.hides(f, in.Param) {
			return refused("_include")
		}
	}
	return nil
}

func refused(name string) error {
	return fhir.Errorf(fhir.NotSupported, "you cannot search by what you cannot see").At(name)
}

func orOne(list []*search.Param, one *search.Param) []*search.Param {
	if len(list) == 0 && one != nil {
		return []*search.Param{one}
	}
	return list
}

func (e *Engine) looks(f Fence, filters []search.Filter) error {
	for _, filter := range filters {
		for _, p := range orOne(filter.Params, filter.Param) {
			if e.hides(f, p) {
				return refused(p.Code)
			}
			if filter.Op != search.Leaf { // what is at the other end is behind the fence
				continue
			}
			for _, who := range e.foreigners(f, p) {
				if !aboutOwn(e, filter, who) {
					return refused(p.Code)
				}
			}
		}
		if err := e.looks(f, filter.Filters); err != nil {
			return err
		}
	}
	return nil
}

// aboutOwn says whether a filter asks about the caller's own, or about what is
// of another type.
func aboutOwn(e *Engine, f search.Filter, who fhir.Foreign) bool {
	if f.Param.Type != "reference" || f.Modifier != "" && !e.Spec.IsResource(f.Modifier) {
		return false
	}
	return !slices.ContainsFunc(f.Values, func(o search.Operand) bool {
		r := o.Reference
		return r.ID == "" || r.Type == "" || r.Type == who.Type && !slices.Contains(who.Own, r.Type+"/"+r.ID)
	})
}

// apart hides from a search of a compartment what is only in it by an item
// that is about somebody else: to be found there would tell of the item.
func (e *Engine) apart(f *Fence, q search.Query) {
	if f.Anywhere || q.Compartment.Type == "" {
		return
	}
	for _, p := range q.Members {
		for _, who := range e.foreigners(*f, p) {
			if who.Type == q.Compartment.Type && !slices.Contains(who.Own, q.Compartment.Current().String()) {
				f.Types = maps.Clone(f.Types)
				delete(f.Types, p.On)
			}
		}
	}
}

// hides says whether a parameter reads an element that is hidden from the
// caller in any resource of its type.
func (e *Engine) hides(f Fence, p *search.Param) bool {
	for _, s := range f.partials(p.On) {
		if len(s.Hidden) > 0 && e.reads(p, s.Hidden) {
			return true
		}
	}
	return false
}

// foreigners are the rules about items that a parameter reads.
func (e *Engine) foreigners(f Fence, p *search.Param) (list []fhir.Foreign) {
	for _, s := range f.partials(p.On) {
		for _, who := range s.Foreign {
			if e.reads(p, append([]string{who.Element}, who.With...)) {
				list = append(list, who)
			}
		}
	}
	return list
}

// partials are the slices that show only a part, none if another shows all.
func (f Fence) partials(typ string) []Slice {
	if !f.partial(typ) {
		return nil
	}
	return f.Types[typ]
}

// everywhere are the parameters of all resources that read nothing but id and
// meta, or what other parameters say.
var everywhere = []string{"_id", "_lastUpdated", "_tag", "_profile", "_security", "_source", "_type", "_list"}

// ofType finds the elements of a type that an expression begins at.
var ofType = regexp.MustCompile(`\b([A-Z][A-Za-z]*)\.([a-z][A-Za-z]*)`)

// reads says whether a parameter reads any of the elements. Of one whose
// expression does not tell, and of the texts of a whole resource, it is so.
func (e *Engine) reads(p *search.Param, elements []string) bool {
	if slices.Contains(everywhere, p.Code) {
		return false
	}
	def := e.Spec.SearchParam(p.On, p.Code)
	if def == nil {
		return true
	}
	known := false
	for _, m := range ofType.FindAllStringSubmatch(def.Expression, -1) {
		if m[1] != p.On {
			continue
		}
		if known = true; slices.Contains(elements, m[2]) {
			return true
		}
	}
	return !known
}
