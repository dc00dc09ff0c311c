package storage_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
)

// TestNotIsTheRest: for every token parameter of every type, what has a value,
// what has another and what has none are everything and have nothing in common:
// ":not" is all that does not have the value, missing or not.
func TestNotIsTheRest(t *testing.T) {
	t.Parallel()
	e := newEvery(t)
	var bare []string
	for _, typ := range spec.R4().ResourceTypes() {
		bare = append(bare, fmt.Sprintf(`{"resourceType":%q,"id":"n"}`, typ))
	}
	e.put(bare...)
	n := 0
	for _, typ := range spec.R4().ResourceTypes() {
		for _, def := range spec.R4().SearchParams(typ) {
			if p := e.registry.Param(typ, def.Code); p == nil || p.Type != "token" || !slices.Contains(p.Modifiers(), "not") {
				continue
			}
			value := e.value(def, typ, 0)
			if value == "" {
				continue
			}
			n++
			value = strings.ReplaceAll(value, "|", "%7C")
			is, not := e.find(typ, def.Code+"="+value), e.find(typ, def.Code+":not="+value)
			if all := sortLetters(is + not); all != "abn" {
				t.Errorf("%s.%s: %q has the value, %q has not", typ, def.Code, is, not)
			}
			if def.Code == "_id" {
				continue // never missing
			}
			has, missing := e.find(typ, def.Code+":missing=false"), e.find(typ, def.Code+":missing=true")
			if all := sortLetters(has + missing); all != "abn" || strings.Trim(is, has) != "" || strings.ContainsAny(is, missing) && missing != "" {
				t.Errorf("%s.%s: %q has a value, %q has none, %q has the one", typ, def.Code, has, missing, is)
			}
			for _, letter := range missing {
				if !strings.ContainsRune(not, letter) {
					t.Errorf("%s.%s:not does not find %q, which has no value", typ, def.Code, string(letter))
				}
			}
		}
	}
	if n < 500 {
		t.Errorf("only %d parameters", n)
	}
}

func sortLetters(s string) string {
	letters := []byte(s)
	slices.Sort(letters)
	return string(letters)
}

// TestMonthsAddUp: the months of a year find what the year finds, each once,
// as do the days of a month and the hours of a day, whatever the precision and
// the time zone in which a date is written; and before, within and after are
// everything that has a date.
func TestMonthsAddUp(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	d := draws{rand.New(rand.NewPCG(20261124, 4))}
	var list []string
	for n := range 400 {
		at := time.Date(2019, 12, 28, 0, 0, 0, 0, time.UTC).Add(time.Duration(d.IntN(376*24*60)) * time.Minute).Truncate(time.Second)
		zone := time.FixedZone("", (d.IntN(27)-12)*3600)
		date := [...]string{at.Format("2006-01"), at.Format("2006-01-02"), at.In(zone).Format("2006-01-02T15:04:05Z07:00"), at.In(zone).Format("2006-01-02T15:04:05.000Z07:00")}[d.IntN(4)]
		element := fmt.Sprintf(`,"effectiveDateTime":%q`, date)
		if d.chance(8) {
			element = ""
		}
		list = append(list, fmt.Sprintf(`{"resourceType":"Observation","id":"%03d","status":"final","code":{"text":"x"}%s}`, n, element))
	}
	s.put(list...)
	find := func(query string) map[string]int {
		a, err := s.ask(everything, "Observation?"+query+"&_count=1000")
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		found := map[string]int{}
		for _, id := range a.match {
			found[id]++
		}
		return found
	}
	// whole is what parts add up to, but for what is too imprecise to lie in
	// any of them.
	sums := func(whole string, parts []string) {
		all, sum := find("date="+whole), map[string]int{}
		for _, part := range parts {
			for id, n := range find("date=" + part) {
				sum[id] += n
			}
		}
		imprecise := find("date=lt" + parts[1] + "&date=gt" + parts[len(parts)-2]) // longer than a part
		for id := range all {
			if want := 1 - imprecise[id]; sum[id] != want {
				t.Errorf("%s is found by %s, and %d times by its parts", id, whole, sum[id])
			}
		}
		for id := range sum {
			if all[id] != 1 {
				t.Errorf("%s is found by a part of %s and not by the whole", id, whole)
			}
		}
		if len(all) == 0 {
			t.Errorf("%s finds nothing", whole)
		}
	}
	numbered := func(format string, from, to int) (parts []string) {
		for n := from; n <= to; n++ {
			parts = append(parts, fmt.Sprintf(format, n))
		}
		return parts
	}
	sums("2020", numbered("2020-%02d", 1, 12))
	for month, days := range map[string]int{"2020-02": 29, "2020-07": 31, "2020-11": 30} {
		sums(month, numbered(month+"-%02d", 1, days))
	}
	dated := find("date:missing=false")
	if total := len(dated) + len(find("date:missing=true")); total != len(list) {
		t.Errorf("%d with and without a date, of %d", total, len(list))
	}
	for range 40 {
		at := time.Date(2020, 1, 1+d.IntN(366), d.IntN(24), 0, 0, 0, time.UTC)
		date := at.Format(d.one("2006", "2006-01", "2006-01-02", "2006-01-02T15:04Z"))
		eq, ne, sum := find("date="+date), find("date=ne"+date), map[string]int{}
		for _, found := range []map[string]int{find("date=eb" + date), find("date=sa" + date), find("date=ap" + date)} {
			maps.Copy(sum, found)
		}
		before, after := find("date=lt"+date), find("date=gt"+date)
		for id := range dated {
			if eq[id]+ne[id] != 1 {
				t.Errorf("%s: eq %d, ne %d of %s", date, eq[id], ne[id], id)
			}
			if within := 1 - max(before[id], after[id]); eq[id] != within {
				t.Errorf("%s: %s begins before %d, ends after %d, and eq is %d", date, id, before[id], after[id], eq[id])
			}
			if sum[id] == 0 && eq[id] == 0 {
				t.Errorf("%s: %s lies neither before nor after nor about it", date, id)
			}
		}
		if len(eq)+len(ne) != len(dated) {
			t.Errorf("%s: %d equal, %d not, of %d", date, len(eq), len(ne), len(dated))
		}
		if got := find("date=ge" + date); len(got) < len(after) || len(got) < len(eq) {
			t.Errorf("ge%s finds %d, gt %d, eq %d", date, len(got), len(after), len(eq))
		}
	}
}

