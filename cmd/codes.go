package cmd

import (
	"github.com/webdoctor/webdoctor/fhir/terminology"
	"github.com/webdoctor/webdoctor/fhir/validate"
)

// codes answers what validation asks about value sets that R4 does not
// enumerate: those that are stored.
type codes struct{ terms *terminology.Session }

// Member asks for one code. What cannot be read now is not known.
func (c codes) Member(valueSet, system, code string) validate.Answer {
	m, err := c.terms.Member(valueSet, terminology.Coding{System: system, Code: code})
	switch {
	case err != nil:
		return validate.Unknown
	case m.Answer == terminology.Yes:
		return validate.Yes
	case m.Answer == terminology.No:
		return validate.No
	}
	return validate.Unknown
}
