package rest

import (
	"net/url"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
)

// controls are the parameters that are about the answer and not about what is
// asked (http.html#parameters). All values are unescaped.
type controls struct {
	format   string
	pretty   string
	summary  string
	elements string
	kept     string // _format and _pretty as they were written, for links
}

// splitQuery takes _format and _pretty out of a raw query and reads _summary
// and _elements, which stay in it because a search understands them too. A
// query without the first two comes back as it is.
func splitQuery(query string) (rest string, c controls, err error) {
	taken := false
	for q := query; q != ""; {
		var pair string
		pair, q, _ = strings.Cut(q, "&")
		field := c.field(pair)
		if field == nil {
			continue
		}
		_, value, _ := strings.Cut(pair, "=")
		if value, err = url.QueryUnescape(value); err != nil {
			return "", c, fhir.Errorf(fhir.Value, "the query has a broken %% escape")
		}
		*field = value
		if field == &c.format || field == &c.pretty {
			taken = true
			c.kept = join(c.kept, pair)
		}
	}
	if !taken {
		return query, c, nil
	}
	for q := query; q != ""; {
		var pair string
		pair, q, _ = strings.Cut(q, "&")
		if f := c.field(pair); f != &c.format && f != &c.pretty {
			rest = join(rest, pair)
		}
	}
	return rest, c, nil
}

// field is where the value of a name=value pair belongs, nil for none.
func (c *controls) field(pair string) *string {
	name, _, _ := strings.Cut(pair, "=")
	if strings.IndexByte(name, '%') >= 0 {
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
	}
	switch name {
	case "_format":
		return &c.format
	case "_pretty":
		return &c.pretty
	case "_summary":
		return &c.summary
	case "_elements":
		return &c.elements
	}
	return nil
}

// join puts two raw queries together.
func join(a, b string) string {
	switch {
	case a == "":
		return b
	case b == "":
		return a
	}
	return a + "&" + b
}
