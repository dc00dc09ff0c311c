package path

import (
	"fmt"
	"strings"
	"time"
)

// TemporalKind tells the three System types of time apart.
type TemporalKind uint8

// The kinds.
const (
	Date TemporalKind = iota
	DateTime
	Time
)

// Precision says how much of a [Temporal] is known.
type Precision uint8

// The precisions.
const (
	Year Precision = iota
	Month
	Day
	Hour
	Minute
	Second
	Millisecond
)

// Temporal is a System.Date, System.DateTime or System.Time, known up to its
// precision. What lies beyond the precision has its smallest value.
type Temporal struct {
	Kind      TemporalKind
	Precision Precision
	Zoned     bool      // an offset was given
	At        time.Time // wall clock in the given offset, in UTC without one; year 0 for a Time
	fraction  int       // digits written after the seconds
}

// System is "Date", "DateTime" or "Time".
func (t Temporal) System() string { return [...]string{"Date", "DateTime", "Time"}[t.Kind] }

// parseTemporal reads what stands after the @ of a literal.
func parseTemporal(s string) (Temporal, bool) {
	switch day, clock, found := strings.Cut(s, "T"); {
	case !found:
		return ParseTemporal(Date, s)
	case day == "":
		return ParseTemporal(Time, clock)
	case clock == "":
		t, ok := ParseTemporal(Date, day)
		t.Kind = DateTime
		return t, ok
	}
	return ParseTemporal(DateTime, s)
}

// ParseTemporal reads a value of the kind as FHIR and FHIRPath write it:
// 2014-01, 2014-01-05T10:30:00.000+02:00, 10:30. A DateTime without a clock
// is partial.
func ParseTemporal(kind TemporalKind, s string) (Temporal, bool) {
	t := Temporal{Kind: kind}
	if len(s) > 40 {
		return t, false
	}
	day, clock, clocked := s, "", false
	switch kind {
	case DateTime:
		day, clock, clocked = strings.Cut(s, "T")
	case Time:
		day, clock, clocked = "", s, true
	}
	year, month, date := 0, 1, 1
	if kind != Time {
		ok := number(day, 0, 4, &year) && year > 0
		switch {
		case !ok:
			return t, false
		case len(day) == 4:
			t.Precision = Year
		case len(day) == 7:
			t.Precision, ok = Month, day[4] == '-' && number(day, 5, 7, &month)
		case len(day) == 10:
			t.Precision, ok = Day, day[4] == '-' && day[7] == '-' && number(day, 5, 7, &month) && number(day, 8, 10, &date)
		default:
			ok = false
		}
		if !ok || month < 1 || month > 12 || date < 1 || date > daysIn(year, month) || clocked && t.Precision != Day {
			return t, false
		}
	}
	if !clocked {
		t.At = time.Date(year, time.Month(month), date, 0, 0, 0, 0, time.UTC)
		return t, true
	}
	return t.clock(clock, year, month, date)
}

// clock reads hh:mm:ss.fff and the offset of a DateTime.
func (t Temporal) clock(s string, year, month, date int) (Temporal, bool) {
	zone := time.UTC
	if t.Kind == DateTime {
		if i := strings.IndexAny(s, "Z+-"); i >= 0 {
			var ok bool
			if zone, ok = offset(s[i:]); !ok {
				return t, false
			}
			t.Zoned, s = true, s[:i]
		}
	}
	var hour, minute, second, nanos int
	s, fraction, fractioned := strings.Cut(s, ".")
	ok := number(s, 0, 2, &hour)
	switch {
	case !ok:
		return t, false
	case len(s) == 2:
		t.Precision = Hour
	case len(s) == 5:
		t.Precision, ok = Minute, s[2] == ':' && number(s, 3, 5, &minute)
	case len(s) == 8:
		t.Precision, ok = Second, s[2] == ':' && s[5] == ':' && number(s, 3, 5, &minute) && number(s, 6, 8, &second)
	default:
		ok = false
	}
	if !ok || hour > 23 || minute > 59 || second > 60 || fractioned && (t.Precision != Second || fraction == "" || !allDigits(fraction)) {
		return t, false
	}
	if fractioned {
		t.Precision, t.fraction = Millisecond, len(fraction)
		number((fraction + "000000000")[:9], 0, 9, &nanos)
	}
	t.At = time.Date(year, time.Month(month), date, hour, minute, second, nanos, zone)
	return t, true
}

// offset reads Z or +hh:mm.
func offset(s string) (*time.Location, bool) {
	if s == "Z" {
		return time.UTC, true
	}
	var h, m int
	if len(s) != 6 || s[3] != ':' || !number(s, 1, 3, &h) || !number(s, 4, 6, &m) || h > 14 || m > 59 {
		return nil, false
	}
	seconds := h*3600 + m*60
	if s[0] == '-' {
		seconds = -seconds
	}
	return time.FixedZone("", seconds), true
}

func number(s string, from, to int, n *int) bool {
	if len(s) < to || !allDigits(s[from:to]) {
		return false
	}
	*n = 0
	for _, c := range []byte(s[from:to]) {
		*n = *n*10 + int(c-'0')
	}
	return true
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

var layouts = [...]string{
	Year: "2006", Month: "2006-01", Day: "2006-01-02", Hour: "2006-01-02T15",
	Minute: "2006-01-02T15:04", Second: "2006-01-02T15:04:05", Millisecond: "2006-01-02T15:04:05",
}

func (t Temporal) String() string {
	s := t.At.Format(layouts[t.Precision])
	if t.Precision == Millisecond {
		digits := t.fraction
		if digits == 0 {
			digits = 3
		}
		s += "." + fmt.Sprintf("%09d", t.At.Nanosecond())[:min(digits, 9)]
	}
	if t.Kind == Time {
		return s[strings.IndexByte(s, 'T')+1:]
	}
	if !t.Zoned || t.Precision < Hour {
		return s
	}
	if _, seconds := t.At.Zone(); seconds == 0 {
		return s + "Z"
	}
	return s + t.At.Format("-07:00")
}
