package b100

import "math/rand/v2"

// Size is the number of entries of a bundle.
const Size = 100

// How many of each type a bundle has, where it is more than one.
const (
	encounters   = 10
	observations = 50
	conditions   = 10
	requests     = 8
	procedures   = 5
	vaccinations = 5
	reports      = 3
	claims       = 3
)

// Where the types stand in a bundle. The order is the same in all bundles, so
// that position k of one bundle can stand in for position k of another.
const (
	patientAt           Ref = 0
	organizationAt      Ref = 1
	practitionerAt      Ref = 2
	encounterAt         Ref = 3
	observationAt           = encounterAt + encounters
	conditionAt             = observationAt + observations
	medicationRequestAt     = conditionAt + conditions
	procedureAt             = medicationRequestAt + requests
	immunizationAt          = procedureAt + procedures
	diagnosticReportAt      = immunizationAt + vaccinations
	claimAt                 = diagnosticReportAt + reports
	explanationAt           = claimAt + claims
)

// Entry is one resource of a bundle.
type Entry struct {
	FullURL  string // urn:uuid:…
	Resource Object
	Template Template
}

// Bundle is a set of resources that refer to each other.
type Bundle struct{ Entries []Entry }

// New draws bundle n: one hundred resources about one patient.
func New(n int) *Bundle {
	r := Rand(uint64(n))
	b := &Bundle{Entries: make([]Entry, 0, Size)}
	enc := func() Ref { return encounterAt + Ref(r.IntN(encounters)) }
	b.add(r, Patient(r, n))
	b.add(r, organization(r, n))
	b.add(r, practitioner(r))
	for range encounters {
		b.add(r, encounter(r))
	}
	for k := range observations {
		b.add(r, observation(r, enc(), k))
	}
	for range conditions {
		b.add(r, condition(r, enc()))
	}
	for range requests {
		b.add(r, medicationRequest(r, enc()))
	}
	for range procedures {
		b.add(r, procedure(r, enc()))
	}
	for range vaccinations {
		b.add(r, immunization(r, enc()))
	}
	for range reports {
		b.add(r, diagnosticReport(r, enc()))
	}
	for i := range claims {
		b.add(r, claim(r, enc(), i))
	}
	for i := range claims {
		b.add(r, explanationOfBenefit(r, enc, i))
	}
	return b
}

// NewPair draws the small transaction that Blaze publishes its figures for: a
// patient with a birth date, and one systolic blood pressure.
func NewPair(n int) *Bundle {
	r := Rand(uint64(n))
	b := &Bundle{}
	b.add(r, Object{
		{"resourceType", "Patient"},
		{"gender", []string{"male", "female"}[n%2]},
		{"birthDate", moment(r, 1920, 2020).Format("2006-01-02")},
	})
	b.add(r, Object{
		{"resourceType", "Observation"},
		{"status", "final"},
		{"code", bare(LOINC, "8480-6")},
		{"subject", reference(patientAt)},
		{"valueQuantity", Object{{"value", 90 + r.IntN(91)}, {"unit", "mmHg"}, {"system", UCUM}, {"code", "mm[Hg]"}}},
	})
	return b
}

func (b *Bundle) add(r *rand.Rand, o Object) {
	b.Entries = append(b.Entries, Entry{"urn:uuid:" + UUID(r), o, NewTemplate(o)})
}

// Transaction is the bundle as a client posts it: references are the fullUrls
// of the other entries, and the server resolves them.
func (b *Bundle) Transaction() []byte {
	urns := make([]string, len(b.Entries))
	for i, e := range b.Entries {
		urns[i] = e.FullURL
	}
	return b.encode("transaction", urns)
}

// Batch is the bundle as a batch. The entries of a batch must not depend on
// each other (http.html#brules), so the references point at resources that the
// server already has: refs, by position, usually of another bundle.
func (b *Bundle) Batch(refs []string) []byte { return b.encode("batch", refs) }

func (b *Bundle) encode(kind string, refs []string) []byte {
	dst := make([]byte, 0, len(b.Entries)*1300)
	dst = append(dst, `{"resourceType":"Bundle","type":"`...)
	dst = append(dst, kind...)
	dst = append(dst, `","entry":[`...)
	for i, e := range b.Entries {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"fullUrl":"`...)
		dst = append(dst, e.FullURL...)
		dst = append(dst, `","resource":`...)
		dst = e.Template.Append(dst, refs)
		dst = append(dst, `,"request":{"method":"POST","url":"`...)
		dst = append(dst, e.Template.Type...)
		dst = append(dst, `"}}`...)
	}
	return append(dst, `]}`...)
}

// CRUD is one of the nine resources of the CRUD scenario.
type CRUD struct {
	Type   string
	First  Object // as created
	Second Object // as updated: the same in another language
	At     []Ref  // the positions it takes in the references of the others; none for the Location
}

// NewCRUD draws set n, in the order in which the resources are created.
// References to types outside the nine (the condition and the procedure of the
// claim) keep their position, so the caller points them at resources of a
// bundle it has loaded.
func NewCRUD(n int) []CRUD {
	b := New(n)
	location := crud(Location(Rand(uint64(n))))
	return []CRUD{
		b.crud(patientAt, 1),
		location,
		b.crud(organizationAt, 1),
		b.crud(practitionerAt, 1),
		b.crud(encounterAt, encounters),
		b.crud(observationAt, observations),
		b.crud(medicationRequestAt, requests),
		b.crud(claimAt, claims),
		b.crud(explanationAt, claims),
	}
}

// crud takes the first of a type; references to any of them mean that one.
func (b *Bundle) crud(first Ref, count int) CRUD {
	c := crud(b.Entries[first].Resource)
	for i := range count {
		c.At = append(c.At, first+Ref(i))
	}
	return c
}

func crud(o Object) CRUD {
	head := 1
	if o[1].Name == "meta" {
		head = 2
	}
	second := append(Object{}, o[:head]...)
	second = append(second, Member{"language", "de"})
	return CRUD{Type: o.Type(), First: o, Second: append(second, o[head:]...)}
}
