package search

import (
	"encoding/binary"
	"slices"
	"sync"
)

// present is a set of parameters by their numbers within the type.
type present [maxNumber / 64]uint64

func (s *present) add(p *Param)      { s[p.number/64] |= 1 << (p.number % 64) }
func (s *present) has(p *Param) bool { return s[p.number/64]&(1<<(p.number%64)) != 0 }

// maxNumber is how many parameters of one type can be told apart; R4 has
// fewer than 80 for any type.
const maxNumber = 256

// close adds the parameters that share the values of others, and those that
// stand in the row of every resource.
func (s *present) close(g *program) {
	for i, word := range g.always {
		s[i] |= word
	}
	for _, p := range g.derived {
		if p.composite == nil && slices.ContainsFunc(p.sources, func(q *Param) bool { return q != p && s.has(q) }) {
			s.add(p)
		}
	}
	s.together(g)
}

// derive finds what close adds.
func (g *program) derive() {
	for _, p := range g.every {
		if p.composite != nil || p.only == "" && slices.ContainsFunc(p.sources, func(q *Param) bool { return q != p }) {
			g.derived = append(g.derived, p)
		}
		if p.Code == "_id" || p.Code == "_lastUpdated" {
			g.always.add(p)
		}
	}
}

// shapes are the shapes of a type that were seen.
type shapes struct {
	mu   sync.RWMutex
	seen map[present]*Shape
}

// shape is the shape of a set, made once.
func (g *program) shape(on string, s present) *Shape {
	g.shapes.mu.RLock()
	known := g.shapes.seen[s]
	g.shapes.mu.RUnlock()
	if known != nil {
		return known
	}
	shape := &Shape{Params: []int64{}}
	for _, p := range g.params {
		if s.has(p) {
			shape.Params = append(shape.Params, p.Key)
		}
	}
	slices.Sort(shape.Params)
	text := make([]byte, 0, 8*len(shape.Params))
	for _, key := range shape.Params {
		text = binary.BigEndian.AppendUint64(text, uint64(key))
	}
	shape.Key = Hash(on, " shape ", string(text))
	g.shapes.mu.Lock()
	defer g.shapes.mu.Unlock()
	if g.shapes.seen == nil {
		g.shapes.seen = map[present]*Shape{}
	}
	g.shapes.seen[s] = shape
	return shape
}
