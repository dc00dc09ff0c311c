package rest

import (
	"math"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
)

// parseRange reads a Range header of one byte range (RFC 9110 section 14.2).
// It is nil for everything a server may ignore: other units, several ranges,
// and what is no range at all; the whole body is then the answer.
func parseRange(header string) *fhir.ByteRange {
	const unit = "bytes"
	if len(header) <= len(unit) || !strings.EqualFold(header[:len(unit)], unit) {
		return nil
	}
	set, ok := strings.CutPrefix(strings.TrimLeft(header[len(unit):], " \t"), "=")
	if !ok {
		return nil
	}
	first, last, ok := strings.Cut(strings.Trim(set, " \t"), "-")
	if !ok {
		return nil
	}
	from, okFrom := parseOffset(strings.TrimRight(first, " \t"))
	to, okTo := parseOffset(strings.TrimLeft(last, " \t"))
	switch {
	case okFrom && okTo && from <= to:
		return &fhir.ByteRange{Start: from, Length: to - from + 1}
	case okFrom && last == "":
		return &fhir.ByteRange{Start: from, Length: -1}
	case okTo && first == "":
		// The last none of the bytes cannot be written as a negative start;
		// a start behind every end is as unsatisfiable.
		if to == 0 {
			return &fhir.ByteRange{Start: math.MaxInt64, Length: -1}
		}
		return &fhir.ByteRange{Start: -to, Length: -1}
	}
	return nil
}

// parseOffset reads decimal digits; a number too large for any file stays the
// largest.
func parseOffset(s string) (int64, bool) {
	if s == "" {
		return 0, false
	}
	var n int64
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		if n > (math.MaxInt64-10)/10 {
			n = math.MaxInt64 - 1
			continue
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n, true
}

// tagMatches says whether a list of entity tags names the version, comparing
// weakly (RFC 9110 section 8.8.3.2). Clients that write the bare version are
// understood.
func tagMatches(list, tag string) bool {
	if strings.TrimSpace(list) == "*" {
		return true
	}
	tag = opaque(tag)
	for list != "" {
		var one string
		one, list, _ = strings.Cut(list, ",")
		if opaque(one) == tag {
			return true
		}
	}
	return false
}

// opaque strips an entity tag of its W/ and quotes.
func opaque(tag string) string {
	return strings.Trim(strings.TrimPrefix(strings.TrimSpace(tag), "W/"), `"`)
}
