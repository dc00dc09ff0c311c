package path

import "github.com/webdoctor/webdoctor/fhir"

// arity is how many arguments a function takes, at least and at most.
type arity struct{ min, max int }

var arities = map[string]arity{
	// existence
	"empty": {}, "exists": {0, 1}, "all": {1, 1}, "allTrue": {}, "anyTrue": {}, "allFalse": {}, "anyFalse": {},
	"subsetOf": {1, 1}, "supersetOf": {1, 1}, "count": {}, "distinct": {}, "isDistinct": {}, "not": {},
	// filtering, subsetting, combining
	"where": {1, 1}, "select": {1, 1}, "repeat": {1, 1}, "ofType": {}, "is": {}, "as": {}, "sort": {0, 16},
	"single": {}, "first": {}, "last": {}, "tail": {}, "skip": {1, 1}, "take": {1, 1},
	"intersect": {1, 1}, "exclude": {1, 1}, "union": {1, 1}, "combine": {1, 1},
	// conversion
	"iif": {2, 3}, "toBoolean": {}, "toInteger": {}, "toDecimal": {}, "toString": {}, "toDate": {}, "toDateTime": {}, "toTime": {}, "toQuantity": {0, 1},
	"convertsToBoolean": {}, "convertsToInteger": {}, "convertsToDecimal": {}, "convertsToString": {}, "convertsToDate": {},
	"convertsToDateTime": {}, "convertsToTime": {}, "convertsToQuantity": {0, 1},
	// strings
	"indexOf": {1, 1}, "lastIndexOf": {1, 1}, "substring": {1, 2}, "startsWith": {1, 1}, "endsWith": {1, 1}, "contains": {1, 1},
	"upper": {}, "lower": {}, "replace": {2, 2}, "matches": {1, 1}, "matchesFull": {1, 1}, "replaceMatches": {2, 2},
	"length": {}, "toChars": {}, "split": {1, 1}, "join": {0, 1}, "trim": {},
	"encode": {1, 1}, "decode": {1, 1}, "escape": {1, 1}, "unescape": {1, 1},
	// mathematics
	"abs": {}, "ceiling": {}, "exp": {}, "floor": {}, "ln": {}, "log": {1, 1}, "power": {1, 1}, "round": {0, 1}, "sqrt": {}, "truncate": {},
	"lowBoundary": {0, 1}, "highBoundary": {0, 1}, "precision": {}, "comparable": {1, 1},
	// the tree, utilities, aggregates, types
	"children": {}, "descendants": {}, "trace": {1, 2}, "now": {}, "today": {}, "timeOfDay": {}, "aggregate": {1, 2}, "type": {},
	// FHIR (http://hl7.org/fhir/R4/fhirpath.html#functions)
	"extension": {1, 1}, "hasExtension": {1, 1}, "hasValue": {}, "getValue": {}, "resolve": {},
}

// unsupported functions need terminology, profiles or a narrative parser.
var unsupported = map[string]bool{
	"memberOf": true, "subsumes": true, "subsumedBy": true, "conformsTo": true, "htmlChecks": true,
	"elementDefinition": true, "slice": true, "checkModifiers": true,
}

// call evaluates a function on its input collection.
func (r *run) call(e *Expr, in Collection, s scope) (Collection, error) {
	a, known := arities[e.Name]
	switch {
	case unsupported[e.Name]:
		return nil, refuse(fhir.NotSupported, e, "the function %s is not supported", e.Name)
	case !known:
		return nil, invalid(e, "unknown function")
	case len(e.Args) < a.min || len(e.Args) > a.max:
		return nil, invalid(e, "wrong number of arguments for %s", e.Name)
	}
	if err := r.step(e, len(in)); err != nil {
		return nil, err
	}
	switch e.Name {
	case "empty", "exists", "all", "allTrue", "anyTrue", "allFalse", "anyFalse", "subsetOf", "supersetOf", "count", "isDistinct", "not":
		return r.existence(e, in, s)
	case "where", "select", "repeat", "sort", "aggregate", "trace", "iif":
		return r.lambda(e, in, s)
	case "single", "first", "last", "tail", "skip", "take":
		return r.subset(e, in, s)
	case "distinct", "intersect", "exclude", "union", "combine":
		return r.combining(e, in, s)
	case "ofType":
		return r.ofType(e, in)
	case "as":
		return r.as(e, in)
	case "is":
		return r.is(e, in)
	case "type":
		return r.typeOf(in), nil
	case "children":
		return r.children(e, in)
	case "descendants":
		return r.descendants(e, in)
	case "now", "today", "timeOfDay":
		return r.moment(e.Name), nil
	case "extension", "hasExtension", "hasValue", "getValue", "resolve":
		return r.fhirFunction(e, in, s)
	case "join":
		return r.join(e, in, s)
	}
	return r.ofValue(e, in, s)
}

// ofValue evaluates the functions that take a single value and make nothing
// of nothing.
func (r *run) ofValue(e *Expr, in Collection, s scope) (Collection, error) {
	if len(in) == 0 {
		return nil, nil
	}
	if len(in) > 1 {
		return nil, invalid(e, "%s needs a single item", e.Name)
	}
	v := in[0].Value(r.doc)
	if v == nil && r.isPrimitive(in[0]) {
		return nil, nil
	}
	switch e.Name {
	case "toBoolean", "toInteger", "toDecimal", "toString", "toDate", "toDateTime", "toTime", "toQuantity",
		"convertsToBoolean", "convertsToInteger", "convertsToDecimal", "convertsToString", "convertsToDate",
		"convertsToDateTime", "convertsToTime", "convertsToQuantity":
		return r.convert(e, v, s)
	case "abs", "ceiling", "exp", "floor", "ln", "log", "power", "round", "sqrt", "truncate":
		return r.mathematics(e, v, s)
	case "lowBoundary", "highBoundary", "precision":
		return r.boundary(e, v, s)
	case "comparable":
		return r.comparable(e, v, s)
	}
	text, ok := v.(String)
	if !ok {
		return nil, invalid(e, "%s needs a string", e.Name)
	}
	return r.textFunction(e, string(text), s)
}
