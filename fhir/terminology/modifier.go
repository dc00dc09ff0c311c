package terminology

import (
	"context"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
)

// Asker answers the questions of one caller: what is stored is there as far
// as the service shows it.
type Asker struct {
	r   *Registry
	ctx context.Context
	svc fhir.Service
}

// For is the registry as the callers of a service see it.
func (r *Registry) For(ctx context.Context, svc fhir.Service) *Asker { return &Asker{r, ctx, svc} }

// Members yields all members of a value set, given by its canonical URL or as
// ValueSet/id. It is an error if they are not all known.
func (a *Asker) Members(valueSet string, yield func(system, code string) bool) error {
	v, err := a.r.view(a.ctx, a.svc)
	if err != nil {
		return err
	}
	var vs *ValueSet
	if id, ok := strings.CutPrefix(valueSet, valueSetType+"/"); ok && fhir.ValidID(id) && a.svc != nil {
		p, err := v.read(fhir.Key{Type: valueSetType, ID: id})
		if code := fhir.CodeOf(err); code == fhir.NotFound || code == fhir.Gone {
			return fhir.Errorf(fhir.Value, "there is no %s", valueSet)
		}
		if err != nil {
			return err
		}
		vs = p.valueSet
	} else if vs, err = v.valueSet(valueSet); err != nil {
		return err
	}
	if vs == nil {
		return fhir.Errorf(fhir.NotSupported, "that is no value set that is known here: it is none of R4's, and none that is stored, by its URL")
	}
	e := enumeration{view: v}
	err = e.set(vs, func(f found) error {
		if !yield(f.System, f.Code) {
			return errEnough
		}
		return nil
	})
	if f, ok := err.(*fhir.Error); ok && f.Code == fhir.Unprocessable {
		return fhir.Errorf(fhir.NotSupported, "%s", f.Message)
	}
	if err == errEnough {
		err = nil
	}
	return err
}

// Subsumed are a code and all that it subsumes, or all that subsume it. They
// are not known unless the code system is, completely.
func (a *Asker) Subsumed(system, code string, above bool) (codes []string, known bool, err error) {
	v, err := a.r.view(a.ctx, a.svc)
	if err != nil {
		return nil, false, err
	}
	s, err := v.system(system, "")
	if err != nil || s == nil || s.Content != "complete" || !s.hierarchical() {
		return nil, false, err
	}
	at, ok := s.find(code)
	if !ok {
		return nil, false, nil
	}
	s.walk(at, above, func(at int32) bool {
		codes = append(codes, s.concepts[at].Code)
		return false
	})
	return codes, true, nil
}
