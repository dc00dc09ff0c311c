package importer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
)

// Importer brings documents into the server at Base.
type Importer struct {
	Base        string // FHIR base URL
	Client      *http.Client
	Concurrency int                 // documents that are under way at the same time
	Budget      int64               // bytes of documents that are under way, but one document always may be
	Progress    func(done, all Sum) // called now and then, by one goroutine at a time; may be nil
	Log         *slog.Logger

	notes []note
	kinds []signature
	known map[string]int32 // position in kinds
}

// Sum counts what was found, or done.
type Sum struct {
	Documents, Resources int
	Bytes                int64
	Taken                int // resources that were taken in now
	Before               int // resources that had been taken in by an earlier import
	Refused              int // requests that the server refused, or that could not be made
	Passed               int // documents that are no FHIR resources
}

// note is what is remembered of each document between the passes.
type note struct {
	kind  int32 // in kinds, -1 for one that is not to be delivered
	size  int32
	count int32
	again bool // was refused, perhaps because it came too early
}

// signature is what many documents have in common.
type signature struct {
	provides, needs map[string]bool
	rank            int
}

// Run surveys and delivers everything that the source yields. The report is
// complete for what was done even when there is an error.
func (i *Importer) Run(ctx context.Context, source Source) (*Report, error) {
	report := &Report{}
	if err := i.survey(ctx, source, report); err != nil {
		return report, err
	}
	top := i.order()
	for rank := 0; rank <= top; rank++ {
		if err := i.deliver(ctx, source, report, rank); err != nil {
			return report, err
		}
	}
	for range 3 { // what was refused may refer to what came after it
		before := report.Done.Taken
		if !i.waiting() {
			break
		}
		if err := i.deliver(ctx, source, report, retry); err != nil {
			return report, err
		}
		if report.Done.Taken == before {
			break
		}
	}
	return report, nil
}

// retry stands for the documents that are to be tried again, of all ranks.
const retry = -1

// survey reads every document once.
func (i *Importer) survey(ctx context.Context, source Source, report *Report) error {
	i.known = map[string]int32{}
	return source(func(name string, load func() ([]byte, error)) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := note{kind: -1}
		body, err := load()
		if err == nil {
			var c *content
			if c, err = read(body); err == nil {
				n = note{kind: i.kindOf(c), size: int32(len(body)), count: int32(c.count)}
				report.Found.Documents++
				report.Found.Resources += c.count
				report.Found.Bytes += int64(len(body))
			}
		}
		i.notes = append(i.notes, n)
		switch {
		case errors.As(err, &notFHIR{}):
			report.Done.Passed++
		case err != nil:
			report.refuse(name, -1, issueOf(err))
		}
		return nil
	})
}

func (i *Importer) kindOf(c *content) int32 {
	id := fmt.Sprint(c.provides, c.needs) // maps print in the order of their keys
	k, ok := i.known[id]
	if !ok {
		k = int32(len(i.kinds))
		i.known[id] = k
		i.kinds = append(i.kinds, signature{provides: c.provides, needs: c.needs})
	}
	return k
}

// order gives every kind of document its rank and returns the highest.
func (i *Importer) order() int {
	g := graph{}
	for _, k := range i.kinds {
		g.add(k.provides, k.needs)
	}
	of := g.ranks()
	top := 0
	for k := range i.kinds {
		i.kinds[k].rank = rank(of, i.kinds[k].provides)
		top = max(top, i.kinds[k].rank)
	}
	return top
}

func (i *Importer) waiting() bool {
	for _, n := range i.notes {
		if n.again {
			return true
		}
	}
	return false
}

// wanted says whether the document takes part in a pass.
func (i *Importer) wanted(n note, rank int) bool {
	if rank == retry {
		return n.again
	}
	return n.kind >= 0 && i.kinds[n.kind].rank == rank
}

// budget bounds the bytes under way.
type budget struct {
	mu         sync.Mutex
	freed      sync.Cond
	used, most int64
}

func newBudget(most int64) *budget {
	b := &budget{most: most}
	b.freed.L = &b.mu
	return b
}

func (b *budget) take(n int64) {
	b.mu.Lock()
	for b.used > 0 && b.used+n > b.most {
		b.freed.Wait()
	}
	b.used += n
	b.mu.Unlock()
}

func (b *budget) give(n int64) {
	b.mu.Lock()
	b.used -= n
	b.mu.Unlock()
	b.freed.Broadcast()
}
