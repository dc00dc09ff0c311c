package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// Relating reads from a resource what it does to the fences around others:
// the care relations that it makes, and what it withholds. The zero Relating
// knows no rules.
type Relating struct {
	Rules fhir.Rules

	mu    sync.Mutex
	exprs map[string]*path.Expr
}

// Tie is a care relation that a resource makes.
type Tie struct {
	Holder, Patient fhir.Key
	Source          string
	Starts, Ends    time.Time // zero: when it is written; never
	Free            bool      // it may begin, or last longer, by this write
}

// Provision is a provision of a consent. What is zero matches all.
type Provision struct {
	Patient      fhir.Key
	Depth        int
	Deny         bool
	Actor        fhir.Key
	Type, Label  string
	Starts, Ends time.Time
}

// speaks says whether there is a rule for the type.
func (r *Relating) speaks(typ string) bool {
	return slices.ContainsFunc(r.Rules.Relations, func(x fhir.RelationRule) bool { return x.Type == typ }) ||
		slices.ContainsFunc(r.Rules.Consents, func(x fhir.ConsentRule) bool { return x.Type == typ })
}

// reading is one resource that is read by the rules.
type reading struct {
	*attempt
	rules *Relating
	doc   *tree.Doc
	key   fhir.Key
}

// ties are the relations that a resource makes, by all rules.
func (x reading) ties() ([]Tie, error) {
	var ties []Tie
	for _, rule := range x.rules.Rules.Relations {
		if rule.Type != x.key.Type {
			continue
		}
		if holds, err := x.holds(rule.When, x.doc.Root()); err != nil || !holds {
			if err != nil {
				return nil, err
			}
			continue
		}
		patients := []fhir.Key{x.key}
		var err error
		if rule.Patient != "$this" {
			if patients, err = x.keys(rule.Patient, x.doc.Root()); err != nil {
				return nil, err
			}
		}
		holders, err := x.keys(rule.Holder, x.doc.Root())
		if err != nil {
			return nil, err
		}
		starts, _, err := x.period(rule.Starts, x.doc.Root())
		if err != nil {
			return nil, err
		}
		_, ends, err := x.period(rule.Ends, x.doc.Root())
		if err != nil {
			return nil, err
		}
		if !ends.IsZero() && !starts.IsZero() && ends.Before(starts) {
			continue
		}
		for _, p := range patients {
			for _, h := range holders {
				if slices.Contains(rule.Holders, h.Type) && !slices.Contains(rule.Holders, p.Type) {
					ties = append(ties, Tie{Holder: h, Patient: p, Source: rule.Source, Starts: starts, Ends: ends})
				}
			}
		}
	}
	return ties, nil
}

// provisions are those of a consent, the outermost first.
func (x reading) provisions() ([]Provision, error) {
	var all []Provision
	for _, rule := range x.rules.Rules.Consents {
		if rule.Type != x.key.Type {
			continue
		}
		holds, err := x.holds(rule.When, x.doc.Root())
		if err != nil {
			return nil, err
		}
		patients, err := x.keys(rule.Patient, x.doc.Root())
		if err != nil {
			return nil, err
		}
		if !holds || len(patients) == 0 {
			continue
		}
		nodes, err := x.eval(rule.Provision, x.doc.Root())
		if err != nil {
			return nil, err
		}
		for _, n := range nodes {
			list, err := x.provision(rule, n.Node, 0)
			if err != nil {
				return nil, err
			}
			for _, p := range list {
				p.Patient = patients[0]
				all = append(all, p)
			}
		}
	}
	return all, nil
}

