package terminology

import (
	"errors"
	"regexp"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"

	"github.com/webdoctor/webdoctor/fhir/ucum"
)

// Some code systems are rules rather than lists, or registries whose content
// the Go project keeps: of those a code can be judged without their content.
// What the value sets of R4 ask for their codes for is there; nothing can be
// enumerated.
var grammars = map[string]func(code string) Answer{
	"http://unitsofmeasure.org": func(code string) Answer { // http://hl7.org/fhir/R4/ucum.html
		_, err := ucum.Parse(code)
		return verdict(err == nil && code != "").Answer
	},
	"urn:ietf:bcp:47": func(code string) Answer {
		_, err := language.Parse(code)
		if _, unregistered := errors.AsType[language.ValueError](err); unregistered {
			return No
		}
		return verdict(err == nil && wellFormedTag.MatchString(code)).Answer
	},
	"urn:ietf:bcp:13": func(code string) Answer {
		if !mediaType.MatchString(code) {
			return No
		}
		return Yes // what is well-formed can be a private one
	},
	"urn:iso:std:iso:4217": func(code string) Answer {
		if !currencyCode.MatchString(code) {
			return No
		}
		_, err := currency.ParseISO(code)
		return verdict(err == nil).Answer
	},
	"urn:iso:std:iso:3166": func(code string) Answer {
		if !countryCode.MatchString(code) {
			return Unknown // a subdivision of part 2, or none
		}
		region, err := language.ParseRegion(code)
		return verdict(err == nil && region.IsCountry()).Answer
	},
}

var (
	wellFormedTag = regexp.MustCompile(`^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$`) // language.Parse takes "_" too
	// RFC 6838 section 4.2, with the parameters of RFC 2045.
	mediaType    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}(\s*;\s*[A-Za-z0-9!#$&^_.+-]+=([A-Za-z0-9!#$&^_.+/:-]+|"[^"\\]*"))*$`)
	currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)
	countryCode  = regexp.MustCompile(`^([A-Z]{2}|[A-Z]{3}|[0-9]{3})$`)
)

// ruled is the code system that a grammar stands for, nil if there is none.
func ruled(url string) *System {
	rules := grammars[url]
	if rules == nil {
		return nil
	}
	return &System{meta: meta{URL: url}, grammar: rules}
}

// testGrammar says whether a code satisfies a filter on a system of rules.
func (s *System) testGrammar(f filter, code string) Membership {
	switch {
	case f.op == "regex" && f.property == "code" && f.pattern != nil:
		return verdict(f.pattern.MatchString(code))
	case s.URL == "http://unitsofmeasure.org" && f.op == "=" && f.property == "canonical":
		unit, err := ucum.Parse(code)
		of, errOf := ucum.Parse(f.value)
		return verdict(err == nil && errOf == nil && unit.Dimension() == of.Dimension())
	}
	return unknown("a value set filters the codes of " + s.URL + " by what is not known of them here")
}
