// Package path is FHIRPath (http://hl7.org/fhirpath/N1) as FHIR R4 uses it
// (http://hl7.org/fhir/R4/fhirpath.html), over the documents of fhir/tree.
//
// [Parse] turns an expression into an [Expr], a small tree of exported node
// kinds that may also be compiled into something else, as fhir/search does
// with the expressions of search parameters. [Expr.Eval] runs it on a node of
// a document. A result item that stands in the document keeps its node, so
// that a caller who wants to edit the bytes knows where they are; everything
// else is a computed System [Value].
//
// What a name means is decided by the definitions, which come in through
// [Env.Types]. Without them the engine still navigates by the shape of the
// JSON, and knows the types that the names of choice elements give away.
//
// Not here: memberOf, subsumes, conformsTo and htmlChecks, which need
// terminology and profiles, are refused with a clear error. Reading other
// resources is the caller's business; resolve() looks into contained
// resources, the Bundle around, and whatever [Env.Resolve] hands it.
package path
