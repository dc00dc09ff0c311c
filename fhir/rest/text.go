package rest

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// appendString writes s as a JSON string. Text that is not UTF-8 gets
// replacement characters.
func appendString(dst []byte, s string) []byte {
	if isPlain(s) {
		return append(append(append(dst, '"'), s...), '"')
	}
	dst, _ = jsontext.AppendQuote(dst, strings.ToValidUTF8(s, "\uFFFD")) // fails on bad UTF-8 alone
	return dst
}

// appendBare writes s without the quotes around it.
func appendBare(dst []byte, s string) []byte {
	if isPlain(s) {
		return append(dst, s...)
	}
	quoted := appendString(nil, s)
	return append(dst, quoted[1:len(quoted)-1]...)
}

// isPlain says whether s needs no escapes in JSON.
func isPlain(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
