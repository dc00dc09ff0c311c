// Package terminology answers questions about codes: whether a code is in a
// code system or a value set, what it is called, what lies above and below it,
// what it becomes in another code system
// (http://hl7.org/fhir/R4/terminology-service.html).
//
// [Registry] finds code systems, value sets and concept maps by canonical URL:
// those that R4 ships, and those that are stored in the server. A resource is
// parsed when it is first needed and kept for a while. A [view] is the
// terminology as one request sees it; it evaluates value sets: membership in
// member.go, enumeration in enumerate.go, filters in filter.go. The operations
// have a file each.
//
// Nothing is ever fetched from elsewhere. What cannot be told from what is
// here is [Unknown], and never Yes: a code of a system that is not loaded, of a
// fragment that does not list it, of a filter over properties that the system
// does not have.
package terminology
