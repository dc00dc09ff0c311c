package engine

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
)

// https://hl7.org/fhir/R4/operations.html

// Operation is a named operation. Do may ask svc for whatever it needs: it
// stands outside of the gate like any caller.
type Operation struct {
	Name                   string // without the $
	Definition             string // canonical URL of its OperationDefinition
	System, Type, Instance bool
	Resources              []string // resource types of the Type and Instance levels; empty for all
	Post                   bool     // it changes something: GET will not do

	Do func(ctx context.Context, svc fhir.Service, op fhir.Operation) (fhir.Result, error)
}

// Operate answers named operations: the engine's own and those that were
// given to it.
func (e *Engine) Operate(ctx context.Context, op fhir.Operation) (fhir.Result, error) {
	if op.Key.Type != "" {
		if err := e.known(op.Key); err != nil {
			return fhir.Result{}, err
		}
	}
	offered := e.Offered()
	i := slices.IndexFunc(offered, func(o Operation) bool { return o.Name == op.Name && o.takes(op.Key) })
	if i < 0 {
		return fhir.Result{}, fhir.Errorf(fhir.NotFound, "this server has no operation of that name here")
	}
	o := offered[i]
	if o.Post && op.Method != fhir.POST {
		return fhir.Result{}, fhir.Errorf(fhir.NotAllowed, "the operation changes something; it is asked for by POST")
	}
	if _, err := e.Gate.Permit(ctx, fhir.Access{Action: "operate", Type: op.Key.Type, Name: op.Name}); err != nil {
		return fhir.Result{}, err
	}
	return o.Do(ctx, e, op)
}

// takes says whether the operation is there for a key.
func (o Operation) takes(k fhir.Key) bool {
	switch {
	case k.Type == "":
		return o.System
	case len(o.Resources) > 0 && !slices.Contains(o.Resources, k.Type):
		return false
	case k.ID == "":
		return o.Type
	}
	return o.Instance
}

// Offered are all operations there are.
func (e *Engine) Offered() []Operation {
	all := slices.Clone(e.Operations)
	for _, d := range e.Spec.Operations() {
		if d.Code == "everything" && len(d.Resource) == 1 && e.Spec.Compartment(d.Resource[0]) != nil {
			all = append(all, Operation{Name: d.Code, Definition: d.URL, Type: d.Type, Instance: d.Instance, Resources: d.Resource, Do: e.everything})
		}
	}
	if e.Index != nil {
		all = append(all, Operation{Name: "reindex", Definition: "urn:webdoctor:OperationDefinition:reindex", System: true, Type: true, Do: e.reindex})
	}
	if e.Validator != nil {
		all = append(all, Operation{Name: "validate", Definition: "http://hl7.org/fhir/OperationDefinition/Resource-validate", System: true, Type: true, Instance: true, Do: e.validate})
	}
	return all
}

// reindex begins a run over all resources of a type or of all types, by POST,
// and tells by GET how far the runs are.
func (e *Engine) reindex(ctx context.Context, _ fhir.Service, op fhir.Operation) (fhir.Result, error) {
	arguments, err := op.Arguments()
	if err != nil {
		return fhir.Result{}, err
	}
	if len(arguments) > 0 {
		return fhir.Result{}, fhir.Errorf(fhir.NotSupported, "the operation has no parameters").At(arguments[0].Name)
	}
	if op.Method == fhir.POST {
		var types []string
		if op.Key.Type != "" {
			types = append(types, op.Key.Type)
		}
		if err := e.Index.Reindex(ctx, types); err != nil {
			return fhir.Result{}, err
		}
	}
	list, err := e.Index.Progress(ctx)
	if err != nil {
		return fhir.Result{}, err
	}
	if op.Key.Type != "" {
		list = slices.DeleteFunc(list, func(p Progress) bool { return p.Type != op.Key.Type })
	}
	return fhir.Result{Resource: fhir.Resource{JSON: progress(list)}, Begun: op.Method == fhir.POST}, nil
}

// parameter is a Parameters.parameter as it is written.
type parameter struct {
	Name    string      `json:"name"`
	Code    string      `json:"valueCode,omitempty"`
	Integer *int64      `json:"valueInteger,omitempty"`
	Instant string      `json:"valueInstant,omitempty"`
	Part    []parameter `json:"part,omitempty"`
}

// progress is how far the runs are, as Parameters.
func progress(list []Progress) []byte {
	state := Done
	var all []parameter
	for _, p := range list {
		if p.State != Done {
			state = Running
		}
		part := []parameter{
			{Name: "type", Code: p.Type}, {Name: "state", Code: p.State},
			{Name: "done", Integer: &p.Done}, {Name: "total", Integer: &p.Total},
		}
		for _, code := range p.Params {
			part = append(part, parameter{Name: "parameter", Code: code})
		}
		for name, at := range map[string]*time.Time{"started": p.Started, "finished": p.Finished} {
			if at != nil {
				part = append(part, parameter{Name: name, Instant: fhir.Instant(*at)})
			}
		}
		slices.SortStableFunc(part[4:], func(a, b parameter) int { return len(b.Name) - len(a.Name) })
		all = append(all, parameter{Name: "index", Part: part})
	}
	text, err := json.Marshal(struct {
		ResourceType string      `json:"resourceType"`
		Parameter    []parameter `json:"parameter"`
	}{"Parameters", append([]parameter{{Name: "state", Code: state}}, all...)})
	if err != nil {
		panic("engine: the progress of the index is codes and numbers: " + err.Error())
	}
	return text
}
