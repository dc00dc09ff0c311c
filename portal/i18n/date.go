package i18n

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/number"
)

// Date writes the day of a moment, in the zone that the moment carries.
func (l *Language) Date(t time.Time) (string, error) {
	month, err := l.Text("month." + strconv.Itoa(int(t.Month())))
	if err != nil {
		return "", err
	}
	return l.Text("date.day", "day", l.Number(t.Day()), "month", month, "year", l.digits(t.Year(), 4))
}

// Moment writes a day and a time of day, with the name of the zone: who reads
// it may be in another.
func (l *Language) Moment(t time.Time) (string, error) {
	day, err := l.Date(t)
	if err != nil {
		return "", err
	}
	zone := t.Format("MST")
	if strings.HasPrefix(zone, "+") || strings.HasPrefix(zone, "-") {
		zone = "UTC" + t.Format("-07:00") // a zone without a name
	}
	return l.Text("date.moment", "day", day, "time", l.digits(t.Hour(), 2)+":"+l.digits(t.Minute(), 2), "zone", zone)
}

// digits writes a number without separators, in the digits of the language.
func (l *Language) digits(n, width int) string {
	return l.printer().Sprint(number.Decimal(n, number.NoSeparator(), number.MinIntegerDigits(width)))
}

// Day reads a day as FHIR writes one that is known exactly.
func Day(s string) (time.Time, error) { return time.Parse(time.DateOnly, s) }
