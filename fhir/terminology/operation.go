package terminology

import (
	"context"

	"github.com/webdoctor/webdoctor/fhir"
)

// Operation is an operation of the terminology service, as
// http://hl7.org/fhir/R4/terminology-service.html has it.
type Operation struct {
	Name           string
	Definition     string // canonical URL of its OperationDefinition
	Resource       string
	Type, Instance bool
	Do             func(ctx context.Context, svc fhir.Service, op fhir.Operation) (fhir.Result, error)
}

const operations = "http://hl7.org/fhir/OperationDefinition/"

// Operations are those that the registry answers.
func (r *Registry) Operations() []Operation {
	return []Operation{
		{"expand", operations + "ValueSet-expand", valueSetType, true, true, r.expand},
		{"validate-code", operations + "ValueSet-validate-code", valueSetType, true, true, r.validateMember},
		{"validate-code", operations + "CodeSystem-validate-code", systemType, true, true, r.validateCode},
		{"lookup", operations + "CodeSystem-lookup", systemType, true, false, r.lookup},
		{"subsumes", operations + "CodeSystem-subsumes", systemType, true, true, r.subsumes},
		{"translate", operations + "ConceptMap-translate", mapType, true, true, r.translate},
	}
}

// begin opens a view and reads the arguments of an operation.
func (r *Registry) begin(ctx context.Context, svc fhir.Service, op fhir.Operation, bare string, names ...string) (*view, arguments, error) {
	list, err := readArguments(op, bare, names...)
	if err != nil {
		return nil, nil, err
	}
	v, err := r.view(ctx, svc)
	return v, list, err
}

// subject is the resource that an operation is about: the one of the URL, one
// that came along, or one that is known by its canonical URL. It is nil if
// none is named.
func (v *view) subject(op fhir.Operation, list arguments, typ, url, version, given string) (*parsed, error) {
	p, err := list.resource(given, typ)
	if err != nil {
		return nil, err
	}
	canonical, err := list.text(url)
	if err != nil {
		return nil, err
	}
	wanted := ""
	if version != "" {
		if wanted, err = list.text(version); err != nil {
			return nil, err
		}
	}
	switch {
	case op.Key.ID != "" && (p != nil || canonical != ""):
		name := url
		if p != nil {
			name = given
		}
		return nil, fhir.Errorf(fhir.Invalid, "the resource is the one of the URL of the request").At(name)
	case op.Key.ID != "":
		return v.read(op.Key)
	case p != nil:
		v.given = append(v.given, p)
		return p, nil
	case canonical == "":
		return nil, nil
	}
	name, pinned := split(canonical)
	if wanted == "" {
		wanted = pinned
	}
	found, err := v.find(typ, name, wanted)
	if err != nil {
		return nil, err
	}
	if found == nil && typ == valueSetType {
		if vs := implicit(name); vs != nil {
			return &parsed{typ: typ, valueSet: vs}, nil
		}
	}
	if found == nil && typ == systemType {
		if s := ruled(name); s != nil {
			return &parsed{typ: typ, system: s}, nil
		}
	}
	if found == nil {
		what := map[string]string{valueSetType: "value set", systemType: "code system", mapType: "concept map"}[typ]
		if wanted != "" {
			name += "|" + wanted
		}
		return nil, missing(what, name, url)
	}
	return found, nil
}

// read is the stored resource of a key.
func (v *view) read(k fhir.Key) (*parsed, error) {
	res, err := v.svc.Read(v.ctx, k)
	if err != nil {
		return nil, err
	}
	p, err := v.cache.get(res.Key.String(), func() (*parsed, error) { return parse(k.Type, res.JSON, res.Key) })
	if err == nil && k.Type == systemType {
		p, err = v.supplemented(p)
	}
	return p, err
}
