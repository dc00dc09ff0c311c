package storage_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// model is a small corpus with all that searches look at in plain maps, so
// that an answer can be found by trying every resource.
type model struct {
	all    []*thing
	known  map[string]*thing
	hidden func(*thing) bool // what the fence does not show; nil shows all
}

// thing is a resource of the model: by parameter, what it has. A parameter
// that is absent is missing.
type thing struct {
	typ, id string
	tokens  map[string][]string // system|code
	dates   map[string][2]int   // days since 1970, the last one excluded
	numbers map[string]int
	strings map[string][]string
	refs    map[string][]string
	json    string
}

func (t *thing) key() string { return t.typ + "/" + t.id }

func (m *model) visible(t *thing) bool { return t != nil && (m.hidden == nil || !m.hidden(t)) }

func (m *model) add(t *thing) {
	m.all = append(m.all, t)
	m.known[t.key()] = t
}

func (m *model) texts() (list []string) {
	for _, t := range m.all {
		list = append(list, t.json)
	}
	return list
}

// span is the days of a date of any precision.
func span(date string) [2]int {
	layout := [...]string{"2006", "2006-01", "2006-01-02"}[strings.Count(date, "-")]
	from, err := time.Parse(layout, date)
	if err != nil {
		panic(err)
	}
	until := [...]time.Time{from.AddDate(1, 0, 0), from.AddDate(0, 1, 0), from.AddDate(0, 0, 1)}[strings.Count(date, "-")]
	return [2]int{int(from.Unix() / 86400), int(until.Unix() / 86400)}
}

// draws draws parts of resources and of searches from the same few values, so
// that searches find something.
type draws struct{ *rand.Rand }

func (d draws) one(list ...string) string { return list[d.IntN(len(list))] }

func (d draws) chance(n int) bool { return d.IntN(n) == 0 }

// date is one of few, of any precision.
func (d draws) date() string {
	date := fmt.Sprintf("20%02d", 19+d.IntN(3))
	if d.chance(5) {
		return date
	}
	if date += fmt.Sprintf("-%02d", 1+d.IntN(3)); d.chance(4) {
		return date
	}
	return date + fmt.Sprintf("-%02d", 1+d.IntN(4))
}

func (d draws) family() string {
	return d.one("Adams", "adamson", "Baker", "Båk", "Clark", "de Vries")
}
func (d draws) given() string { return d.one("Ann", "Anna", "Bob", "bo", "Cy") }
func (d draws) code() string {
	return d.one("http://a", "http://b") + "|" + d.one("c1", "c2", "c3", "C1")
}

const patients, practitioners, observations = 30, 4, 140

// newModel draws a corpus: patients of practitioners, and observations about
// patients with members among them.
func newModel(seed uint64) *model {
	d := draws{rand.New(rand.NewPCG(seed, 3))}
	m := &model{known: map[string]*thing{}}
	fresh := func(typ, id string) *thing {
		return &thing{typ: typ, id: id, tokens: map[string][]string{}, dates: map[string][2]int{}, numbers: map[string]int{}, strings: map[string][]string{}, refs: map[string][]string{}}
	}
	for n := range practitioners {
		t := fresh("Practitioner", fmt.Sprintf("d%d", n))
		gender, family := d.one("male", "female"), d.family()
		t.tokens["gender"], t.strings["family"] = []string{"|" + gender}, []string{family}
		t.json = fmt.Sprintf(`{"resourceType":"Practitioner","id":%q,"gender":%q,"name":[{"family":%q}]}`, t.id, gender, family)
		m.add(t)
	}
	for n := range patients {
		t := fresh("Patient", fmt.Sprintf("p%02d", n*7%patients))
		var b strings.Builder
		fmt.Fprintf(&b, `{"resourceType":"Patient","id":%q`, t.id)
		if !d.chance(4) {
			gender := d.one("male", "female", "other")
			t.tokens["gender"] = []string{"|" + gender}
			fmt.Fprintf(&b, `,"gender":%q`, gender)
		}
		if !d.chance(4) {
			date := d.date()
			t.dates["birthdate"] = span(date)
			fmt.Fprintf(&b, `,"birthDate":%q`, date)
		}
		if !d.chance(5) {
			family, given := d.family(), []string{d.given(), d.given()}[:1+d.IntN(2)]
			t.strings["family"], t.strings["given"] = []string{family}, given
			fmt.Fprintf(&b, `,"name":[{"family":%q,"given":["%s"]}]`, family, strings.Join(given, `","`))
		}
		if !d.chance(3) {
			ref := fmt.Sprintf("Practitioner/d%d", d.IntN(practitioners))
			t.refs["general-practitioner"] = []string{ref}
			fmt.Fprintf(&b, `,"generalPractitioner":[{"reference":%q}]`, ref)
		}
		t.json = b.String() + "}"
		m.add(t)
	}
	for n := range observations {
		m.observation(d, fresh("Observation", fmt.Sprintf("o%03d", n*11%observations)), n)
	}
	return m
}

