package terminology

import (
	"context"

	"github.com/webdoctor/webdoctor/fhir"
)

// http://hl7.org/fhir/R4/codesystem-operation-subsumes.html

// subsumes answers CodeSystem/$subsumes.
func (r *Registry) subsumes(ctx context.Context, svc fhir.Service, op fhir.Operation) (fhir.Result, error) {
	v, list, err := r.begin(ctx, svc, op, "", "codeA", "codeB", "system", "version", "codingA", "codingB")
	if err != nil {
		return fhir.Result{}, err
	}
	var s *System
	if op.Key.ID != "" {
		p, err := v.read(op.Key)
		if err != nil {
			return fhir.Result{}, err
		}
		s = p.system
		if list.get("system") == nil {
			list = append(list, argument{name: "system", text: s.URL})
		}
	}
	a, err := list.pair("codeA", "codingA", "system", "version")
	if err != nil {
		return fhir.Result{}, err
	}
	b, err := list.pair("codeB", "codingB", "system", "version")
	if err != nil {
		return fhir.Result{}, err
	}
	if a.System != b.System || s != nil && a.System != s.URL {
		return fhir.Result{}, fhir.Errorf(fhir.Value, "the codes are not of one code system").At("codingB")
	}
	if s == nil {
		if s, err = v.system(a.System, a.Version); err != nil {
			return fhir.Result{}, err
		}
		if s == nil {
			return fhir.Result{}, missing("code system", a.System, "system")
		}
	}
	outcome, err := s.relation(a.Code, b.Code)
	if err != nil {
		return fhir.Result{}, err
	}
	return answer([]parameter{{Name: "outcome", Code: outcome}})
}

// relation is how one code stands to another
// (valueset-concept-subsumption-outcome.html).
func (s *System) relation(a, b string) (string, error) {
	var at [2]int32
	for i, code := range []string{a, b} {
		m := s.has(code)
		found := false
		if at[i], found = s.find(code); !found {
			if m.Answer == Yes {
				m.Reason = "which codes of " + s.URL + " subsume others is not known here"
			}
			return "", fhir.Errorf(fhir.NotFound, "%s", m.Reason).At([]string{"codeA", "codeB"}[i])
		}
	}
	above, _ := s.subsumes(at[0], at[1])
	below, _ := s.subsumes(at[1], at[0])
	switch {
	case at[0] == at[1]:
		return "equivalent", nil
	case !s.hierarchical():
		return "", fhir.Errorf(fhir.Unprocessable, "what stands below a code of %s is not subsumed by it, by its hierarchyMeaning", s.URL).At("system")
	case above:
		return "subsumes", nil
	case below:
		return "subsumed-by", nil
	case s.Content != "complete":
		return "", fhir.Errorf(fhir.Unprocessable, "of the code system %s not everything is known here, and nothing that says how the codes stand to each other", s.URL).At("system")
	}
	return "not-subsumed", nil
}
