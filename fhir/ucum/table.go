package ucum

import (
	_ "embed"
	"math/big"
	"strings"
	"sync"
)

//go:embed units.tsv
var units string

// atom is a symbol as the table defines it.
type atom struct {
	base     bool // or arbitrary
	metric   bool // takes prefixes
	value    *big.Rat
	of       string // the unit that value counts
	function string // of a special unit
	resolved func() (Unit, error)
}

// tables has the symbols and prefixes by their codes.
type tables struct {
	atoms    map[string]*atom
	prefixes map[string]*big.Rat
}

var (
	loaded tables
	load   sync.Once
)

// table reads the table at first use.
func table() *tables {
	load.Do(func() { loaded.read() })
	return &loaded
}

func (t *tables) read() {
	t.atoms, t.prefixes = map[string]*atom{}, map[string]*big.Rat{}
	for line := range strings.Lines(units) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		a := &atom{metric: strings.ToUpper(f[1]) == f[1]}
		switch strings.ToLower(f[1]) {
		case "p":
			t.prefixes[f[0]] = number(f[2])
			continue
		case "b", "a":
			a.base = true
		case "s":
			a.function = f[4]
			fallthrough
		default:
			a.value, a.of = number(f[2]), f[3]
		}
		a.resolved = sync.OnceValues(func() (Unit, error) { return a.resolve(f[0]) })
		t.atoms[f[0]] = a
	}
}

// number reads a number of the table. It panics if it is none, since the
// table is part of the programme.
func number(text string) *big.Rat {
	n, ok := new(big.Rat).SetString(text)
	if !ok {
		panic("ucum: the table has the number " + text)
	}
	return n
}

func (a *atom) resolve(code string) (Unit, error) {
	if a.base {
		return Unit{factor: one, powers: powers{{code, 1}}}, nil
	}
	u, err := parse(a.of)
	if err != nil {
		return Unit{}, err
	}
	u.factor = new(big.Rat).Mul(a.value, u.factor)
	if a.function != "" {
		u.special, u.scale = functions[a.function], one
	}
	return u, nil
}

// symbol is the unit of a symbol, with a prefix if it takes one.
func symbol(code string) (Unit, error) {
	t := table()
	if a := t.atoms[code]; a != nil {
		return a.resolved()
	}
	for n := 1; n <= 2 && n < len(code); n++ {
		prefix, a := t.prefixes[code[:n]], t.atoms[code[n:]]
		if prefix == nil || a == nil || !a.metric {
			continue
		}
		u, err := a.resolved()
		switch {
		case err != nil:
		case u.special != nil:
			u.scale = prefix
		default:
			u.factor = new(big.Rat).Mul(prefix, u.factor)
		}
		return u, err
	}
	return Unit{}, errUnit
}
