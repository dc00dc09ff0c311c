package search

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// addition is a parameter that was added while the server runs. Its expression
// may be any FHIRPath: it is evaluated and not compiled into the trie. It has
// index rows of its own: it covers no parameter of R4 and is covered by none,
// so that what comes and goes never moves the rows of another.
type addition struct {
	param       *Param
	expr        *path.Expr
	fingerprint int64 // of the definition as it is now
}

// generation is a set of definitions in force.
type generation struct {
	number int64
	added  map[string][]Definition // by resource type
}

// Define puts the added definitions of a generation in force, for everything
// that is parsed and extracted from now on: of several versions of one
// parameter the highest. Those that cannot be searched by are passed over and
// returned. It is safe while others use the registry.
func (r *Registry) Define(number int64, list []Definition) (refused []Definition) {
	g := &generation{number: number, added: map[string][]Definition{}}
	var admitted []Definition
	for _, def := range latest(list) {
		if r.Admit(def, admitted) != nil {
			refused = append(refused, def)
			continue
		}
		admitted = append(admitted, def)
		for _, typ := range r.appliesTo(def) {
			g.added[typ] = append(g.added[typ], def)
		}
	}
	r.swap(g)
	return refused
}

// KeysOf are the numbers of the parameters that definitions add, by resource
// type, whether they are in force or not.
func (r *Registry) KeysOf(list []Definition) map[string][]int64 {
	keys := map[string][]int64{}
	for _, def := range list {
		for _, typ := range r.appliesTo(def) {
			keys[typ] = append(keys[typ], Hash(typ, ".", def.Code))
		}
	}
	return keys
}

// Generation is the number of the definitions in force.
func (r *Registry) Generation() int64 { return r.programs.Load().generation.number }

// Fingerprints are those of the added parameters of a type, sorted.
func (r *Registry) Fingerprints(typ string) []int64 {
	list := []int64{}
	for _, p := range r.Added(typ) {
		list = append(list, p.Fingerprint())
	}
	slices.Sort(list)
	return list
}

// Added are the parameters of a type that were added.
func (r *Registry) Added(typ string) []*Param {
	if len(r.programs.Load().generation.added[typ]) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(r.Params(typ)), func(p *Param) bool { return p.added == nil })
}

// Fingerprint tells one definition of an added parameter from the next: the
// index is complete for a fingerprint or it is not. It is 0 for the parameters
// of R4, whose index is always complete.
func (p *Param) Fingerprint() int64 {
	if p.added == nil {
		return 0
	}
	return p.added.fingerprint
}

// add compiles what was added to a type. It comes last, when all numbers of
// R4's parameters are given and it is settled which of them cover which.
func (g *program) add(c *compiler, r *Registry, list []Definition) {
	next := len(g.every)
	for _, def := range list {
		expr, err := path.Parse(def.Expression)
		if err != nil || next >= maxNumber {
			continue // Admit saw to both
		}
		p := &Param{
			Code: def.Code, Type: def.Type, On: c.on, Key: Hash(c.on, ".", def.Code), Targets: def.Targets,
			registry: r, program: g, number: next,
		}
		// Of another version of the resource nothing can be said, since others
		// may have come between.
		print := Hash("added ", c.on, ".", def.Code, " ", def.Source.Current().String(), " ", strconv.Itoa(def.Source.Version))
		p.added = &addition{param: p, expr: expr, fingerprint: print}
		for _, alternative := range expr.Alternatives() {
			places, _ := c.places(alternative)
			for i := range places {
				switch places[i].code {
				case "Identifier", "id":
					p.exact, p.identifier = true, places[i].code == "Identifier"
				case "canonical", "uri", "url", "oid", "uuid":
					p.anywhere = true
				}
			}
		}
		next++
		g.params, g.every = append(g.params, p), append(g.every, p)
		g.added = append(g.added, p.added)
	}
	slices.SortFunc(g.params, func(a, b *Param) int { return cmp.Compare(a.Code, b.Code) })
}

