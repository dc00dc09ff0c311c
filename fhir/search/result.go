package search

import (
	"strconv"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
)

// http://hl7.org/fhir/R4/search.html#return

const (
	defaultCount = 50
	maxCount     = 1000 // a larger _count is answered with pages of this size, as R4 allows
	maxSort      = 5
	maxIncludes  = 50
)

// resultParams are the parameters that say what is returned, not what matches.
var resultParams map[string]func(p *parsing, pair pair) error

func init() {
	once := func(read func(p *parsing, value string) error) func(*parsing, pair) error {
		return func(p *parsing, pair pair) error {
			if pair.name != pair.base() {
				return fhir.Errorf(fhir.NotSupported, "%s has no modifiers", pair.base())
			}
			if p.once[pair.name] {
				return fhir.Errorf(fhir.Value, "%s may be given once", pair.name)
			}
			p.once[pair.name] = true
			return read(p, pair.value)
		}
	}
	ignore := func(*parsing, string) error { return nil }
	resultParams = map[string]func(*parsing, pair) error{
		"_count":      once((*parsing).count),
		"_total":      once((*parsing).total),
		"_summary":    once((*parsing).summary),
		"_elements":   once((*parsing).elements),
		"_sort":       once((*parsing).sort),
		"_cursor":     once((*parsing).cursor),
		"_type":       once((*parsing).typ),
		"_format":     once(ignore), // content negotiation is the business of fhir/rest
		"_pretty":     once(ignore),
		"_include":    (*parsing).include,
		"_revinclude": (*parsing).revinclude,
	}
}

func (p *parsing) count(value string) error {
	n, err := strconv.ParseUint(value, 10, 31)
	if err != nil {
		return fhir.Errorf(fhir.Value, "_count is a number of matches, from 0 to %d", maxCount)
	}
	p.query.Count = int(min(n, maxCount))
	return nil
}

func (p *parsing) total(value string) error {
	if value != "none" && value != "estimate" && value != "accurate" {
		return fhir.Errorf(fhir.Value, "_total is none, estimate or accurate")
	}
	p.query.Total = value
	return nil
}

func (p *parsing) summary(value string) (err error) {
	p.query.Summary, err = ParseSummary(value)
	return err
}

func (p *parsing) elements(value string) (err error) {
	p.query.Elements, err = ParseElements(value)
	return err
}

// ParseSummary reads the value of _summary: true, text, data, count, or "" for
// all of the resources.
func ParseSummary(value string) (string, error) {
	switch value {
	case "true", "text", "data", "count":
		return value, nil
	case "false":
		return "", nil
	}
	return "", fhir.Errorf(fhir.Value, "_summary is true, text, data, count or false").At("_summary")
}

// ParseElements reads the value of _elements.
func ParseElements(value string) ([]string, error) {
	list := strings.Split(value, ",")
	if len(list) > maxParams {
		return nil, fhir.Errorf(fhir.Value, "too many elements").At("_elements")
	}
	for _, name := range list {
		if !plainName(name) {
			return nil, fhir.Errorf(fhir.Value, "_elements is a list of names of elements").At("_elements")
		}
	}
	return list, nil
}

func plainName(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isLetter(s[i]) && (i == 0 || s[i] != '.' && s[i] != '-' && (s[i] < '0' || s[i] > '9')) {
			return false
		}
	}
	return s != "" && len(s) <= 128
}

func (p *parsing) cursor(value string) (err error) {
	p.query.After, err = DecodeCursor(value)
	return err
}

func (p *parsing) typ(string) error {
	if p.request.Type != "" {
		return fhir.Errorf(fhir.Invalid, "_type is for searches of all types")
	}
	return nil // was read before everything else
}
