package rest

import "strings"

// preference is what the Prefer headers ask for (http.html#prefer, RFC 7240).
// What is not understood is ignored, as the RFC wants.
type preference struct {
	body     wish
	lenient  bool // handling=lenient
	handling bool // handling was given
}

// wish is the value of return=.
type wish uint8

// The wishes.
const (
	unsaid wish = iota
	minimal
	representation
	outcomeWish
)

// read adds one Prefer header. Of a preference that is given twice the first
// counts. Commas separate preferences; semicolons, which set off the
// parameters of one, separate them too, because clients write them so.
func (p *preference) read(header string) {
	for header != "" {
		one := header
		if i := strings.IndexAny(header, ",;"); i >= 0 {
			one, header = header[:i], header[i+1:]
		} else {
			header = ""
		}
		name, value, _ := strings.Cut(one, "=")
		value = strings.Trim(strings.TrimSpace(value), `"`)
		switch name = strings.TrimSpace(name); {
		case strings.EqualFold(name, "return") && p.body == unsaid:
			switch {
			case strings.EqualFold(value, "minimal"):
				p.body = minimal
			case strings.EqualFold(value, "representation"):
				p.body = representation
			case strings.EqualFold(value, "OperationOutcome"):
				p.body = outcomeWish
			}
		case strings.EqualFold(name, "handling") && !p.handling:
			p.lenient, p.handling = strings.EqualFold(value, "lenient"), true
		}
	}
}