// add reads the values of an added parameter. What cannot be evaluated on this
// resource says nothing: the index never fails a write.
func (x *extraction) add(a *addition) {
	found, err := a.expr.Eval(x.doc, x.doc.Root(), path.Env{Definitions: x.registry.definitions})
	if err != nil {
		return
	}
	for _, item := range found {
		if v := item.Computed(); v != nil {
			x.computed(a.param, v)
		} else if t := item.Type(); t != nil && item.Node != tree.None {
			x.item(a.param, t.Name, item.Node)
		}
	}
}

// item reads a node by its type, as the compiler would have chosen.
func (x *extraction) item(p *Param, code string, n tree.Node) {
	if x.doc.Kind(n) == tree.Null {
		return
	}
	if fields := stringFields[code]; p.Type == "string" && fields != nil {
		for _, name := range fields {
			member := x.doc.Get(n, name)
			if member == tree.None {
				continue
			}
			if x.doc.Kind(member) != tree.Array {
				x.item(p, "string", member)
				continue
			}
			for part := range x.doc.Children(member) {
				x.item(p, "string", part)
			}
		}
		return
	}
	read := readers[p.Type][code]
	if _, primitive := x.registry.definitions.Primitive(code); read == nil && primitive {
		read = readers[p.Type]["*"]
	}
	if read != nil {
		read(x, &emit{param: p, read: read, code: code}, n)
	}
}

// computedTypes are the FHIR types whose reading suits a computed value.
var computedTypes = map[string]string{
	"Boolean": "boolean", "String": "string", "Integer": "integer", "Decimal": "decimal", "Date": "date", "DateTime": "dateTime",
}

// computed reads a value that stands nowhere in the document, as if it were
// the only member of one.
func (x *extraction) computed(p *Param, v path.Value) {
	code := computedTypes[v.System()]
	if code == "" {
		return
	}
	text := v.String()
	if code == "string" || code == "date" || code == "dateTime" {
		quoted, err := json.Marshal(text)
		if err != nil {
			return
		}
		text = string(quoted)
	}
	d, err := tree.Parse([]byte(`{"value":` + text + `}`))
	if err != nil {
		return
	}
	whole := x.doc
	x.doc = d
	x.item(p, code, d.Find("value"))
	x.doc = whole
}

// Added are the added parameters that a query looks at, wherever in it.
func (q Query) Added() []*Param {
	var list []*Param
	note := func(p *Param) {
		if p != nil && p.added != nil && !slices.ContainsFunc(list, func(o *Param) bool { return o.Key == p.Key }) {
			list = append(list, p)
		}
	}
	var walk func(filters []Filter)
	walk = func(filters []Filter) {
		for _, f := range filters {
			note(f.Param)
			for _, p := range f.Params {
				note(p)
			}
			walk(f.Filters)
		}
	}
	walk(q.Filters)
	for _, s := range q.Sort {
		note(s.Param)
	}
	for _, in := range q.RevInclude { // _include reads references from the resources themselves
		note(in.Param)
	}
	return list
}

// Keys are the numbers of everything under which a type has index rows.
func (r *Registry) Keys(typ string) []int64 {
	compiled := r.programs.Load().types[typ]
	if compiled == nil {
		return nil
	}
	var keys []int64
	for _, p := range compiled().every {
		keys = append(keys, p.Key)
	}
	return keys
}

// Coded are the numbers of all parameters, of all types, whose values are codes,
// references or uris.
func (r *Registry) Coded() []int64 {
	var keys []int64
	for _, typ := range r.definitions.ResourceTypes() {
		for _, p := range r.Params(typ) {
			if p.Type == "token" || p.Type == "reference" || p.Type == "uri" {
				keys = append(keys, p.Key)
			}
		}
	}
	return keys
}
