package validate

// isDate reads YYYY, YYYY-MM or YYYY-MM-DD.
func isDate(s []byte) bool {
	switch len(s) {
	case 4:
		y, ok := year(s)
		return ok && y > 0
	case 7:
		_, _, ok := month(s)
		return ok
	case 10:
		return isDay(s)
	}
	return false
}

// isDateTime reads a date or, after a T, a time with a zone.
func isDateTime(s []byte) bool { return isDate(s) || isInstant(s) }

// isInstant reads YYYY-MM-DDThh:mm:ss, a fraction and a zone.
func isInstant(s []byte) bool {
	if len(s) < 20 || s[10] != 'T' || !isDay(s[:10]) {
		return false
	}
	rest, ok := clock(s[11:])
	return ok && isZone(rest)
}

// isTime reads hh:mm:ss and a fraction. There is no 24:00, and no zone.
func isTime(s []byte) bool {
	rest, ok := clock(s)
	return ok && len(rest) == 0
}

// isDay reads a whole date that exists in the Gregorian calendar.
func isDay(s []byte) bool {
	y, m, ok := month(s[:7])
	if !ok || s[7] != '-' {
		return false
	}
	d, ok := two(s[8:10])
	return ok && d >= 1 && d <= lastDay(y, m)
}

func month(s []byte) (y, m int, ok bool) {
	if y, ok = year(s[:4]); !ok || y == 0 || s[4] != '-' {
		return 0, 0, false
	}
	m, ok = two(s[5:7])
	return y, m, ok && m >= 1 && m <= 12
}

func lastDay(y, m int) int {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// clock reads hh:mm:ss(.s+)? from the beginning. A second may be the 60th:
// R4 allows leap seconds without asking when they were.
func clock(s []byte) (rest []byte, ok bool) {
	if len(s) < 8 || s[2] != ':' || s[5] != ':' {
		return nil, false
	}
	h, ok1 := two(s)
	m, ok2 := two(s[3:])
	sec, ok3 := two(s[6:])
	if !ok1 || !ok2 || !ok3 || h > 23 || m > 59 || sec > 60 {
		return nil, false
	}
	if s = s[8:]; len(s) == 0 || s[0] != '.' {
		return s, true
	}
	n := digits(s[1:])
	return s[1+n:], n > 0
}

// isZone reads Z or an offset of at most 14 hours.
func isZone(s []byte) bool {
	if len(s) == 1 {
		return s[0] == 'Z'
	}
	if len(s) != 6 || s[0] != '+' && s[0] != '-' || s[3] != ':' {
		return false
	}
	h, ok1 := two(s[1:])
	m, ok2 := two(s[4:])
	return ok1 && ok2 && (h < 14 && m < 60 || h == 14 && m == 0)
}

func year(s []byte) (int, bool) {
	a, ok1 := two(s)
	b, ok2 := two(s[2:])
	return 100*a + b, ok1 && ok2
}

// two reads two digits.
func two(s []byte) (int, bool) {
	a, b := s[0]-'0', s[1]-'0'
	return int(10*a + b), a < 10 && b < 10
}
