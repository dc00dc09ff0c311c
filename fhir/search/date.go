package search

import (
	"errors"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// http://hl7.org/fhir/R4/search.html#date

func readDate(x *extraction, e *emit, n tree.Node) {
	if d, err := ParseDate(x.doc.Text(n)); err == nil {
		x.date(e.param, d)
	}
}

func readPeriod(x *extraction, e *emit, n tree.Node) {
	if d, ok := x.period(n); ok {
		x.date(e.param, d)
	}
}

// readTiming reads the outer limits of a Timing: its events and the bounds of
// its repetition.
func readTiming(x *extraction, e *emit, n tree.Node) {
	var outer Date
	some := false
	widen := func(d Date) {
		if !some || d.Low.Before(outer.Low) {
			outer.Low = d.Low
		}
		if !some || d.High.IsZero() || !outer.High.IsZero() && d.High.After(outer.High) {
			outer.High = d.High
		}
		some = true
	}
	for event := range x.doc.Children(x.doc.Get(n, "event")) {
		if d, err := ParseDate(x.doc.Text(event)); err == nil {
			widen(d)
		}
	}
	if d, ok := x.period(x.doc.Get(x.doc.Get(n, "repeat"), "boundsPeriod")); ok {
		widen(d)
	}
	if some {
		x.date(e.param, outer)
	}
}

// period is from the beginning of start to the end of end; either may be
// open. A period with an end that cannot be read is none.
func (x *extraction) period(n tree.Node) (Date, bool) {
	start, end := x.doc.Get(n, "start"), x.doc.Get(n, "end")
	if start == tree.None && end == tree.None {
		return Date{}, false
	}
	var d Date
	if start != tree.None {
		s, err := ParseDate(x.doc.Text(start))
		if err != nil {
			return Date{}, false
		}
		d.Low = s.Low
	}
	if end != tree.None {
		e, err := ParseDate(x.doc.Text(end))
		if err != nil {
			return Date{}, false
		}
		d.High = e.High
	}
	return d, true
}

func (x *extraction) date(p *Param, d Date) {
	if x.another(p) {
		return
	}
	d.Param = p.Code
	x.present.add(p)
	x.values.Dates = append(x.values.Dates, d)
}

var errDate = errors.New("not a date or time")

// ParseDate reads a date, dateTime or instant as the interval it covers by
// its precision: a year, month, day, minute, second or fraction of a second.
// Without a time zone it is UTC. Searches may leave out the seconds
// (search.html#date), and a "+" that a client forgot to escape arrives as a
// space.
func ParseDate(s string) (Date, error) {
	p := dateParser{s: s}
	year := p.number(4)
	month, day, hour, minute, second, nano := 1, 1, 0, 0, 0, 0
	unit := func(t time.Time) time.Time { return t.AddDate(1, 0, 0) }
	if p.skip("-") {
		month = p.number(2)
		unit = func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }
		if p.skip("-") {
			day = p.number(2)
			unit = func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }
			if p.skip("T") {
				hour = p.number(2)
				p.need(":")
				minute = p.number(2)
				width := time.Minute
				if p.skip(":") {
					second = p.number(2)
					width = time.Second
					if p.skip(".") {
						nano, width = p.fraction()
					}
				}
				p.zone()
				unit = func(t time.Time) time.Time { return t.Add(width) }
			}
		}
	}
	if p.bad || p.s != "" || year == 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) ||
		hour > 23 || minute > 59 || second > 60 {
		return Date{}, errDate
	}
	low := time.Date(year, time.Month(month), day, hour, minute, second, nano, time.UTC)
	high := unit(low)
	return Date{Low: low.Add(-p.offset), High: high.Add(-p.offset)}, nil
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// dateParser eats a text from its front.
type dateParser struct {
	s      string
	offset time.Duration
	bad    bool
}

func (p *dateParser) skip(text string) bool {
	if len(p.s) < len(text) || p.s[:len(text)] != text {
		return false
	}
	p.s = p.s[len(text):]
	return true
}

func (p *dateParser) need(text string) { p.bad = !p.skip(text) || p.bad }

// number reads exactly that many digits.
func (p *dateParser) number(digits int) int {
	if len(p.s) < digits {
		p.bad = true
		return 0
	}
	n := 0
	for i := range digits {
		if p.s[i] < '0' || p.s[i] > '9' {
			p.bad = true
			return 0
		}
		n = n*10 + int(p.s[i]-'0')
	}
	p.s = p.s[digits:]
	return n
}

// fraction reads the digits of a second and how much time the last of them
// stands for; below a nanosecond there is nothing.
func (p *dateParser) fraction() (nano int, width time.Duration) {
	width = time.Second
	n := 0
	for ; n < len(p.s) && p.s[n] >= '0' && p.s[n] <= '9'; n++ {
		if width > 1 {
			width /= 10
			nano += int(p.s[n]-'0') * int(width)
		}
	}
	p.bad = p.bad || n == 0
	p.s = p.s[n:]
	return nano, width
}

// zone reads Z or an offset, if there is one.
func (p *dateParser) zone() {
	if p.s == "" || p.skip("Z") {
		return
	}
	sign := time.Duration(1)
	switch {
	case p.skip("+"), p.skip(" "):
	case p.skip("-"):
		sign = -1
	default:
		p.bad = true
		return
	}
	hours := p.number(2)
	p.need(":")
	minutes := p.number(2)
	p.bad = p.bad || hours > 14 || minutes > 59
	p.offset = sign * (time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute)
}

// parseDate reads [prefix][date].
func (r *Registry) parseDate(value string) (Operand, error) {
	prefix, text, err := cutPrefix(unescape(value))
	if err != nil {
		return Operand{}, err
	}
	d, err := ParseDate(text)
	if err != nil {
		return Operand{}, fhir.Errorf(fhir.Value, "not a date or time: yyyy, yyyy-mm, yyyy-mm-dd or yyyy-mm-ddThh:mm[:ss][zone], with a prefix if need be")
	}
	if prefix == "ap" {
		d = r.about(d)
	}
	return Operand{Prefix: prefix, Date: d}, nil
}

// about widens an interval by a tenth of its distance from now, as R4
// recommends for "approximately".
func (r *Registry) about(d Date) Date {
	now := time.Now()
	if r.Now != nil {
		now = r.Now()
	}
	distance := now.Sub(d.Low).Abs() / 10
	return Date{Low: d.Low.Add(-distance), High: d.High.Add(distance)}
}
