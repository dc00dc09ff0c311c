package validate

// isDecimal reads -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?, which is
// what JSON says of a number; any precision and exponent is kept as written.
func isDecimal(s []byte) bool {
	if len(s) > 0 && s[0] == '-' {
		s = s[1:]
	}
	n := digits(s)
	if n == 0 || n > 1 && s[0] == '0' {
		return false
	}
	if s = s[n:]; len(s) > 0 && s[0] == '.' {
		if n = digits(s[1:]); n == 0 {
			return false
		}
		s = s[1+n:]
	}
	if len(s) == 0 {
		return true
	}
	if s[0]|0x20 != 'e' {
		return false
	}
	if s = s[1:]; len(s) > 0 && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	n = digits(s)
	return n > 0 && n == len(s)
}

func isInteger(s []byte) bool {
	limit := int64(1<<31 - 1)
	if len(s) > 0 && s[0] == '-' {
		s, limit = s[1:], 1<<31
	}
	n, ok := whole(s)
	return ok && n <= limit
}

func isUnsigned(s []byte) bool {
	n, ok := whole(s)
	return ok && n < 1<<31
}

func isPositive(s []byte) bool { return isUnsigned(s) && s[0] != '0' }

// whole reads 0|[1-9][0-9]* of at most ten digits.
func whole(s []byte) (n int64, ok bool) {
	if len(s) == 0 || len(s) > 10 || len(s) > 1 && s[0] == '0' {
		return 0, false
	}
	for _, c := range s {
		if !isDigit(c) {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// digits is how many digits the text begins with.
func digits(s []byte) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}