// provision reads one provision and those inside. Its actors, classes and
// labels multiply.
func (x reading) provision(rule fhir.ConsentRule, n tree.Node, depth int) ([]Provision, error) {
	deny, err := x.holds(rule.Deny, n)
	if err != nil {
		return nil, err
	}
	permit, err := x.holds(rule.Permit, n)
	if err != nil {
		return nil, err
	}
	var list []Provision
	if deny || permit {
		one := Provision{Depth: depth, Deny: deny}
		if one.Starts, _, err = x.period(rule.Starts, n); err != nil {
			return nil, err
		}
		if _, one.Ends, err = x.period(rule.Ends, n); err != nil {
			return nil, err
		}
		actors, err := x.keys(rule.Actor, n)
		if err != nil {
			return nil, err
		}
		if len(actors) == 0 {
			actors = []fhir.Key{{}}
		}
		classes, err := x.texts(rule.Class, n)
		if err != nil {
			return nil, err
		}
		labels, err := x.texts(rule.Label, n)
		if err != nil {
			return nil, err
		}
		for _, one.Actor = range actors {
			for _, one.Type = range orNone(classes) {
				for _, one.Label = range orNone(labels) {
					list = append(list, one)
				}
			}
		}
	}
	inner, err := x.eval(rule.Inner, n)
	if err != nil {
		return nil, err
	}
	for _, i := range inner {
		more, err := x.provision(rule, i.Node, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	return list, nil
}

func orNone(list []string) []string {
	if len(list) == 0 {
		return []string{""}
	}
	return list
}

func (x reading) eval(expression string, n tree.Node) (path.Collection, error) {
	if expression == "" {
		return nil, nil
	}
	x.rules.mu.Lock()
	e := x.rules.exprs[expression]
	if e == nil {
		var err error
		if e, err = path.Parse(expression); err != nil {
			x.rules.mu.Unlock()
			return nil, fmt.Errorf("rule of relations: %w", err)
		}
		if x.rules.exprs == nil {
			x.rules.exprs = map[string]*path.Expr{}
		}
		x.rules.exprs[expression] = e
	}
	x.rules.mu.Unlock()
	return e.Eval(x.doc, n, path.Env{Definitions: x.Spec, Now: x.Now})
}

func (x reading) holds(expression string, n tree.Node) (bool, error) {
	found, err := x.eval(expression, n)
	return err == nil && len(found) == 1 && found[0].Value(x.doc) == path.Boolean(true), err
}

func (x reading) texts(expression string, n tree.Node) (list []string, err error) {
	found, err := x.eval(expression, n)
	for _, i := range found {
		if v := i.Value(x.doc); v != nil {
			list = append(list, v.String())
		}
	}
	return list, err
}

// keys are the resources of this server that references name.
func (x reading) keys(expression string, n tree.Node) (list []fhir.Key, err error) {
	texts, err := x.texts(expression, n)
	for _, text := range texts {
		if k, ok := x.local(text); ok && !slices.Contains(list, k) {
			list = append(list, k)
		}
	}
	return list, err
}

// period is the time that a date covers; zero for none.
func (x reading) period(expression string, n tree.Node) (low, high time.Time, err error) {
	texts, err := x.texts(expression, n)
	if err != nil || len(texts) == 0 {
		return low, high, err
	}
	d, err := search.ParseDate(strings.TrimPrefix(texts[0], "@"))
	if err != nil {
		return low, high, nil // what is no date sets no limit
	}
	return d.Low, d.High, nil
}

// relate fills in what a version does to fences. A caller's write makes no
// relation of which the caller is the holder, and none with a patient whom the
// caller does not see: who could would see by writing.
func (a *attempt) relate(ctx context.Context, w *Write, action string) error {
	k := w.Resource.Current()
	if a.Relating == nil || !a.Relating.speaks(k.Type) {
		return nil
	}
	w.Ruled = true
	if w.Resource.Deleted {
		return nil
	}
	d, err := tree.Parse(w.Resource.JSON)
	if err != nil {
		return err
	}
	x := reading{a, a.Relating, d, k}
	if w.Provisions, err = x.provisions(); err != nil {
		return err
	}
	if w.Ties, err = x.ties(); err != nil || len(w.Ties) == 0 {
		return err
	}
	f := a.fences[action]
	if f.Anywhere {
		for i := range w.Ties {
			w.Ties[i].Free = true
		}
		return nil
	}
	self := f.Rights[k.Type].Self
	var patients []fhir.Key
	var types []string
	for _, t := range w.Ties {
		if !slices.Contains(patients, t.Patient) && !slices.Contains(a.keys, t.Patient) {
			patients = append(patients, t.Patient)
		}
		if !slices.Contains(types, t.Patient.Type) {
			types = append(types, t.Patient.Type)
		}
	}
	var unseen []fhir.Key
	if len(patients) > 0 {
		f, err := a.fence(ctx, "read", nil, types)
		if err != nil {
			return err
		}
		if unseen, err = a.tx.Missing(ctx, f, patients); err != nil {
			return err
		}
	}
	for i := range w.Ties {
		t := &w.Ties[i]
		t.Free = !slices.Contains(self, t.Holder) && !slices.Contains(unseen, t.Patient)
	}
	return nil
}