func (m *model) observation(d draws, t *thing, n int) {
	var b strings.Builder
	status := d.one("final", "amended", "preliminary")
	t.tokens["status"] = []string{"|" + status}
	fmt.Fprintf(&b, `{"resourceType":"Observation","id":%q,"status":%q`, t.id, status)
	coding := func(name string, codes []string) {
		t.tokens[name] = codes
		var list []string
		for _, c := range codes {
			system, code, _ := strings.Cut(c, "|")
			list = append(list, fmt.Sprintf(`{"system":%q,"code":%q}`, system, code))
		}
		concept := `{"coding":[` + strings.Join(list, ",") + `]}`
		if name == "category" {
			concept = "[" + concept + "]"
		}
		fmt.Fprintf(&b, `,%q:%s`, name, concept)
	}
	coding("code", []string{d.code(), d.code()}[:1+d.IntN(2)])
	if !d.chance(3) {
		coding("category", []string{d.code()})
	}
	if !d.chance(6) {
		ref := fmt.Sprintf("Patient/p%02d", d.IntN(patients+2)) // some are not there
		t.refs["subject"] = []string{ref}
		fmt.Fprintf(&b, `,"subject":{"reference":%q}`, ref)
	}
	switch d.IntN(5) {
	case 0:
	case 1:
		from, to := d.date(), d.date()
		if span(to)[1] <= span(from)[0] {
			from, to = to, from
		}
		t.dates["date"] = [2]int{span(from)[0], span(to)[1]}
		fmt.Fprintf(&b, `,"effectivePeriod":{"start":%q,"end":%q}`, from, to)
	default:
		date := d.date()
		t.dates["date"] = span(date)
		fmt.Fprintf(&b, `,"effectiveDateTime":%q`, date)
	}
	if !d.chance(3) {
		value := d.IntN(12)
		t.numbers["value-quantity"] = value
		fmt.Fprintf(&b, `,"valueQuantity":{"value":%d,"unit":"mg"}`, value)
	}
	refs := func(param, member string, list []string) {
		t.refs[param] = list
		var objects []string
		for _, ref := range list {
			objects = append(objects, fmt.Sprintf(`{"reference":%q}`, ref))
		}
		fmt.Fprintf(&b, `,%q:[%s]`, member, strings.Join(objects, ","))
	}
	if n > 20 && d.chance(3) {
		refs("has-member", "hasMember", []string{m.all[practitioners+patients+d.IntN(n-1)].key(), m.all[practitioners+patients+d.IntN(n-1)].key()})
	}
	if d.chance(2) {
		refs("performer", "performer", []string{d.one(fmt.Sprintf("Practitioner/d%d", d.IntN(practitioners)), fmt.Sprintf("Patient/p%02d", d.IntN(patients)))})
	}
	t.json = b.String() + "}"
	m.add(t)
}

// found are the resources of a type for which a condition holds, as keys.
func (m *model) found(typ string, holds func(*thing) bool) (list []string) {
	for _, t := range m.all {
		if t.typ == typ && m.visible(t) && holds(t) {
			list = append(list, t.key())
		}
	}
	slices.Sort(list)
	return list
}
