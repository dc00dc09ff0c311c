package cmd

import (
	"context"
	"log/slog"
	"time"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/r4"
	"github.com/webdoctor/webdoctor/fhir/rest"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/terminology"
	"github.com/webdoctor/webdoctor/fhir/validate"
	"github.com/webdoctor/webdoctor/storage"
)

// Limits bound what one request may cost.
type Limits struct {
	MaxBody    int64         `help:"Most bytes of a request body, raw binaries excepted." default:"67108864" placeholder:"BYTES"`
	MaxBinary  int64         `help:"Most bytes of a raw binary." default:"2147483648" placeholder:"BYTES"`
	MaxEntries int           `help:"Most entries of a batch or transaction." default:"10000" placeholder:"N"`
	Deadline   time.Duration `help:"Most time for one request, the transfer of raw binaries excepted." default:"60s"`

	SearchBudget time.Duration `help:"Most time for one search." default:"20s"`
	MaxChain     int           `help:"Most references that a chained search parameter may follow." default:"8" placeholder:"N"`
}

// Rules are what is asked of a resource that is to be stored.
type Rules struct {
	Validation string   `help:"What a resource must satisfy to be stored: strict (everything that R4 calls an error), structural (element names, JSON shapes, cardinality, the texts of primitives, required codes) or off." enum:"strict,structural,off" default:"strict"`
	References string   `help:"Whether the references to resources of this server that a resource makes must lead to one when it is stored (check) or may lead nowhere (free)." enum:"check,free" default:"check"`
	Unknown    string   `name:"unknown-profiles" help:"What $validate says of a profile that a resource claims in meta.profile and that is not stored here: warning or error." enum:"warning,error" default:"warning"`
	Profiles   []string `help:"Canonical URLs of the profiles that resources of their types must satisfy to be stored, besides what is asked of all. They must be stored here." placeholder:"URL,..."`
}

var validations = map[string]engine.Validation{"strict": engine.Strict, "structural": engine.Structural, "off": engine.Off}

// House is everything on top of the backends.
type House struct {
	Service fhir.Service
	Index   *storage.Index
	Audit   *storage.Audit // nil: accesses are not recorded
	Objects *storage.Objects
	App     *rest.App
	Health  *Health
}

// build puts the rooms together: the only place that knows all of them.
func build(b *Backends, base string, limits Limits, rules Rules, doors *Doors, log, requests *slog.Logger) (*House, error) {
	definitions := spec.R4()
	params := search.NewRegistry(definitions)
	params.Base = base + "/fhir"
	params.MaxChain = limits.MaxChain
	b.DB.SearchBudget = limits.SearchBudget
	objects := storage.NewObjects(b.DB, b.Blobs)
	index := storage.NewIndex(b.DB, params)
	service := &engine.Engine{
		Spec:    definitions,
		Params:  params,
		Store:   storage.NewResources(b.DB, params),
		Objects: objects,
		Gate:    authz.Open{},
		Log:     log,

		Index:      index,
		Operations: ownOperations(),
		Validator:  validate.New(definitions),
		Validation: validations[rules.Validation],
		References: rules.References == "check",
		Required:   engine.Required{URLs: rules.Profiles},
		Unknown:    rules.Unknown == "error",
		Pages:      b.Pages,

		// Care relations are made by what is written, whoever may see what
		// today: a server that asks for accounts tomorrow needs them.
		Relating: &engine.Relating{Rules: authz.Rules()},
	}
	terms := terminology.New(definitions, service)
	service.Terminology = storage.NewTerminology(b.DB)
	service.Codes = func(ctx context.Context) validate.Terms { return codes{terms.Session(ctx)} }
	service.Terms = func(ctx context.Context, svc fhir.Service) search.Terms { return terms.For(ctx, svc) }
	for _, o := range terms.Operations() {
		service.Operations = append(service.Operations, engine.Operation{Name: o.Name, Definition: o.Definition, Type: o.Type, Instance: o.Instance, Resources: []string{o.Resource}, Do: o.Do})
	}
	if doors != nil {
		service.Gate = doors.Gate
	}
	var audit *storage.Audit
	if b.Record != nil {
		audit = b.Record.audit(b.DB, params, base)
		service.Audit, service.Subject, service.Lax = audit, subject, b.Record.AuditLax
	}
	if doors != nil {
		doors.record(service.Audit, log)
	}
	offered := service.Audited()
	metrics := newMetrics(b.DB)
	health := &Health{Log: log, Checks: []Check{
		{Name: "database", Test: b.DB.Ping},
		{Name: "objects", Test: b.Blobs.Check},
	}}
	app := rest.NewApp()
	app.Use(guard(base, doors != nil))
	health.Mount(app)
	metrics.Mount(app)
	origins := []string{"*"} // whom guard lets through: pages of this machine
	var allows func(context.Context, string) bool
	if doors != nil {
		origins, allows = nil, doors.allows
		doors.mount(app)
	}
	app.Use("/fhir", once(b.DB))
	if audit != nil {
		app.Use("/fhir", known)
	}
	rest.Mount(app.Group("/fhir"), offered, rest.Config{
		Base:       base + "/fhir",
		Spec:       definitions,
		Params:     params,
		Operations: operations(service),
		Expansion:  terminology.ExpandParameters,
		Software:   rest.Software{Name: "WebDoctor", Version: readBuild().Version},
		Limits:     rest.Limits{Body: limits.MaxBody, Binary: limits.MaxBinary, Entries: limits.MaxEntries, Deadline: limits.Deadline},
		Origins:    origins,
		Origin:     allows,
		Log:        requests,
		Served:     metrics.served,
	})
	if doors != nil {
		if err := doors.pages(app, offered, log); err != nil {
			return nil, err
		}
	}
	return &House{Service: offered, Index: index, Audit: audit, Objects: objects, App: app, Health: health}, nil
}

// ownOperations are those that know the types they are about.
func ownOperations() []engine.Operation {
	return []engine.Operation{
		{Name: "lastn", Definition: r4.LastNDefinition, Type: true, Resources: []string{"Observation"}, Do: r4.LastN},
	}
}

// operations are what the engine answers, as the CapabilityStatement tells it.
// What is there for the system and for every type is told once.
func operations(e *engine.Engine) []rest.Operation {
	var list []rest.Operation
	for _, o := range e.Offered() {
		list = append(list, rest.Operation{Name: o.Name, Definition: o.Definition, System: o.System, Type: o.Type && !o.System, Instance: o.Instance, Resources: o.Resources})
	}
	return list
}
