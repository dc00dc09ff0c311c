package rest

import (
	"github.com/gofiber/fiber/v2"

	"github.com/webdoctor/webdoctor/fhir"
)

// route is one interaction: a method on a URL of a shape.
type route struct {
	method fhir.Method
	shape  shape

	// do answers the request, change says what a transaction does when the
	// request is one of its entries; nil for what cannot be part of one.
	do     func(*request) (reply, error)
	change func(*request) (fhir.Change, error)

	// code is the interaction's code in the CapabilityStatement
	// (valueset-type-restful-interaction.html, -system-restful-interaction),
	// of a type unless the URL has none. Routes without one are told in
	// another way, or are a variant of one that is told.
	code string
}

// routes is every route there is (http.html#summary). HEAD goes where GET
// goes (http.html#head), OPTIONS is answered by cors.go, and the entries of
// batches and transactions go through the same table.
func (s *server) routes() []route {
	return []route{
		{fhir.GET, instance, s.read, readChange, "read"},
		{fhir.GET, version, s.read, readChange, "vread"},
		{fhir.PUT, instance, s.update, s.updateChange, "update"},
		{fhir.PATCH, instance, s.patch, s.patchChange, "patch"},
		{fhir.DELETE, instance, s.delete, deleteChange, "delete"},
		{fhir.GET, instanceHistory, s.history, historyChange, "history-instance"},

		{fhir.POST, wholeType, s.create, s.createChange, "create"},
		{fhir.PUT, wholeType, s.update, s.updateChange, ""},
		{fhir.PATCH, wholeType, s.patch, s.patchChange, ""},
		{fhir.DELETE, wholeType, s.delete, deleteChange, ""},
		{fhir.GET, typeHistory, s.history, historyChange, "history-type"},

		{fhir.GET, wholeType, s.search, searchChange, "search-type"},
		{fhir.POST, typeSearch, s.search, nil, ""},
		{fhir.GET, compartment, s.search, nil, ""},
		{fhir.POST, compartmentSearch, s.search, nil, ""},
		{fhir.GET, system, s.search, searchChange, "search-system"},
		{fhir.POST, systemSearch, s.search, nil, ""},
		{fhir.GET, systemHistory, s.history, historyChange, "history-system"},

		{fhir.POST, system, s.bundle, nil, "transaction"},
		{fhir.POST, system, s.bundle, nil, "batch"},

		{fhir.GET, metadata, s.capabilities, nil, ""},
		{fhir.GET, systemOperation, s.operation, nil, ""},
		{fhir.POST, systemOperation, s.operation, nil, ""},
		{fhir.GET, typeOperation, s.operation, nil, ""},
		{fhir.POST, typeOperation, s.operation, nil, ""},
		{fhir.GET, instanceOperation, s.operation, nil, ""},
		{fhir.POST, instanceOperation, s.operation, nil, ""},
	}
}

// Mount hangs the FHIR RESTful API under router: at "/" of it is the base.
func Mount(router fiber.Router, svc fhir.Service, cfg Config) {
	s := newServer(svc, cfg)
	router.All("/", s.serve)
	router.All("/*", s.serve)
}
