package storage_test

import (
	"context"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/ucum"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// weighed is a value of a resource.
type weighed struct{ id, value, code string }

// holds compares the value, in the unit of the question, with the question.
func (w weighed) holds(prefix, asked, code string) bool {
	value, _ := new(big.Rat).SetString(w.value)
	a, _ := new(big.Rat).SetString(asked)
	from, err := ucum.Parse(w.code)
	to, err2 := ucum.Parse(code)
	if w.code != code {
		if err != nil || err2 != nil {
			return false
		}
		var ok bool
		if value, ok = from.Convert(value, to); !ok {
			return false
		}
	}
	wide := new(big.Rat).SetFrac64(1, 2)
	if _, part, ok := strings.Cut(asked, "."); ok {
		ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(len(part))), nil)
		wide.SetFrac(big.NewInt(1), ten.Mul(ten, big.NewInt(2)))
	}
	if prefix == "ap" {
		if tenth := new(big.Rat).Mul(new(big.Rat).Abs(a), big.NewRat(1, 10)); tenth.Cmp(wide) > 0 {
			wide = tenth
		}
	}
	low, high := new(big.Rat).Sub(a, wide), new(big.Rat).Add(a, wide)
	switch prefix {
	case "eq":
		return value.Cmp(low) >= 0 && value.Cmp(high) < 0
	case "ne":
		return value.Cmp(low) < 0 || value.Cmp(high) >= 0
	case "gt", "sa":
		return value.Cmp(a) > 0
	case "lt", "eb":
		return value.Cmp(a) < 0
	case "ge":
		return value.Cmp(a) >= 0
	case "le":
		return value.Cmp(a) <= 0
	}
	return value.Cmp(low) >= 0 && value.Cmp(high) <= 0
}

// TestUnitsByForce: whatever is asked in whatever unit finds what comparing
// one value after the other finds, also where nothing is converted.
func TestUnitsByForce(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	units := strings.Fields("g mg kg [lb_av] [oz_av] Cel [degF] K mm[Hg] kPa mmol/L umol/L 10*3/uL 10*9/L % 1 {score} nonsense")
	// Numbers that are each other's in another unit, and their neighbours.
	numbers := strings.Fields("1 1.0 1000 0.001 453.59237 0.45359237 453592.37 16 28.349523125 37 98.6 310.15 37.0 98.5 36.95 120 15.99864 16.0 4.5 4500 450 0.045 -40 0 273.15 32 5 4.45 4.55 4.54 0.5 500")
	r := rand.New(rand.NewPCG(3, 1))
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	var all []weighed
	var docs []string
	for i := range 300 {
		w := weighed{fmt.Sprintf("o%d", i), pick(numbers), pick(units)}
		all = append(all, w)
		docs = append(docs, fmt.Sprintf(`{"resourceType":"Observation","id":%q,"status":"final","code":{"text":"x"},"valueQuantity":{"value":%s,"system":%q,"code":%q}}`, w.id, w.value, ucum.System, w.code))
	}
	s.put(docs...)
	found := 0
	for range 600 {
		n := 1 + r.IntN(8)/6
		var ask []string
		want := map[string]bool{}
		for range n {
			prefix, number, code := pick(strings.Fields("eq ne gt lt ge le sa eb ap")), pick(numbers), pick(units)
			ask = append(ask, prefix+number+"|"+ucum.System+"|"+code)
			for _, w := range all {
				if w.holds(prefix, number, code) {
					want["Observation/"+w.id] = true
				}
			}
		}
		query := "Observation?_count=1000&value-quantity=" + strings.NewReplacer("%", "%25", "+", "%2B").Replace(strings.Join(ask, ","))
		if r.IntN(3) == 0 {
			query += "&status=final" // which drives, so that the quantity is a probe
		}
		a, err := s.ask(everything, query)
		if err != nil {
			t.Fatal(query, err)
		}
		for _, id := range a.match {
			if !want[id] {
				t.Errorf("%s finds %+v", query, all[slices.IndexFunc(all, func(w weighed) bool { return "Observation/"+w.id == id })])
			}
			delete(want, id)
			found++
		}
		for id := range want {
			t.Errorf("%s does not find %+v", query, all[slices.IndexFunc(all, func(w weighed) bool { return "Observation/"+w.id == id })])
		}
	}
	if found < 1000 {
		t.Errorf("only %d found", found)
	}
}

// TestUnitsOfOthers: a unit that another server wrote first is found, and one
// that has come with an update.
func TestUnitsOfOthers(t *testing.T) {
	t.Parallel()
	url := storagetest.Postgres(t)
	a, b := newShelfOn(t, url), newShelfOn(t, url)
	doc := func(id, value, code string) string {
		return fmt.Sprintf(`{"resourceType":"Observation","id":%q,"status":"final","code":{"text":"x"},"valueQuantity":{"value":%s,"system":%q,"code":%q}}`, id, value, ucum.System, code)
	}
	query := "Observation?value-quantity=70|" + ucum.System + "|kg"
	check := func(want string) {
		t.Helper()
		for _, s := range []*shelf{a, b} {
			s.TB = t
			s.check(query, want)
		}
	}
	check("")
	a.put(doc("1", "70", "kg"))
	check("Observation/1")
	b.put(doc("2", "70000", "g"), doc("3", "154.3", "[lb_av]"))
	check("Observation/1 Observation/2 Observation/3")
	a.follow(fhir.Key{Type: "Observation", ID: "1"}, doc("1", "70000000", "mg"))
	check("Observation/1 Observation/2 Observation/3")
	a.follow(fhir.Key{Type: "Observation", ID: "1"}, doc("1", "70", "L"))
	check("Observation/2 Observation/3")
	b.follow(fhir.Key{Type: "Observation", ID: "2"}, "")
	check("Observation/3")
	if got := column(t, url, `SELECT value FROM search_term WHERE value IN ('kg', 'g', 'mg', 'L', '[lb_av]') ORDER BY value`); strings.Join(got, " ") != "L [lb_av] g kg mg" {
		t.Errorf("units are %v", got)
	}
}

// TestTooManyUnits: as many codes as one likes can be made of one unit; a
// search in all of them is refused, and the code alone is not.
func TestTooManyUnits(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	var docs []string
	for i := range 520 {
		docs = append(docs, fmt.Sprintf(`{"resourceType":"Observation","id":"o%d","status":"final","code":{"text":"x"},"valueQuantity":{"value":1,"system":%q,"code":"mg{a%d}"}}`, i, ucum.System, i))
	}
	s.put(docs...)
	for query, want := range map[string]string{
		"1|" + ucum.System + "|g": "error too-costly value-quantity", "gt1|" + ucum.System + "|mg{a7}": "error too-costly value-quantity",
		"1|" + ucum.System + "|mL": "", "1||mg{a7}": "Observation/o7", "1|urn:x|g": "",
	} {
		q, err := s.registry.Parse(search.Request{Type: "Observation", Query: "value-quantity=" + query})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		page, err := s.Search(context.Background(), everything, q)
		if e, ok := err.(*fhir.Error); ok {
			got = "error " + string(e.Code) + " " + e.Expression
		} else if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Match {
			got += m.Current().String()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}
