package engine

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
)

// Gate says yes or no, and how far the yes reaches. A no is a *fhir.Error
// with code Forbidden or Unauthorized and never depends on data.
type Gate interface {
	Permit(ctx context.Context, a fhir.Access) (fhir.Grant, error)
}

// Fence is what a caller may see, type by type. The zero Fence shows nothing.
// Storage turns it into one SQL predicate that stands in every statement,
// before LIMIT.
type Fence struct {
	Anywhere bool                   // everything of every type
	Types    map[string]Area        // by resource type; a type that is not listed is hidden
	Through  map[string]Area        // what the caller can read of the types in Slice.Through
	Rights   map[string]fhir.Rights // by resource type; storage does not look at them
}

// Area is the visible part of one type: what any of the slices shows. The
// empty Area shows nothing.
type Area []Slice

// Slice is a slice of a grant, with its searches compiled.
type Slice struct {
	fhir.Slice
	All, One []search.Query // of Slice.And and Slice.Any
	Self     []fhir.Key     // who asks, as consents name actors
}

// limitless says whether the slice has every resource of its type.
func (s Slice) limitless() bool {
	return s.Anywhere && len(s.Within) == 0 && len(s.All) == 0 && len(s.One) == 0 && len(s.Withheld) == 0 && !s.Consents && len(s.Through) == 0
}

// partial says whether the slice shows only a part of each resource.
func (s Slice) partial() bool { return len(s.Hidden)+len(s.Foreign) > 0 }

// entire says whether everything of the type is visible, and all of it.
func (a Area) entire() bool {
	for _, s := range a {
		if s.limitless() && !s.partial() {
			return true
		}
	}
	return false
}

// Shows says whether the fence has no limit for the type.
func (f Fence) Shows(typ string) bool {
	if f.Anywhere {
		return true
	}
	for _, s := range f.Types[typ] {
		if s.limitless() {
			return true
		}
	}
	return false
}

// Chooses says whether the caller may choose the ids of new resources of the
// type. Who sees only some of them cannot: what is refused would tell which
// ids hidden ones have.
func (f Fence) Chooses(typ string) bool {
	return f.Shows(typ) && (f.Anywhere || f.Rights[typ].Chooses)
}

// Stored is a version as the store keeps it.
type Stored struct {
	fhir.Resource
	RID   int64    // the store's own number of the resource
	Blobs []BlobAt // the parts of JSON that are kept elsewhere, in order
}

// BlobAt says that the base64 text of an object belongs between the two
// quotes at Offset of Resource.JSON.
type BlobAt struct {
	Offset int
	Object Object
}

// Object is the address of bytes outside the database.
type Object struct {
	SHA256 [32]byte
	Size   int64
	Chunks [][32]byte
}

// Write is one version, ready to be stored.
type Write struct {
	Resource fhir.Resource // Key with the new version, Updated, Method, JSON
	Previous int           // the version this one follows, 0 for the first
	RID      int64         // the store's own number of the resource, from Stored; 0 for a new one
	Old, New search.Values // index values before and after; a deletion keeps the Homes and nothing else
	Revived  bool          // the version this one follows is a deletion
	Blobs    []BlobAt

	Context    *fhir.Key   // of a Binary: what it belongs to
	Ruled      bool        // Ties and Provisions are all that there are now of the resource
	Ties       []Tie       // care relations that it makes
	Provisions []Provision // what it withholds
}

// HistoryQuery is a parsed question about versions. Versions come newest
// first; the page ends after Count.
type HistoryQuery struct {
	Key   fhir.Key  // Type and ID may be empty
	Since time.Time // zero for no limit
	From  time.Time // with Until: versions that were current at some time in [From, Until)
	Until time.Time
	Count int    // versions per page
	After string // Next of the page before
}

// HistoryPage is the answer. Total counts what the fence shows; it is nil
// where counting would cost more than the page: for a type or the system of
// which there is more than one page.
type HistoryPage struct {
	Versions []Stored
	Total    *int
	Next     string // position for After, "" at the end
}

// SearchPage is one page of matches and inclusions.
type SearchPage struct {
	Match, Include []Stored
	Total          *int
	Next, Prev     *search.Cursor
}

