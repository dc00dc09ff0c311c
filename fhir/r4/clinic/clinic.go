package clinic

import (
	"fmt"
	"iter"
	"time"
)

// Bundle is a transaction Bundle and what it holds.
type Bundle struct {
	Name string // "organisation", "slots", "patient-01"
	JSON []byte
}

// Bundles yields the clinic as it is on the day of now, in now's time zone:
// the clinic opens at nine there. Bundles are made one by one as they are
// asked for.
func Bundles(now time.Time) iter.Seq[Bundle] {
	return func(yield func(Bundle) bool) {
		c := newPlan(now)
		if !yield(Bundle{"organisation", c.organisation()}) {
			return
		}
		if !yield(Bundle{"slots", c.slots()}) {
			return
		}
		for _, p := range c.people {
			if !yield(Bundle{fmt.Sprintf("patient-%02d", p.n), c.chart(p)}) {
				return
			}
		}
	}
}
