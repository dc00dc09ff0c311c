package importer

import (
	"context"
	"errors"
	"sync"
)

// deliver goes over the source and sends the documents of one rank.
func (i *Importer) deliver(ctx context.Context, source Source, report *Report, rank int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	type job struct {
		name string
		at   int
		body []byte
	}
	jobs := make(chan job)
	room := newBudget(i.Budget)
	var wg sync.WaitGroup
	for range max(i.Concurrency, 1) {
		wg.Go(func() {
			for j := range jobs {
				if ctx.Err() == nil {
					if err := i.document(ctx, report, j.name, j.at, j.body); err != nil {
						cancel(err)
					}
				}
				room.give(int64(len(j.body)))
			}
		})
	}
	at := -1
	err := source(func(name string, load func() ([]byte, error)) error {
		at++
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if at >= len(i.notes) {
			return errors.New("the files changed while they were imported; start the import again")
		}
		n := &i.notes[at]
		if !i.wanted(*n, rank) {
			return nil
		}
		room.take(int64(n.size)) // before it is read, so that memory stays bounded
		body, err := load()
		if err != nil || len(body) != int(n.size) {
			room.give(int64(n.size))
			n.again = false
			report.refuse(name, -1, issue{text: "the file changed while it was imported"})
			return nil
		}
		jobs <- job{name, at, body}
		return nil
	})
	close(jobs)
	wg.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// document sends all the requests of one document. The error ends the import.
func (i *Importer) document(ctx context.Context, report *Report, name string, at int, body []byte) error {
	n := &i.notes[at] // each document has one worker, and passes do not overlap
	second := n.again
	n.again = false
	c, err := read(body)
	var requests []request
	if err == nil {
		requests, err = c.requests(body)
	}
	if err != nil {
		report.refuse(name, -1, issueOf(err))
		return nil
	}
	refers := len(i.kinds[n.kind].needs) > 0
	var refused []refusal
	var done Sum
	for _, r := range requests {
		a, err := i.send(ctx, r)
		switch {
		case err != nil:
			return err
		case a.taken:
			done.Before += r.count
		case a.ok():
			done.Taken += r.count
		default:
			if len(a.issues) == 0 {
				a.issues = []issue{{text: statusText(a.status)}}
			}
			for _, x := range a.issues {
				refused = append(refused, refusal{name: name, entry: entryOf(r, x), status: a.status, issue: x})
			}
			n.again = n.again || (refers && mayPass(a.status))
		}
	}
	if !second {
		done.Documents, done.Resources, done.Bytes = 1, int(n.count), int64(n.size)
	} else if done.Before > 0 { // by the first try of this very import
		done.Before = 0
	}
	report.record(at, done, refused)
	if i.Progress != nil {
		report.show(i.Progress)
	}
	return nil
}

// mayPass says whether the same request may be taken once something else has
// been: a missing target shows as one of these, a malformed body does not.
func mayPass(status int) bool {
	return status == 404 || status == 409 || status == 412 || status == 422 || status == 400
}
