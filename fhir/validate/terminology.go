package validate

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir/spec"
)

// codes are the codes that an element of type code must be among: those of
// its required binding (terminologies.html#required). It is nil when there is
// none, or when its members cannot be enumerated from the definitions, as with
// media types, currencies and units. Of a code the value set implies the
// system, so that the code alone decides.
func (v *Validator) codes(el *spec.Element, ref spec.TypeRef) *spec.Set {
	if ref.Code != "code" || el.Binding == nil || el.Binding.Strength != "required" {
		return nil
	}
	set, ok := v.defs.Codes(el.Binding.ValueSet)
	if !ok {
		return nil
	}
	return &set
}

// unknownCode names the value set that a code is not in.
func unknownCode(el *spec.Element) string {
	url, _, _ := strings.Cut(el.Binding.ValueSet, "|")
	return "the code is not in the required value set " + url
}
