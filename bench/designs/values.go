package main

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// values extracts what resources say to an index, and knows the numbers of
// types and parameters.
type values struct {
	registry *search.Registry
	types    map[string]int16
}

func newValues() *values {
	v := &values{registry: search.NewRegistry(spec.R4()), types: map[string]int16{}}
	for i, name := range spec.R4().ResourceTypes() {
		v.types[name] = int16(i + 1)
	}
	return v
}

// entry is a resource with its values as numbers, as all designs get it.
type entry struct {
	raw
	rid     int64
	key     int64 // by which references are followed
	tokens  []token
	refs    []int64 // number of the parameter XOR that of the target
	strings []text
	dates   []span
	numbers []number
	homes   []home

	says search.Values
}

type token struct {
	key    int64 // of parameter and code
	whole  int64 // of parameter, system and code
	system int32
}

type text struct {
	param, exact int64
	value        string
}

type span struct {
	name      string // code of the parameter
	param     int64
	low, high time.Time // zero if open
}

type number struct {
	name               string
	param              int64
	low, high          string
	system, code, unit int32
}

type home struct {
	typ   string
	key   [16]byte
	hash  int64
	param string
}

// mostText is how much of a string an index holds.
const mostText = 200

// read makes the entry of a resource.
func (v *values) read(r raw, rid int64) (entry, error) {
	e := entry{raw: r, rid: rid, key: search.Hash(r.typ + "/" + r.id)}
	doc, err := tree.Parse(r.json)
	if err != nil {
		return e, err
	}
	if e.says, err = v.registry.Extract(doc); err != nil {
		return e, fmt.Errorf("%s/%s: %w", r.typ, r.id, err)
	}
	says := &e.says
	for _, t := range says.Tokens {
		name, code, system := t.Param, t.Code, cmp.Or(t.Type, t.System)
		if t.TypeCode != "" {
			name, code = t.Param+":of-type", t.TypeCode+"|"+t.Code
		}
		e.tokens = append(e.tokens, v.token(r.typ, name, system, code))
	}
	for _, f := range says.References {
		if f.Code != "" {
			e.tokens = append(e.tokens, v.token(r.typ, f.Param, f.System, f.Code))
		}
		if target := cmp.Or(f.URL, f.Type+"/"+f.ID); f.URL != "" || f.ID != "" {
			e.refs = append(e.refs, v.param(r.typ, f.Param)^search.Hash(target))
		}
	}
	for _, u := range says.URIs {
		e.refs = append(e.refs, v.param(r.typ, u.Param)^search.Hash(u.URI))
	}
	for _, s := range says.Strings {
		folded := search.Fold(s.Text)
		if runes := []rune(folded); len(runes) > mostText {
			folded = string(runes[:mostText])
		}
		e.strings = append(e.strings, text{v.param(r.typ, s.Param), search.Hash(s.Text), folded})
	}
	for _, d := range says.Dates {
		e.dates = append(e.dates, span{d.Param, v.param(r.typ, d.Param), d.Low, d.High})
	}
	for _, q := range says.Quantities {
		e.numbers = append(e.numbers, number{q.Param, v.param(r.typ, q.Param), cmp.Or(q.Low, "-Infinity"), cmp.Or(q.High, "Infinity"), short(q.System), short(q.Code), short(q.Unit)})
	}
	for _, h := range says.Homes {
		sum := sha256.Sum256([]byte(h.Type + "/" + h.ID))
		e.homes = append(e.homes, home{h.Type, [16]byte(sum[:16]), search.Hash(h.Type + "/" + h.ID), h.Param})
	}
	e.tokens, e.refs, e.strings, e.homes = once(e.tokens), once(e.refs), once(e.strings), once(e.homes)
	e.dates, e.numbers = once(e.dates), once(e.numbers)
	return e, nil
}

func (v *values) param(typ, code string) int64 { return search.Hash(typ, ".", code) }

func (v *values) token(typ, param, system, code string) token {
	return token{search.Hash(typ, ".", param, "|", code), search.Hash(typ, ".", param, "|", system, "|", code), short(system)}
}

// source is the code of the parameter under which the values of another stand.
func (v *values) source(typ, code string) string {
	return v.registry.Param(typ, code).Sources()[0].Code
}

// asked is the token of a search.
func (v *values) asked(typ, code, system, value string) token {
	p := v.registry.Param(typ, code).Sources()[0]
	return v.token(typ, p.Code, system, p.Fold(value))
}

// reference is the number of a reference of a search.
func (v *values) reference(typ, code, target string) int64 {
	return v.param(typ, v.source(typ, code)) ^ search.Hash(target)
}

// short is the number of a system or unit, 0 for none.
func short(s string) int32 {
	if s == "" {
		return 0
	}
	return int32(search.Hash(s) >> 32)
}

// once drops repetitions.
func once[T comparable](list []T) []T {
	seen, out := make(map[T]bool, len(list)), list[:0]
	for _, v := range list {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}
