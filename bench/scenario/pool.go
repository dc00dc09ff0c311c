package scenario

import (
	"sync"

	"github.com/webdoctor/webdoctor/bench/b100"
	"github.com/webdoctor/webdoctor/bench/raw"
)

// The pools hold what is sent while the clock runs. They are made at first use
// and never change, so all runs of a process share them.

// stream is where the streams of the pools begin, far from those of the
// bundles that are loaded: what is created while the clock runs is new.
const stream = 1 << 40

// patient is a body for a create or an update.
type patient struct {
	template b100.Template
	plan     *raw.Plan
}

// parcel is a bundle: as a body for the server, as rows for Postgres.
type parcel struct {
	bundle *b100.Bundle
	body   []byte
	plans  []*raw.Plan
	refs   []string // for the rows of a batch, nil otherwise
}

// crud is one of the nine resources of the CRUD scenario, as created and as
// updated.
type crud struct {
	b100.CRUD
	templates [2]b100.Template
	plans     [2]*raw.Plan
}

var patients = sync.OnceValue(func() (all []patient) {
	for i := range 512 {
		o := b100.Patient(b100.Rand(uint64(stream+i)), i)
		all = append(all, patient{b100.NewTemplate(o), raw.NewPlan(o)})
	}
	return all
})

func newParcel(b *b100.Bundle) parcel {
	p := parcel{bundle: b, body: b.Transaction()}
	for _, entry := range b.Entries {
		p.plans = append(p.plans, raw.NewPlan(entry.Resource))
	}
	return p
}

// pairs is small transactions, hundreds is large ones.
var pairs = sync.OnceValue(func() (all []parcel) {
	for i := range 512 {
		all = append(all, newParcel(b100.NewPair(stream+i)))
	}
	return all
})

var hundreds = sync.OnceValue(func() (all []parcel) {
	for i := range 32 {
		all = append(all, newParcel(b100.New(stream+i)))
	}
	return all
})

// batches is the hundreds as batches, whose references point into bundles that
// were loaded.
func (e *Env) batches() []parcel {
	e.batchOnce.Do(func() {
		for i, p := range hundreds() {
			to := e.Loaded[i%len(e.Loaded)]
			p.body, p.refs = p.bundle.Batch(to.Refs), to.RawRefs
			e.batched = append(e.batched, p)
		}
	})
	return e.batched
}

var sets = sync.OnceValue(func() (all [][]crud) {
	for i := range 64 {
		var set []crud
		for _, c := range b100.NewCRUD(stream + i) {
			set = append(set, crud{
				CRUD:      c,
				templates: [2]b100.Template{b100.NewTemplate(c.First), b100.NewTemplate(c.Second)},
				plans:     [2]*raw.Plan{raw.NewPlan(c.First), raw.NewPlan(c.Second)},
			})
		}
		all = append(all, set)
	}
	return all
})
