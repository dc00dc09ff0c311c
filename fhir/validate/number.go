package validate

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
