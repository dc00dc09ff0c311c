package engine

import (
	"context"
	"errors"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
	"github.com/webdoctor/webdoctor/fhir/validate"
)

// https://hl7.org/fhir/R4/resource-operation-validate.html

// Validation is what a resource must satisfy to be stored.
type Validation uint8

// The policies. The zero Validation is the one that asks for the least that
// makes a record readable.
const (
	Structural Validation = iota // names, shapes, cardinality, texts of primitives, required codes
	Strict                       // everything that R4 calls an error
	Off                          // it is a JSON object of the right resourceType
)

// valid holds a resource that is about to be written against the definitions.
func (e *Engine) valid(ctx context.Context, d *tree.Doc) error {
	if e.Validator == nil || e.Validation == Off {
		return nil
	}
	var issues []fhir.Issue
	if e.Validation == Strict {
		issues = e.Validator.Strict(d, validate.Options{Terms: e.codes(ctx)})
	} else {
		issues = e.Validator.Structure(d)
	}
	for i, is := range issues {
		if is.Severity == "error" {
			return &fhir.Error{Code: fhir.Unprocessable, Message: "the resource is not valid: " + is.Message, Expression: is.Expression, Issues: issues[i:]}
		}
	}
	return e.satisfied(ctx, d)
}

// validateMax is how many issues $validate tells.
const validateMax = 100

// validate answers $validate: what there is to say about a resource, whether
// it was sent or, to ask about the one that is stored, not.
func (e *Engine) validate(ctx context.Context, svc fhir.Service, op fhir.Operation) (fhir.Result, error) {
	q, err := e.question(op)
	if err != nil {
		return fhir.Result{}, err
	}
	if q.Resource == nil {
		if op.Key.ID == "" || q.Mode != "delete" && q.Mode != "profile" {
			return fhir.Result{}, fhir.Errorf(fhir.Invalid, "there is no resource to validate").At("Parameters.parameter")
		}
		stored, err := svc.Read(ctx, op.Key)
		if err != nil {
			return fhir.Result{}, err
		}
		if q.Mode == "delete" {
			return fhir.Result{Issues: []fhir.Issue{{Severity: "information", Code: "informational", Message: "the resource may be deleted"}}}, nil
		}
		q.Resource, q.Source = stored.JSON, nil
	}
	return fhir.Result{Issues: e.examine(ctx, op.Key, q)}, nil
}

// examine is the answer to a question that has a resource.
func (e *Engine) examine(ctx context.Context, k fhir.Key, q question) []fhir.Issue {
	d, err := tree.Parse(q.Resource)
	if err != nil {
		is := fhir.Issue{Severity: "fatal", Code: fhir.Malformed, Message: "this is not JSON"}
		if f, ok := errors.AsType[*fhir.Error](err); ok {
			is.Message, is.Expression, is.Line, is.Col = f.Message, f.Expression, f.Line, f.Col
		}
		return []fhir.Issue{is}
	}
	issues := e.Validator.Validate(d, validate.Options{Terms: e.codes(ctx), Max: validateMax, Source: q.Source, Offset: q.Offset})
	if most := validateMax - len(issues); most > 0 {
		issues = append(issues, e.constrained(ctx, d, q, most)...)
	}
	if is, ok := e.fits(d, k, q.Mode); !ok {
		line, col := 1, 1
		if q.Source != nil {
			line, col = tree.Line(q.Source, q.Offset)
		}
		is.Severity, is.Line, is.Col = "error", line, col
		issues = append([]fhir.Issue{is}, issues...)
	}
	if len(issues) == 0 {
		issues = []fhir.Issue{{Severity: "information", Code: "informational", Message: "nothing is wrong with the resource"}}
	}
	return issues
}

// fits says whether the resource could be created or updated at the place
// where the question was asked.
func (e *Engine) fits(d *tree.Doc, k fhir.Key, mode string) (fhir.Issue, bool) {
	typ, id := d.Find("resourceType"), d.Find("id")
	switch {
	case k.Type != "" && d.Kind(typ) == tree.String && !d.TextIs(typ, k.Type):
		return fhir.Issue{Code: fhir.Invalid, Message: "the resource is not a " + k.Type + ", as the URL says", Expression: "$this.resourceType"}, false
	case mode == "update" && d.Kind(id) != tree.String:
		return fhir.Issue{Code: fhir.Required, Message: "an update needs the id of the resource", Expression: d.Path(d.Root()) + ".id"}, false
	case mode == "update" && k.ID != "" && !d.TextIs(id, k.ID):
		return fhir.Issue{Code: fhir.Invalid, Message: "the id of the resource is not the one of the URL", Expression: d.Path(id)}, false
	}
	return fhir.Issue{}, true
}
