package fhir

import (
	"cmp"
	"strconv"
	"strings"
)

// CompareVersions says which of two business versions of one canonical
// resource is the later, as R4 and packages write them: 6.1.0 before 6.10.0,
// 6.1.0-ballot before 6.1.0, 2020-02 before 2020-03, nothing before
// everything. Parts that are numbers are compared as numbers, others as text.
func CompareVersions(a, b string) int {
	if a == "" || b == "" {
		return cmp.Compare(len(a), len(b))
	}
	for a != "" && b != "" {
		var x, y string
		x, a = versionPart(a)
		y, b = versionPart(b)
		if c := comparePart(x, y); c != 0 {
			return c
		}
	}
	return cmp.Compare(weight(a), weight(b))
}

// versionPart is the part before a separator, and the rest with the separator.
func versionPart(v string) (part, rest string) {
	v = strings.TrimLeft(v, ".-_+")
	if i := strings.IndexAny(v, ".-_+"); i >= 0 {
		return v[:i], v[i:]
	}
	return v, ""
}

func comparePart(a, b string) int {
	m, errM := strconv.ParseUint(a, 10, 64)
	n, errN := strconv.ParseUint(b, 10, 64)
	switch {
	case errM == nil && errN == nil:
		return cmp.Compare(m, n)
	case errM == nil:
		return 1 // a label comes before a number
	case errN == nil:
		return -1
	}
	return strings.Compare(a, b)
}

// weight of what one version has and the other has not: a label after a dash
// is of something that is not yet the version before it.
func weight(rest string) int {
	if rest == "" {
		return 0
	}
	if part, _ := versionPart(rest); rest[0] == '-' && strings.Trim(part, "0123456789") != "" {
		return -1
	}
	return 1
}
