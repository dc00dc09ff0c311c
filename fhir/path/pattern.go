package path

import (
	"regexp"
	"regexp/syntax"
)

// pattern is a compiled regular expression. FHIRPath expects . to match line
// ends too, and the part of PCRE's syntax that Go has: no look-around, no back
// references, and in return time that grows with text times size and no more.
type pattern struct {
	*regexp.Regexp
	size int
}

// maxPattern bounds the size of a pattern with all its repetitions written
// out.
const maxPattern = 10000

var groupName = regexp.MustCompile(`\$(\d+)`)

// compile is nil for a pattern that cannot be used.
func compile(function, source string) *pattern {
	if len(source) > maxPattern {
		return nil
	}
	if function == "matchesFull" {
		source = `\A(?:` + source + `)\z`
	}
	source = "(?s)" + source
	parsed, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return nil
	}
	size := sizeOf(parsed)
	if size > maxPattern {
		return nil
	}
	re, err := regexp.Compile(source)
	if err != nil {
		return nil
	}
	return &pattern{re, size}
}

func sizeOf(re *syntax.Regexp) int {
	n := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		n = min(n+sizeOf(sub), 1<<30)
	}
	if re.Op == syntax.OpRepeat {
		n = min(n*max(re.Min, re.Max, 1), 1<<30)
	}
	return n
}

// pattern compiles the argument of a call, unless the parser has done it, and
// pays for matching the text.
func (r *run) pattern(e *Expr, source, text string) (*pattern, error) {
	p := e.pattern
	if p == nil {
		if p = compile(e.Name, source); p == nil {
			return nil, invalid(e, "the regular expression cannot be used")
		}
		if err := r.step(e, p.size); err != nil {
			return nil, err
		}
	}
	return p, r.step(e, (len(text)+1)*p.size/16)
}
