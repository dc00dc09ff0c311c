package search

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
)

// http://hl7.org/fhir/R4/search.html#include

// Includable says whether _include and _revinclude follow the parameter: all
// references do, also canonical ones, which lead to the resources that have
// that url (references.html#canonical).
func (p *Param) Includable() bool { return p.Type == "reference" }

// Canonical says whether the references of the parameter may be the url of a
// resource instead of its type and id.
func (p *Param) Canonical() bool { return p.anywhere }

func (p *parsing) include(pair pair) error { return p.included(pair, &p.query.Include) }

func (p *parsing) revinclude(pair pair) error { return p.included(pair, &p.query.RevInclude) }

// included reads [type]:[param][:target]; the param * stands for all
// references of the type, and * alone for all of the types that are searched.
func (p *parsing) included(pair pair, to *[]Include) error {
	name, modifier, modified := strings.Cut(pair.name, ":")
	in := Include{Iterate: modifier == "iterate" || modifier == "recurse"}
	if modified && !in.Iterate || name != pair.base() {
		return fhir.Errorf(fhir.NotSupported, "%s has the modifier :iterate and no other", name)
	}
	source, rest, colon := strings.Cut(pair.value, ":")
	code, target, narrow := strings.Cut(rest, ":")
	sources := []string{source}
	switch {
	case pair.value == "*" && name == "_include":
		sources, code = p.query.Types, "*"
	case !colon || code == "" || narrow && target == "" || strings.Contains(target, ":"):
		return fhir.Errorf(fhir.Value, "%s is written as Type:param or Type:param:Target", name)
	}
	if narrow && !p.registry.definitions.IsResource(target) {
		return fhir.Errorf(fhir.Value, "there is no resource type %s", clip(target))
	}
	if p.inclusions++; p.inclusions > maxIncludes {
		return fhir.Errorf(fhir.Value, "more than %d inclusions", maxIncludes)
	}
	in.Target = target
	before := len(*to)
	for _, in.Source = range sources {
		if !p.registry.definitions.IsResource(in.Source) {
			return fhir.Errorf(fhir.Value, "there is no resource type %s", clip(in.Source))
		}
		for _, param := range p.registry.Params(in.Source) {
			if !param.Includable() || code != "*" && code != param.Code {
				continue
			}
			in.Param = param
			*to = append(*to, in)
		}
	}
	if len(*to) == before && code != "*" {
		return fhir.Errorf(fhir.NotSupported, "%s is not a reference parameter of %s", clip(code), in.Source)
	}
	return nil
}
