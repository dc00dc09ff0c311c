package validate

import (
	"bytes"

	"github.com/webdoctor/webdoctor/fhir/spec"
)

// lexical is the rule for the text of a primitive type: the literal of a
// number or boolean, the unescaped content of a string, which is not empty.
type lexical struct {
	fits func(text []byte) bool
	// escaped says that fits reads the content as it stands between the
	// quotes. It is for the types whose texts are long and often have
	// escape sequences, which would have to be copied.
	escaped bool
	wants   string // completes an issue: what such a text is
}

// lexicals are the rules by name of the type (datatypes.html#primitive). They
// are written by hand because R4's regular expressions cost more than the rest
// of the walk; the tests hold them against those. They are stricter where
// R4's prose is: dates must exist in the calendar, integers fit 32 bits,
// base64 is padded at its end.
var lexicals = map[string]lexical{
	"base64Binary": {fits: isBase64, wants: "a base64Binary has groups of four letters of the base64 alphabet and = only at its end"},
	"boolean":      {fits: anything, wants: "a boolean is true or false"},
	"canonical":    {fits: hasNoSpace, wants: "a canonical has no white space"},
	"code":         {fits: isCode, wants: "a code has no white space around it and only single spaces within"},
	"date":         {fits: isDate, wants: "a date is YYYY, YYYY-MM or YYYY-MM-DD and exists in the calendar"},
	"dateTime":     {fits: isDateTime, wants: "a dateTime is YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+zz:zz and exists in the calendar"},
	"decimal":      {fits: anything, wants: "a decimal is a JSON number"},
	"id":           {fits: isID, wants: "an id has 1 to 64 letters, digits, '-' and '.'"},
	"instant":      {fits: isInstant, wants: "an instant is YYYY-MM-DDThh:mm:ss.sss+zz:zz and exists in the calendar"},
	"integer":      {fits: isInteger, wants: "an integer is a whole number of 32 bits"},
	"markdown":     {fits: hasNoFormFeed, escaped: true, wants: "a markdown has no form feed"},
	"oid":          {fits: isOID, wants: "an oid is urn:oid: and numbers with dots between them"},
	"positiveInt":  {fits: isPositive, wants: "a positiveInt is a whole number from 1 to 2,147,483,647"},
	"string":       {fits: hasNoFormFeed, escaped: true, wants: "a string has no form feed"},
	"time":         {fits: isTime, wants: "a time is hh:mm:ss"},
	"unsignedInt":  {fits: isUnsigned, wants: "an unsignedInt is a whole number from 0 to 2,147,483,647"},
	"uri":          {fits: hasNoSpace, wants: "a uri has no white space"},
	"url":          {fits: hasNoSpace, wants: "a url has no white space"},
	"uuid":         {fits: isUUID, wants: "a uuid is urn:uuid: and 32 lower case hexadecimal digits in five groups"},
	"xhtml":        {fits: isDiv, escaped: true, wants: "an xhtml is one div element"},
}

// lexicalOf is the rule for a primitive type. Definitions with a primitive
// that no rule is written for are a broken programme.
func lexicalOf(p spec.PrimitiveType) lexical {
	l, ok := lexicals[p.Name]
	if !ok {
		panic("fhir/validate: no rule for the primitive type " + p.Name)
	}
	return l
}

// anything is for the types whose JSON kind says it all: what JSON calls a
// number R4 calls a decimal, of any precision and exponent.
func anything([]byte) bool { return true }

// isSpace is white space as R4's regular expressions have it.
func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' && c != '\v' }

func hasNoSpace(s []byte) bool {
	for _, c := range s {
		if isSpace(c) {
			return false
		}
	}
	return true
}

// hasNoFormFeed reads a string with its escape sequences: the raw character
// is not allowed in JSON. The form feed is the one character that [ \r\n\t\S]
// leaves out.
func hasNoFormFeed(s []byte) bool {
	for {
		i := bytes.IndexByte(s, '\\')
		if i < 0 {
			return true
		}
		if s = s[i+1:]; s[0] == 'f' || len(s) > 4 && s[0] == 'u' && string(s[1:4]) == "000" && s[4]|0x20 == 'c' {
			return false
		}
		s = s[1:]
	}
}

// isDiv looks at the beginning only. The first letter may be escaped, as some
// writers do for the sake of HTML.
func isDiv(s []byte) bool {
	rest, ok := bytes.CutPrefix(s, []byte("<"))
	if !ok {
		if len(s) < 6 || s[0] != '\\' || s[1] != 'u' || string(s[2:5]) != "003" || s[5]|0x20 != 'c' {
			return false
		}
		rest = s[6:]
	}
	return bytes.HasPrefix(rest, []byte("div"))
}

func isCode(s []byte) bool {
	space := true
	for _, c := range s {
		if isSpace(c) {
			if space {
				return false
			}
			space = true
			continue
		}
		space = false
	}
	return !space
}

func isID(s []byte) bool {
	if len(s) == 0 || len(s) > 64 {
		return false
	}
	for _, c := range s {
		if !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'z') && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

func isUUID(s []byte) bool {
	s, ok := bytes.CutPrefix(s, []byte("urn:uuid:"))
	if !ok || len(s) != 36 {
		return false
	}
	for i, c := range s {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if !isDigit(c) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func isOID(s []byte) bool {
	s, ok := bytes.CutPrefix(s, []byte("urn:oid:"))
	if !ok || len(s) < 3 || s[0] < '0' || s[0] > '2' {
		return false
	}
	for s = s[1:]; len(s) > 0; {
		if s[0] != '.' {
			return false
		}
		n := 1
		for n < len(s) && isDigit(s[n]) {
			n++
		}
		if n == 1 || n > 2 && s[1] == '0' {
			return false
		}
		s = s[n:]
	}
	return true
}