// sortKeys are the values of a thing by which it is sorted, as something that
// compares; none if it has none. Each type of parameter is here.
var sortKeys = map[string]map[string]func(*thing) []string{
	"Patient": {
		"birthdate": func(t *thing) []string { return dateKeys(t, "birthdate") }, "family": func(t *thing) []string { return foldedKeys(t, "family") }, "given": func(t *thing) []string { return foldedKeys(t, "given") },
		"gender": func(t *thing) []string { return codeKeys(t, "gender") }, "general-practitioner": func(t *thing) []string { return t.refs["general-practitioner"] }, "_id": func(t *thing) []string { return []string{t.id} },
	},
	"Observation": {
		"date": func(t *thing) []string { return dateKeys(t, "date") }, "status": func(t *thing) []string { return codeKeys(t, "status") }, "code": func(t *thing) []string { return codeKeys(t, "code") }, "category": func(t *thing) []string { return codeKeys(t, "category") },
		"value-quantity": func(t *thing) []string {
			if v, ok := t.numbers["value-quantity"]; ok {
				return []string{fmt.Sprintf("%09d", v)}
			}
			return nil
		},
		"performer": func(t *thing) []string { return t.refs["performer"] }, "has-member": func(t *thing) []string { return t.refs["has-member"] }, "_id": func(t *thing) []string { return []string{t.id} },
	},
}

func dateKeys(t *thing, name string) []string {
	if v, ok := t.dates[name]; ok {
		return []string{fmt.Sprintf("%09d", v[0])}
	}
	return nil
}

func foldedKeys(t *thing, name string) (keys []string) {
	for _, v := range t.strings[name] {
		keys = append(keys, search.Fold(v))
	}
	return keys
}

func codeKeys(t *thing, name string) (keys []string) {
	for _, v := range t.tokens[name] {
		_, code, _ := strings.Cut(v, "|")
		keys = append(keys, strings.ToLower(code))
	}
	return keys
}

// TestOrderHolds: matches stand in the order that was asked for, by each type
// of parameter, up and down and by two, the least of several values counting on
// the way up and the greatest on the way down, and what has no value last; and
// an order neither loses nor repeats any.
func TestOrderHolds(t *testing.T) {
	t.Parallel()
	s, m := newShelf(t), newModel(7)
	s.put(m.texts()...)
	d := draws{rand.New(rand.NewPCG(20261124, 5))}
	key := func(t *thing, name string, descending bool) (string, bool) {
		keys := sortKeys[t.typ][name](t)
		switch {
		case len(keys) == 0:
			return "", false
		case descending:
			return slices.Max(keys), true
		}
		return slices.Min(keys), true
	}
	compare := func(a, b *thing, sort string) int {
		for name := range strings.SplitSeq(sort, ",") {
			name, descending := strings.CutPrefix(name, "-")
			x, hasX := key(a, name, descending)
			y, hasY := key(b, name, descending)
			order := cmp.Compare(x, y)
			switch {
			case !hasX && !hasY:
				continue
			case !hasX:
				return 1
			case !hasY:
				return -1
			case descending:
				order = -order
			}
			if order != 0 {
				return order
			}
		}
		return 0
	}
	try := func(typ, query string, holds func(*model, *thing) bool, sort string, count int) {
		url := fmt.Sprintf("%s?%s&_sort=%s&_count=%d", typ, query, sort, count)
		a, err := s.ask(everything, url)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			return
		}
		for i := 1; i < len(a.match); i++ {
			if compare(m.known[a.match[i-1]], m.known[a.match[i]], sort) > 0 {
				t.Errorf("%s: %s stands before %s", url, a.match[i-1], a.match[i])
			}
		}
		want := m.found(typ, func(t *thing) bool { return holds(m, t) })
		if slices.Sort(a.match); !slices.Equal(a.match, want) {
			t.Errorf("%s finds %d, want %d", url, len(a.match), len(want))
		}
	}
	all := func(*model, *thing) bool { return true }
	for _, typ := range sortedNames(sortKeys) {
		names := sortedNames(sortKeys[typ])
		for _, name := range names {
			for _, direction := range []string{"", "-"} {
				sort := direction + name
				for _, count := range []int{1000, 7} {
					try(typ, "", all, sort, count)
				}
				if second := d.one(names...); second != name {
					try(typ, "", all, sort+","+d.one("", "-")+second, 1000)
				}
				for range 6 {
					var c condition
					for c.name == "" {
						c = d.condition(typ, 1)
					}
					holds := c.holds
					try(typ, strings.NewReplacer("|", "%7C", " ", "%20").Replace(c.name+"="+c.value), holds, sort, 5+d.IntN(30))
				}
			}
		}
	}
}
