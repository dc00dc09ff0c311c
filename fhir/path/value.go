package path

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Value is a computed value of one of the System types: [Boolean], [String],
// [Integer], [Decimal], [Temporal] or [Quantity].
type Value interface {
	// System is the name of the type in the System namespace, "Boolean".
	System() string
	// String is the value as toString() gives it.
	String() string
}

// Boolean is System.Boolean.
type Boolean bool

// String is System.String.
type String string

// Integer is System.Integer. Arithmetic that leaves 32 bits has no result.
type Integer int32

// Quantity is System.Quantity: a number with a unit. Unit is a UCUM code, or
// the word of a calendar duration ("year") when Calendar is set.
type Quantity struct {
	Value    Decimal
	Unit     string
	Calendar bool
}

// System is "Boolean".
func (Boolean) System() string { return "Boolean" }

// System is "String".
func (String) System() string { return "String" }

// System is "Integer".
func (Integer) System() string { return "Integer" }

// System is "Quantity".
func (Quantity) System() string { return "Quantity" }

func (b Boolean) String() string { return strconv.FormatBool(bool(b)) }
func (s String) String() string  { return string(s) }
func (i Integer) String() string { return strconv.Itoa(int(i)) }

func (q Quantity) String() string {
	if q.Calendar {
		if q.Value.isOne() {
			return q.Value.String() + " " + q.Unit
		}
		return q.Value.String() + " " + q.Unit + "s"
	}
	return q.Value.String() + " '" + escape(q.Unit, '\'') + "'"
}

// literal writes a value as FHIRPath source.
func literal(v Value) string {
	switch v := v.(type) {
	case String:
		return "'" + escape(string(v), '\'') + "'"
	case Temporal:
		if v.Kind == Time {
			return "@T" + v.String()
		}
		if v.Kind == DateTime && v.Precision < Hour {
			return "@" + v.String() + "T"
		}
		return "@" + v.String()
	}
	return v.String()
}

// escape writes the escape sequences of a FHIRPath string or delimited
// identifier.
func escape(s string, quote rune) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == quote, r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\f':
			b.WriteString(`\f`)
		case r < ' ':
			b.WriteString(`\u00`)
			b.WriteByte("0123456789abcdef"[r>>4])
			b.WriteByte("0123456789abcdef"[r&15])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// unescape reads them; ok is false for a sequence that FHIRPath does not
// know.
func unescape(s string) (out string, ok bool) {
	if strings.IndexByte(s, '\\') < 0 {
		return s, true
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b = append(b, s[i])
			continue
		}
		if i++; i == len(s) {
			return "", false
		}
		switch c := s[i]; c {
		case '\'', '"', '`', '\\', '/':
			b = append(b, c)
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'f':
			b = append(b, '\f')
		case 'u':
			if i+4 >= len(s) {
				return "", false
			}
			r, err := strconv.ParseUint(s[i+1:i+5], 16, 32)
			if err != nil {
				return "", false
			}
			i += 4
			if r >= 0xd800 && r < 0xdc00 && i+6 < len(s) && s[i+1] == '\\' && s[i+2] == 'u' {
				if low, err := strconv.ParseUint(s[i+3:i+7], 16, 32); err == nil && low >= 0xdc00 && low < 0xe000 {
					r = 0x10000 + (r-0xd800)<<10 + (low - 0xdc00)
					i += 6
				}
			}
			b = utf8.AppendRune(b, rune(r))
		default:
			return "", false
		}
	}
	return string(b), true
}
