package search

import (
	"strings"
	"unicode/utf8"

	"github.com/webdoctor/webdoctor/fhir"
)

// pair is one parameter as sent: name=value, both decoded.
type pair struct{ name, value string }

// base is the name without modifier and chain.
func (p pair) base() string {
	if i := strings.IndexAny(p.name, ":."); i >= 0 {
		return p.name[:i]
	}
	return p.name
}

// split takes a raw query string apart. Empty parts, as clients leave them
// between two "&", are nothing.
func split(raw string) ([]pair, error) {
	if len(raw) > maxQuery {
		return nil, fhir.Errorf(fhir.TooLarge, "the query is longer than %d bytes", maxQuery)
	}
	var pairs []pair
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		if len(pairs) == maxParams {
			return nil, fhir.Errorf(fhir.Value, "more than %d parameters", maxParams)
		}
		rawName, rawValue, _ := strings.Cut(part, "=")
		name, ok := unescapeQuery(rawName)
		if !ok || name == "" {
			return nil, fhir.Errorf(fhir.Value, "the name of a parameter is not well-formed").At(clip(rawName))
		}
		value, ok := unescapeQuery(rawValue)
		if !ok {
			return nil, fhir.Errorf(fhir.Value, "the value is not well-formed: bad percent-encoding, bad UTF-8 or a control character").At(clip(name))
		}
		if len(name) > 256 {
			return nil, fhir.Errorf(fhir.NotSupported, "the name of a parameter is too long").At(clip(name))
		}
		pairs = append(pairs, pair{name, value})
	}
	return pairs, nil
}

// unescapeQuery decodes percent-encoding and "+". It refuses what is not
// text: bad encoding, bad UTF-8, NUL and other control characters.
func unescapeQuery(s string) (string, bool) {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s, plain(s)
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '+':
			out = append(out, ' ')
		case '%':
			if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return "", false
			}
			out = append(out, hex(s[i+1])<<4|hex(s[i+2]))
			i += 2
		default:
			out = append(out, s[i])
		}
	}
	return string(out), plain(string(out))
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func hex(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	}
	return c - '0'
}

// plain says whether s is text: valid UTF-8 without control characters but
// tab, newline and carriage return.
func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f {
			return false
		}
	}
	return utf8.ValidString(s)
}

// escapeQuery encodes what may not stand in a query, and leaves the marks of
// searches readable.
func escapeQuery(s string) string {
	const upper = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~:/,$@*!()';", c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', upper[c>>4], upper[c&15]})
		}
	}
	return b.String()
}

// splitEscaped splits at a mark that no backslash precedes. The parts keep
// their escapes.
func splitEscaped(s string, mark byte) []string {
	if strings.IndexByte(s, mark) < 0 {
		return []string{s}
	}
	var parts []string
	start := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case mark:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

// unescape takes the escapes \, \| \$ \\ away. A backslash before anything
// else is a backslash.
func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte(`,|$\`, s[i+1]) >= 0 {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// clip makes a name that somebody sent fit into a message.
func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError || r == 0x7f {
			return '?'
		}
		return r
	}, s)
	if len(s) > 64 {
		s = strings.ToValidUTF8(s[:64], "") + "…"
	}
	return s
}