// Reader reads what the fence shows and nothing else.
type Reader interface {
	// Read returns a version. A missing or hidden one is NotFound; a deleted
	// current version comes back with Deleted set and no JSON.
	Read(ctx context.Context, f Fence, k fhir.Key) (Stored, error)

	// Search returns a page of current, not deleted resources.
	Search(ctx context.Context, f Fence, q search.Query) (SearchPage, error)

	// History returns a page of versions. An instance that is missing or
	// hidden is NotFound.
	History(ctx context.Context, f Fence, q HistoryQuery) (HistoryPage, error)

	// Heads returns the current versions, deleted ones included, of those
	// keys that exist, whatever the fence shows, and tells which of them the
	// fence hides. It serves writes, which must know that an id is taken.
	Heads(ctx context.Context, f Fence, keys []fhir.Key) (map[fhir.Key]Head, error)

	// Missing returns those of the keys that are not there: no such resource,
	// a deleted one, or one that the fence hides.
	Missing(ctx context.Context, f Fence, keys []fhir.Key) ([]fhir.Key, error)
}

// Head is the current version of a resource, and whether the fence hides it.
type Head struct {
	Stored
	Hidden bool
}

// Store keeps resources.
type Store interface {
	Reader

	// Begin opens an atomic change. Nothing is sent to the database before
	// it is needed: a change that only writes costs one round trip.
	Begin(ctx context.Context) Tx
}

// Tx is one atomic change, at READ COMMITTED. It is used by one goroutine.
type Tx interface {
	// Reader reads inside the change: it sees what Write wrote.
	Reader

	// Lock waits until no other change holds any of the names, in sorted
	// order, as a statement of its own, so that what is read afterwards is
	// what the previous holder left (measured: any other form duplicates
	// under load). Locks end with the change.
	Lock(ctx context.Context, names []string) error

	// Write stores versions. It fails with ErrRace when one of them does not
	// follow the version that is now current, and with Forbidden when the
	// fence does not show a written version. Writes may wait until Commit.
	Write(ctx context.Context, f Fence, w []Write) error

	// Enclosed fails with Forbidden now, rather than at Commit, when the
	// fence of a Write does not show a version that was written.
	Enclosed(ctx context.Context) error

	// Record keeps events on record if, and only if, the change is committed.
	Record(events []fhir.Event)

	// Commit makes the change durable. It fails with ErrRace like Write.
	Commit(ctx context.Context) error

	// Rollback ends the change without effect. After Commit it does nothing.
	Rollback(ctx context.Context)
}

// Objects keeps bytes outside the database, by their own address.
type Objects interface {
	// Put stores a stream and returns its address. The same bytes are stored once.
	Put(ctx context.Context, r io.Reader) (Object, error)
	// Open yields length bytes (-1: to the end) from offset, each chunk
	// checked against its hash before any of it is handed out.
	Open(ctx context.Context, o Object, offset, length int64) (io.ReadCloser, error)
}

// ErrRace is returned by a Tx when somebody else wrote first. The engine
// starts the change over, a few times, and then answers Conflict.
var ErrRace = errors.New("another change of the same resource came first")

// Changes tells when resources of terminology were written.
type Changes interface {
	// Generation is another number after every such change that has been
	// committed, by whatever server. If it need not be exact it may be a second
	// old with regard to what others wrote.
	Generation(ctx context.Context, exact bool) (int64, error)
}

// Index keeps the index of search values in step with the search parameters
// that resources define. It may be nil in an Engine: then there are those of
// R4 and no others.
type Index interface {
	// Learn puts in force what is stored now, for all that is asked or
	// written afterwards.
	Learn(ctx context.Context) error

	// Partial tells of the types of a query, and of the added parameters it
	// looks at, how far their index is, and nothing of those that are
	// complete.
	Partial(ctx context.Context, q search.Query) ([]Progress, error)

	// Progress tells how far the index of every type is that was ever run
	// through.
	Progress(ctx context.Context) ([]Progress, error)

	// Reindex asks for a run over all resources of the types, of all types if
	// none is named. It does not wait for it.
	Reindex(ctx context.Context, types []string) error
}

// Progress is how far the index of a resource type is.
type Progress struct {
	Type              string
	State             string // Waiting, Running or Done
	Params            []string
	Done, Total       int64
	Started, Finished *time.Time
}

// The states of a run.
const (
	Waiting = "waiting"
	Running = "running"
	Done    = "done"
)
