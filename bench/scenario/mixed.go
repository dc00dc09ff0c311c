package scenario

import (
	"context"
	"errors"

	"github.com/webdoctor/webdoctor/bench/client"
	"github.com/webdoctor/webdoctor/bench/measure"
)

// The mixed scenario is a day's work: 60 % reads, 25 % searches for something
// about one patient, 10 % creates and updates, 5 % searches by name.

// part is one kind of request, and how many of a hundred it makes up.
type part struct {
	of          int
	server, raw func(context.Context, *Env, *Worker) measure.Op
}

func parts100() []part {
	search := func(of int, ask asker) part { return part{of, searchServer(ask), searchRaw(ask)} }
	return []part{
		{60, readServer, readRaw},
		search(10, askPatientCode), search(8, askPatientCategory), search(7, askEncounters),
		{5, createServer, createRaw}, {5, updateServer, updateRaw},
		search(5, askName),
	}
}

// mix makes an operation that is each of the parts as often as it should be.
func mix(w *Worker, ops []measure.Op, of []int) measure.Op {
	return func() error {
		n := w.Rand.IntN(100)
		for i, op := range ops {
			if n -= of[i]; n < 0 {
				return op()
			}
		}
		return errors.New("the parts do not make up a hundred")
	}
}

func mixedServer(ctx context.Context, e *Env, w *Worker) measure.Op {
	var ops []measure.Op
	var of []int
	for _, p := range parts100() {
		ops, of = append(ops, p.server(ctx, e, w)), append(of, p.of)
	}
	return mix(w, ops, of)
}

func mixedRaw(ctx context.Context, e *Env, w *Worker) measure.Op {
	var ops []measure.Op
	var of []int
	for _, p := range parts100() {
		ops, of = append(ops, p.raw(ctx, e, w)), append(of, p.of)
	}
	return mix(w, ops, of)
}

// mixed is checked part by part. Patients may have been created by the checks
// of other scenarios, so that names can be more than were loaded.
func mixed() Scenario {
	s := Scenario{Name: "mixed", Group: Core, Writes: true, At: []int{16, 64}, Server: mixedServer, Raw: mixedRaw,
		Request: "60 % read, 25 % searches about a patient, 10 % create and update, 5 % search by name"}
	for _, ask := range []asker{askPatientCode, askPatientCategory, askEncounters, askName} {
		s.questions = both(s.questions, drawn(ask))
	}
	searched := checkQuestions(s)
	s.Check = func(ctx context.Context, e *Env, conn *client.Conn) error {
		for _, check := range []func(context.Context, *Env, *client.Conn) error{searched, checkRead, checkCreate, checkUpdate} {
			if err := check(ctx, e, conn); err != nil {
				return err
			}
		}
		return nil
	}
	return s
}
