package search

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// Registry knows the search parameters of every resource type. What a type
// needs is compiled when it is first asked for. A Registry is safe for
// concurrent use once its exported fields are set.
type Registry struct {
	// Base is the server's own base URL without a slash at its end. An
	// absolute reference below it is a local one.
	Base string
	// Now tells what "approximately" means of a date; nil is the wall clock.
	Now fhir.Clock
	// MaxChain is how many references a chain may follow; 0 is 8.
	MaxChain int

	definitions *spec.Definitions
	programs    atomic.Pointer[programs]
	writings    writings
}

// programs are the programs of all resource types, by the definitions of one
// generation.
type programs struct {
	generation *generation
	types      map[string]func() *program
}

// NewRegistry prepares the parameters of the definitions. It compiles nothing
// yet.
func NewRegistry(d *spec.Definitions) *Registry {
	r := &Registry{definitions: d}
	r.swap(&generation{})
	return r
}

// swap takes the definitions of another generation. Programs of types for
// which nothing was or is added stay as they are.
func (r *Registry) swap(g *generation) {
	before := r.programs.Load()
	after := &programs{generation: g, types: map[string]func() *program{}}
	for _, name := range r.definitions.ResourceTypes() {
		list := g.added[name]
		if before != nil && len(list) == 0 && len(before.generation.added[name]) == 0 {
			after.types[name] = before.types[name]
			continue
		}
		after.types[name] = sync.OnceValue(func() *program { return compile(r, name, list) })
	}
	r.programs.Store(after)
}

// Param is a search parameter as it applies to one resource type.
type Param struct {
	Code    string
	Type    string   // token, string, ...
	On      string   // the resource type
	Key     int64    // stable number of (On, Code), for index rows
	Targets []string // of a reference: the types it may point at

	registry   *Registry
	program    *program
	homes      []string // the compartments that a reference of this parameter opens
	exact      bool     // a token whose case matters
	identifier bool     // a token that is an Identifier
	anywhere   bool     // a reference that may be a canonical or other uri
	bindings   []string // of a token: the value sets that imply the systems of its codes
	prose      bool     // of text.go: read by the words, whatever the parameters
	number     int      // within the type
	sources    []*Param // under which its values are indexed, when that is not itself
	only       string   // the type of target to which it restricts its sources
	composite  *composite
	single     bool    // a resource has at most one value
	special    special // what is not read by the rules of its type
	added      *addition
}

// References are the references that a resource makes by this parameter, for
// _include.
func (p *Param) References(d *tree.Doc) []Reference {
	x := extraction{doc: d, registry: p.registry, only: p}
	if p.added != nil {
		x.add(p.added)
	} else {
		x.visit(p.program.root, d.Root())
	}
	return x.values.References
}

// Params are the parameters that a resource type can be searched by, sorted
// by code; nil for a name that is no resource type. Parameters of R4 that are
// not among them are not supported.
func (r *Registry) Params(typ string) []*Param {
	if compiled := r.programs.Load().types[typ]; compiled != nil {
		return compiled().params
	}
	return nil
}

// Param is the parameter of that code, nil if the type has none.
func (r *Registry) Param(typ, code string) *Param {
	params := r.Params(typ)
	i, ok := slices.BinarySearchFunc(params, code, func(p *Param, code string) int { return cmp.Compare(p.Code, code) })
	if !ok {
		return nil
	}
	return params[i]
}

// program is what was compiled for one resource type.
type program struct {
	params []*Param
	root   *step
	named  bool     // canonical references can name the resources
	housed bool     // references can make the resources members of a compartment
	truths []*Param // boolean expressions, which have a value even if nothing is there
	parts  parts
	every  []*Param // params, and after them those of parts
	added  []*addition
	shapes shapes

	derived []*Param // those that are present when others are
	always  present  // those that every resource has
}

// indexed are the types of parameters whose values are extracted.
var indexed = map[string]bool{
	"token": true, "reference": true, "string": true, "date": true, "number": true, "quantity": true, "uri": true,
}

// compile builds the program of a resource type.
func compile(r *Registry, typ string, added []Definition) *program {
	c := compiler{registry: r, definitions: r.definitions, on: typ, program: &program{root: &step{}}}
	for _, def := range r.definitions.SearchParams(typ) {
		p := &Param{
			Code: def.Code, Type: def.Type, On: typ, Key: Hash(typ, ".", def.Code), Targets: def.Targets,
			registry: r, program: c.program, homes: homesOf(r.definitions, typ, def),
		}
		if c.understands(p, def) {
			c.program.params = append(c.program.params, p)
		}
	}
	c.program.params = append(c.program.params, textParams(&c)...)
	slices.SortFunc(c.program.params, func(a, b *Param) int { return cmp.Compare(a.Code, b.Code) })
	for i, p := range c.program.params {
		p.number = i
	}
	for i, p := range c.program.parts.params {
		p.number = len(c.program.params) + i
	}
	c.program.every = slices.Concat(c.program.params, c.program.parts.params)
	c.program.named = c.named()
	c.program.housed = slices.ContainsFunc(c.program.params, func(p *Param) bool { return len(p.homes) > 0 })
	c.program.cover()
	c.program.root.finish(r.writing(r.definitions.Type(typ)))
	c.program.add(&c, r, added)
	c.program.derive()
	return c.program
}

// understands compiles a parameter, and says whether it can be searched by.
func (c *compiler) understands(p *Param, def *spec.SearchParam) bool {
	switch {
	case def.Type == "composite":
		return c.addComposite(p, def)
	case def.XPathUsage == "phonetic":
		return c.addPhonetic(p, def.Expression)
	case def.XPathUsage == "nearby":
		return c.addNear(p, def.Expression)
	case def.Code == "_query":
		p.special = named
		return true
	}
	return indexed[def.Type] && def.Expression != "" && def.XPathUsage == "normal" && c.add(p, def.Expression)
}

// homesOf lists the compartments of which a resource is a member by that
// parameter: by exactly those that CompartmentDefinition names.
func homesOf(d *spec.Definitions, typ string, def *spec.SearchParam) []string {
	if def.Type != "reference" {
		return nil
	}
	var homes []string
	for _, c := range d.Compartments() {
		if slices.Contains(c.Params(typ), def.Code) {
			homes = append(homes, c.Code)
		}
	}
	return homes
}
