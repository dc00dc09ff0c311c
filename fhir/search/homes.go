package search

import (
	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// Homes are the compartments that a resource is a member of: what Extract says
// of them, for a tenth of what all values cost.
func (r *Registry) Homes(d *tree.Doc) ([]Home, error) {
	typ := d.Text(d.Get(d.Root(), "resourceType"))
	compiled := r.programs.Load().types[typ]
	if compiled == nil {
		return nil, fhir.Errorf(fhir.Invalid, "not a resource type that can be indexed").At("resourceType")
	}
	program := compiled()
	var homes []Home
	if program.housed {
		x := extractions.Get().(*extraction)
		defer x.release()
		x.doc, x.registry, x.housing = d, r, true
		x.visit(program.root, d.Root())
		homes = append(homes, x.values.Homes...)
	}
	if id := d.Text(d.Get(d.Root(), "id")); id != "" && r.definitions.Compartment(typ) != nil {
		homes = append(homes, Home{Type: typ, ID: id})
	}
	return homes, nil
}
