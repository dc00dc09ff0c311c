package storage

import (
	"cmp"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// termRow is what a key of a token or url stands for.
type termRow struct {
	key, param int64
	system     int32
	value      string
}

func term(key int64, system int32, typ, param, value string) termRow {
	return termRow{key: key, system: system, param: paramKey(typ, param), value: indexed(value)}
}

func compareTerms(a, b termRow) int {
	return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.system, b.system))
}

// Terms and shapes are many resources' and are never changed, so that most are
// there already. Those that are not are written in the order of their keys, so
// that two writers of the same ones wait for each other instead of
// deadlocking. None is removed with a resource, since others may have it: what
// no resource has any more goes later, see Forget.
const (
	insertTerms = `INSERT INTO search_term (key, system, param, value)
SELECT unnest($1::bigint[]), unnest($2::integer[]), unnest($3::bigint[]), unnest($4::text[]) ON CONFLICT (key, system) DO UPDATE SET unused = NULL WHERE search_term.unused IS NOT NULL`
	insertShape = `INSERT INTO search_shape (shape, type, params) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`
)

// known remembers which rows of a dictionary are there. It forgets, and never
// errs: what it does not know is written again, to no effect. What it knows it
// learnt no longer than two times knownFor ago, see Forget.
type known struct {
	mu         sync.RWMutex
	young, old map[dictionaryKey]struct{}
	turned     time.Time // when the young ones began
}

// knownFor is how long a generation of keys is remembered.
const knownFor = 6 * time.Hour

// dictionaryKey is the primary key of a term, or of a shape with system 0.
type dictionaryKey struct {
	key    int64
	system int32
}

// maxKnown is how many keys each of the two generations holds.
const maxKnown = 50_000

func (k *known) has(key dictionaryKey) bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if time.Since(k.turned) > knownFor {
		return false
	}
	if _, ok := k.young[key]; ok {
		return true
	}
	_, ok := k.old[key]
	return ok
}

// learn is told what was committed.
func (k *known) learn(keys []dictionaryKey) {
	if len(keys) == 0 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if time.Since(k.turned) > knownFor {
		k.old, k.young, k.turned = nil, nil, time.Now()
	}
	for _, key := range keys {
		if len(k.young) >= maxKnown {
			k.old, k.young, k.turned = k.young, nil, time.Now()
		}
		if k.young == nil {
			k.young = make(map[dictionaryKey]struct{})
		}
		k.young[key] = struct{}{}
	}
}

// learnt are the keys of dictionaries that a change set writes.
type learnt struct{ terms, shapes, wordings []dictionaryKey }

func (l *learnt) add(more learnt) {
	l.terms, l.shapes, l.wordings = append(l.terms, more.terms...), append(l.shapes, more.shapes...), append(l.wordings, more.wordings...)
}

// learn remembers what was committed.
func (db *DB) learn(l *learnt) {
	db.terms.learn(l.terms)
	db.shapes.learn(l.shapes)
	db.wordings.learn(l.wordings)
	*l = learnt{}
}

// queueTerms adds the terms that are not known to be there, and tells which.
func queueTerms(batch *pgx.Batch, k *known, list []termRow) (fresh []dictionaryKey) {
	list = set(list, compareTerms)
	var missing []termRow
	for i, t := range list {
		key := dictionaryKey{t.key, t.system}
		if i > 0 && compareTerms(list[i-1], t) == 0 || k.has(key) {
			continue
		}
		missing, fresh = append(missing, t), append(fresh, key)
	}
	if len(missing) > 0 {
		batch.Queue(insertTerms,
			column(missing, func(r termRow) int64 { return r.key }),
			column(missing, func(r termRow) int32 { return r.system }),
			column(missing, func(r termRow) int64 { return r.param }),
			column(missing, func(r termRow) string { return r.value }))
	}
	return fresh
}
