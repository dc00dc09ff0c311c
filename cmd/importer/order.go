package importer

import (
	"maps"
	"slices"
)

// graph says which types refer to which, as the documents at hand do it.
type graph map[string]map[string]bool

// add notes that documents with these types refer to those.
func (g graph) add(provides, needs map[string]bool) {
	for from := range provides {
		if g[from] == nil {
			g[from] = map[string]bool{}
		}
		for to := range needs {
			if to != from {
				g[from][to] = true
			}
		}
	}
}

// ranks gives every type a number: 0 for types that refer to nothing, else
// one more than the highest of what it refers to. Types that refer to each
// other in a circle share a rank. It is Tarjan's algorithm, which finishes
// what is referred to before what refers to it.
func (g graph) ranks() map[string]int {
	t := tarjan{g: g, index: map[string]int{}, low: map[string]int{}, on: map[string]bool{}, rank: map[string]int{}}
	for _, v := range slices.Sorted(maps.Keys(g)) {
		if _, seen := t.index[v]; !seen {
			t.visit(v)
		}
	}
	return t.rank
}

type tarjan struct {
	g          graph
	index, low map[string]int
	stack      []string
	on         map[string]bool
	rank       map[string]int
}

func (t *tarjan) visit(v string) {
	n := len(t.index)
	t.index[v], t.low[v] = n, n
	t.stack = append(t.stack, v)
	t.on[v] = true
	for _, w := range slices.Sorted(maps.Keys(t.g[v])) {
		if _, ours := t.g[w]; !ours {
			continue // nothing at hand provides it
		}
		if _, seen := t.index[w]; !seen {
			t.visit(w)
			t.low[v] = min(t.low[v], t.low[w])
		} else if t.on[w] {
			t.low[v] = min(t.low[v], t.index[w])
		}
	}
	if t.low[v] != n {
		return
	}
	at := slices.Index(t.stack, v)
	circle := slices.Clone(t.stack[at:])
	t.stack = t.stack[:at]
	rank := 0
	for _, w := range circle {
		t.on[w] = false
		for to := range t.g[w] {
			if r, done := t.rank[to]; done && !slices.Contains(circle, to) {
				rank = max(rank, r+1)
			}
		}
	}
	for _, w := range circle {
		t.rank[w] = rank
	}
}

// rank of a document is the highest of its types.
func rank(of map[string]int, provides map[string]bool) int {
	r := 0
	for typ := range provides {
		r = max(r, of[typ])
	}
	return r
}
