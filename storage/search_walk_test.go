package storage_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestWalk: a search that is walked in the order of an index finds what the
// sorting of all matches finds, page by page, with those that have no value at
// the end either way.
func TestWalk(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	type row struct {
		id        string
		day       int // 0 for none
		end       int // likewise if it ends the same day
		value     int // 0 for none
		final     bool
		frequency string
	}
	var rows []row
	var texts []string
	for i := range 1300 {
		r := row{id: fmt.Sprintf("o%04d", i), day: (i * 37) % 29, value: (i * 11) % 17, final: i%3 > 0}
		if i%9 == 0 {
			r.end = min(r.day+6, 31)
		}
		r.frequency = map[bool]string{true: "common", false: "rare"}[i%20 > 0]
		status := map[bool]string{true: "final", false: "amended"}[r.final]
		text := fmt.Sprintf(`{"resourceType":"Observation","id":%q,"status":%q,"code":{"coding":[{"system":"http://c","code":%q}]}`, r.id, status, r.frequency)
		if r.day > 0 {
			text += fmt.Sprintf(`,"effectivePeriod":{"start":"2024-01-%02d","end":"2024-01-%02d"}`, r.day, max(r.day, r.end))
		}
		if r.value > 0 {
			text += fmt.Sprintf(`,"valueQuantity":{"value":%d}`, r.value)
		}
		rows, texts = append(rows, r), append(texts, text+"}")
	}
	s.put(texts...)
	absent := func(v int, descending bool) int {
		switch {
		case v == 0:
			return 1000
		case descending:
			return -v
		}
		return v
	}
	// reaches is ge: the day lies in what is asked for, or the end lies beyond.
	reaches := func(day, end, other int) bool { return day > 0 && (day >= other || end > other) }
	for query, c := range map[string]struct {
		keep func(r row) bool
		key  func(r row) int
		last bool // the number of the resource descends
	}{
		"code=common&_sort=date":            {func(r row) bool { return r.frequency == "common" }, func(r row) int { return absent(r.day, false) }, false},
		"code=common&_sort=-date":           {func(r row) bool { return r.frequency == "common" }, func(r row) int { return absent(r.day, true) }, true},
		"code=rare&_sort=-date":             {func(r row) bool { return r.frequency == "rare" }, func(r row) int { return absent(r.day, true) }, true},
		"_sort=-date":                       {func(r row) bool { return true }, func(r row) int { return absent(r.day, true) }, true},
		"_sort=date":                        {func(r row) bool { return true }, func(r row) int { return absent(r.day, false) }, false},
		"_sort=value-quantity&status=final": {func(r row) bool { return r.final }, func(r row) int { return absent(r.value, false) }, false},
		"code=http://c|common&date=ge2024-01-10&date=lt2024-01-20&_sort=-date": {func(r row) bool { return r.frequency == "common" && reaches(r.day, r.end, 10) && r.day < 20 }, func(r row) int { return -r.day }, true},
		"code=common&value-quantity=gt5&_sort=value-quantity":                  {func(r row) bool { return r.frequency == "common" && r.value > 5 }, func(r row) int { return r.value }, false},
		"code=common&date:missing=true&_sort=date":                             {func(r row) bool { return r.frequency == "common" && r.day == 0 }, func(r row) int { return 0 }, false},
		"code=common&date=ge2024-01-26&_sort=date":                             {func(r row) bool { return r.frequency == "common" && reaches(r.day, r.end, 26) }, func(r row) int { return r.day }, false},
		"code=common&date=gt2024-01-26&_sort=-date":                            {func(r row) bool { return r.frequency == "common" && r.day > 0 && max(r.day, r.end) > 26 }, func(r row) int { return -r.day }, true},
		"date=ge2024-01-25": {func(r row) bool { return reaches(r.day, r.end, 25) }, func(r row) int { return -r.day }, true},
		"date=lt2024-01-05": {func(r row) bool { return r.day > 0 && r.day < 5 }, func(r row) int { return r.day }, false},
		"value-quantity=5":  {func(r row) bool { return r.value == 5 }, func(r row) int { return 5 }, false},
	} {
		var want []row
		for _, r := range rows {
			if c.keep(r) {
				want = append(want, r)
			}
		}
		slices.SortStableFunc(want, func(a, b row) int {
			ids := cmp.Compare(a.id, b.id)
			if c.last {
				ids = -ids
			}
			return cmp.Or(cmp.Compare(c.key(a), c.key(b)), ids)
		})
		var list []string
		for _, r := range want {
			list = append(list, "Observation/"+r.id)
		}
		for _, count := range []string{"1000", "97"} {
			a, err := s.ask(everything, "Observation?"+query+"&_count="+count)
			if got := a.String(); err != nil || got != strings.Join(list, " ") {
				t.Errorf("%s by %s: %d matches, want %d; %v\n%.300s\n%.300s", query, count, len(a.match), len(list), err, got, strings.Join(list, " "))
			}
		}
	}
}
