package scenario

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/webdoctor/webdoctor/bench/b100"
	"github.com/webdoctor/webdoctor/bench/client"
	"github.com/webdoctor/webdoctor/bench/measure"
	"github.com/webdoctor/webdoctor/bench/raw"
)

// Scenario is one row of the table.
type Scenario struct {
	Name    string
	Group   string
	Request string // what is sent, for people
	Per     int    // resources that one operation writes; 0 where operations are counted
	Long    bool   // one operation takes long, so the slices must be longer
	Writes  bool   // it changes what the databases hold
	At      []int  // how many workers at once, where that is part of the scenario

	// Prepare sets up, on both sides, what the scenario needs beyond the
	// loaded bundles; nil for nothing.
	Prepare func(context.Context, *Env) error
	// Check runs the scenario once against the server with assertions.
	Check func(context.Context, *Env, *client.Conn) error
	// Server and Raw make what one worker does. Raw is nil where Postgres has
	// no part in the answer or its part is not measured.
	Server func(context.Context, *Env, *Worker) measure.Op
	Raw    func(context.Context, *Env, *Worker) measure.Op
	// Once is for a scenario that is run once and not in a loop.
	Once func(context.Context, *Env) (Large, error)

	// questions are the searches that Check asks; nil where it asks none whose
	// answers must be counted.
	questions func(*Env, *rand.Rand) []*query
}

// Worker is one of those that run at once. HTTP is set on the server's side,
// PG on the raw one.
type Worker struct {
	N, Of int
	Rand  *rand.Rand
	HTTP  *client.Conn
	PG    *raw.Conn
}

// Env is what the scenarios work on.
type Env struct {
	Client *client.Client
	Raw    *raw.Database // nil for none
	Exact  bool          // hold the server to the bytes and their order, not only to their meaning
	Fresh  bool          // the server holds nothing but what was loaded
	PID    int           // of the server process, 0 when not known
	Loaded []*Loaded
	Pages  int // how many pages are turned for a late one, 50 if nothing is said

	asked             map[string][]*query // by scenario, counted
	places, rawPlaces map[string]place    // of what is loaded, by reference
	batchOnce         sync.Once
	batched           []parcel
	histories         []pair
	binaries          []pair
	late              []late        // late pages of searches
	stamp             atomic.Uint64 // makes the bytes of each binary unlike all others
}

// Loaded is a bundle that both sides hold.
type Loaded struct {
	N       int      // which bundle
	Refs    []string // on the server, by position
	RawRefs []string // on the raw side, by position
	Patient raw.Record
	MRN     string
	Family  string
	Birth   string
}

// pair is the same resource on both sides.
type pair struct {
	path string // on the server, "/Patient/7"
	rec  raw.Record
}

// Groups of scenarios. The last three are not run unless asked for.
const (
	Core   = "core"
	Binary = "binary"
	Search = "search"
	Public = "public" // workloads that others have published
	Shapes = "shapes" // the parts of one of those
)

// Asks says that there are searches among what the scenario sends.
func (s Scenario) Asks() bool { return s.questions != nil }

// Searches says that the scenario asks and never writes, and that its answers
// are counted: it is measured while the server holds what was loaded alone.
func (s Scenario) Searches() bool { return s.Group == Search || s.questions != nil && !s.Writes }

// Table is all scenarios in the order in which they run. Reads come before the
// writes that make the tables grow.
func Table() []Scenario {
	shapes := thirty()
	return slices.Concat(searches(), []Scenario{walk(), inTurn("shapes30", "the 30 scenarios of the group shapes in turn; per request", shapes)}, shapes, []Scenario{
		{Name: "metadata", Group: Core, Request: "GET /metadata", Check: checkMetadata, Server: getMetadata},
		{Name: "read", Group: Core, Request: "GET /Patient/{loaded}", Check: checkRead, Server: readServer, Raw: readRaw},
		{Name: "history", Group: Core, Writes: true, Request: "GET /Patient/{id}/_history (5 versions)",
			Prepare: prepareHistory, Check: checkHistory, Server: historyServer, Raw: historyRaw},
		{Name: "create", Group: Core, Writes: true, Request: "POST /Patient", Check: checkCreate, Server: createServer, Raw: createRaw},
		{Name: "update", Group: Core, Writes: true, Request: "PUT /Patient/{own id}, another body", Check: checkUpdate, Server: updateServer, Raw: updateRaw},
		{Name: "crud9", Group: Core, Writes: true, Request: "9 × create, read, update, delete; per request", Check: checkCRUD, Server: crudServer, Raw: crudRaw},
		{Name: "tx2", Group: Core, Writes: true, Request: "POST transaction of 2", Check: checkTransaction(pairs), Server: transactionServer(pairs), Raw: transactionRaw(pairs)},
		{Name: "tx100", Group: Core, Writes: true, Per: b100.Size, Long: true, Request: "POST transaction of 100",
			Check: checkTransaction(hundreds), Server: transactionServer(hundreds), Raw: transactionRaw(hundreds)},
		{Name: "batch100", Group: Core, Writes: true, Per: b100.Size, Long: true, Request: "POST batch of 100", Check: checkBatch, Server: batchServer, Raw: batchRaw},
		mixed(),
		{Name: "binary_get", Group: Binary, Writes: true, Request: "GET /Binary/{id}, 20 KB raw", Prepare: prepareBinaries, Check: checkBinaryGet, Server: binaryGetServer, Raw: binaryGetRaw},
		{Name: "binary_range", Group: Binary, Writes: true, Request: "GET /Binary/{id}, 4 KB by Range", Prepare: prepareBinaries, Check: checkBinaryRange, Server: binaryRangeServer, Raw: binaryRangeRaw},
		{Name: "binary_post", Group: Binary, Writes: true, Request: "POST /Binary, 20 KB raw", Check: checkBinaryPost, Server: binaryPostServer, Raw: binaryPostRaw},
		{Name: "binary_put", Group: Binary, Writes: true, Request: "PUT /Binary/{own id}, 20 KB raw", Prepare: prepareBinaries, Check: checkBinaryPut, Server: binaryPutServer, Raw: binaryPutRaw},
		{Name: "binary_64m", Group: Binary, Writes: true, Request: "64 MB in and out, the server's memory watched", Once: large},
	})
}

// Select picks scenarios by name or group, in the order of the table. Nothing
// named means the core and the binaries.
func Select(names []string) ([]Scenario, error) {
	table := Table()
	known := map[string]bool{}
	for _, s := range table {
		known[s.Name], known[s.Group] = true, true
	}
	for _, n := range names {
		if !known[n] {
			return nil, fmt.Errorf("no scenario is called %q", n)
		}
	}
	var chosen []Scenario
	for _, s := range table {
		named := slices.Contains(names, s.Name) || slices.Contains(names, s.Group)
		if named || len(names) == 0 && (s.Group == Core || s.Group == Binary) {
			chosen = append(chosen, s)
		}
	}
	return chosen, nil
}

// any draws one of the loaded bundles.
func (e *Env) any(r *rand.Rand) *Loaded { return e.Loaded[r.IntN(len(e.Loaded))] }

// own draws one of the loaded bundles that belong to the worker alone, so that
// writers never meet.
func (e *Env) own(w *Worker) *Loaded {
	n := (len(e.Loaded) - w.N + w.Of - 1) / w.Of // how many i there are with i mod Of = N
	return e.Loaded[w.Rand.IntN(n)*w.Of+w.N]
}
