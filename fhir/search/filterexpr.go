package search

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
)

// http://hl7.org/fhir/R4/search_filter.html
//
//	filter   = term (("and" / "or") term)*
//	term     = path SP operator SP value / ["not"] "(" filter ")"
//	path     = the name of a search parameter, or a chain of them
//	value    = JSON string / characters that are neither white space nor ) or ]
//
// "and" and "or" are taken from left to right and neither binds stronger, as
// R4 has it.

// The limits of one _filter.
const (
	maxExprDepth = 32
	maxExprTests = 64
)

// expression is a _filter being read.
type expression struct {
	*parsing
	types []string
	text  string
	at    int
	depth int
	tests int
}

// filterExpr reads the value of _filter.
func (p *parsing) filterExpr(types []string, text string) (Filter, error) {
	if len(text) > maxValue {
		return Filter{}, fhir.Errorf(fhir.Value, "a filter has at most %d bytes", maxValue)
	}
	x := expression{parsing: p, types: types, text: text}
	f, err := x.filter()
	if err == nil && x.at < len(x.text) {
		err = x.errorf("there is something left after the filter")
	}
	if u, ok := errors.AsType[*unknown](err); ok {
		err = u.error // part of an expression cannot be passed over
	}
	return f, err
}

// errorf says where the filter could not be read. What stands there is not
// repeated, since it may be clinical.
func (x *expression) errorf(format string, args ...any) error {
	args = append(args, x.at+1)
	return fhir.Errorf(fhir.Value, format+", at character %d", args...)
}

// filter reads terms from left to right.
func (x *expression) filter() (Filter, error) {
	if x.depth++; x.depth > maxExprDepth {
		return Filter{}, fhir.Errorf(fhir.Value, "a filter is nested at most %d deep", maxExprDepth)
	}
	defer func() { x.depth-- }()
	f, err := x.term()
	for err == nil {
		x.space()
		op := And
		switch {
		case x.word("and"):
		case x.word("or"):
			op = Or
		default:
			return f, nil
		}
		var next Filter
		if next, err = x.term(); err != nil {
			break
		}
		if f.Op == op {
			f.Filters = append(f.Filters[:len(f.Filters):len(f.Filters)], next)
		} else {
			f = Filter{Op: op, Filters: []Filter{f, next}}
		}
	}
	return Filter{}, err
}

func (x *expression) term() (Filter, error) {
	x.space()
	before := x.at
	not := x.word("not")
	x.space()
	if x.next('(') {
		f, err := x.filter()
		if err != nil {
			return Filter{}, err
		}
		x.space()
		if !x.next(')') {
			return Filter{}, x.errorf("a parenthesis is not closed")
		}
		if not {
			f = Filter{Op: Not, Filters: []Filter{f}}
		}
		return f, nil
	}
	if not {
		return Filter{}, x.errorf("after not there must be a filter in parentheses")
	}
	x.at = before
	return x.test()
}

// test reads path, operator and value.
func (x *expression) test() (Filter, error) {
	if x.tests++; x.tests > maxExprTests {
		return Filter{}, fhir.Errorf(fhir.Value, "a filter has at most %d comparisons", maxExprTests)
	}
	path := x.while(func(c byte) bool { return isLetter(c) || c >= '0' && c <= '9' || strings.IndexByte("_-.:", c) >= 0 })
	switch {
	case path == "":
		return Filter{}, x.errorf("the name of a search parameter is missing")
	case x.next('['):
		return Filter{}, fhir.Errorf(fhir.NotSupported, "a filter in brackets within a path is not supported; what must stand together is asked by a composite parameter, what a reference points at by a chain")
	}
	x.space()
	c := comparison{operator: x.while(isLetter)}
	if operators[c.operator] == nil {
		return Filter{}, x.errorf("there is no such operator; there are eq ne co sw ew gt lt ge le ap sa eb pr po ss sb in ni re")
	}
	x.space()
	var err error
	if c.value, err = x.value(); err != nil {
		return Filter{}, err
	}
	x.compare = &c
	defer func() { x.compare = nil }()
	return x.condition(x.types, path, "", 0)
}

// value reads a JSON string or a token.
func (x *expression) value() (string, error) {
	rest := x.text[x.at:]
	if !strings.HasPrefix(rest, `"`) {
		v := x.while(func(c byte) bool { return !isSpace(c) && c != ')' && c != ']' })
		if v == "" {
			return "", x.errorf("a value is missing")
		}
		return v, nil
	}
	end := 1
	for ; end < len(rest) && rest[end] != '"'; end++ {
		if rest[end] == '\\' {
			end++
		}
	}
	var v string
	if end >= len(rest) || json.Unmarshal([]byte(rest[:end+1]), &v) != nil || !plain(v) {
		return "", x.errorf("a string is not one of JSON")
	}
	if v == "" {
		return "", x.errorf("a value is empty")
	}
	x.at += end + 1
	return v, nil
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func (x *expression) space() { x.while(isSpace) }

func (x *expression) while(good func(c byte) bool) string {
	start := x.at
	for x.at < len(x.text) && good(x.text[x.at]) {
		x.at++
	}
	return x.text[start:x.at]
}

func (x *expression) next(c byte) bool {
	if x.at < len(x.text) && x.text[x.at] == c {
		x.at++
		return true
	}
	return false
}

// word takes a keyword, which ends where a name would.
func (x *expression) word(w string) bool {
	rest, ok := strings.CutPrefix(x.text[x.at:], w)
	if !ok || rest != "" && !isSpace(rest[0]) && rest[0] != '(' {
		return false
	}
	x.at += len(w)
	return true
}
