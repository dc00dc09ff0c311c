package fhir

import (
	"strconv"
	"time"
)

// Key names a resource, or one version of it when Version is set.
type Key struct {
	Type    string // resource type, "Patient"
	ID      string // logical id, [A-Za-z0-9\-\.]{1,64}
	Version int    // version number, 0 for the current one
}

// String is the relative reference of the key: "Patient/7" or
// "Patient/7/_history/3" (http.html#vread).
func (k Key) String() string {
	if k.Version == 0 {
		return k.Type + "/" + k.ID
	}
	return k.Type + "/" + k.ID + "/_history/" + strconv.Itoa(k.Version)
}

// Current drops the version.
func (k Key) Current() Key { return Key{Type: k.Type, ID: k.ID} }

// Method is the HTTP verb by which a version came to be; history shows it as
// Bundle.entry.request.method.
type Method string

// The verbs of a change. GET and HEAD occur as entries of a transaction.
const (
	GET    Method = "GET"
	HEAD   Method = "HEAD"
	POST   Method = "POST"
	PUT    Method = "PUT"
	PATCH  Method = "PATCH"
	DELETE Method = "DELETE"
)

// Resource is one version of a FHIR resource. JSON is the record: the bytes
// as accepted, with nothing changed but the server's own id, meta.versionId,
// meta.lastUpdated and the references that a transaction resolved. It is nil
// for a deletion.
type Resource struct {
	Key               // Version is always set
	Updated time.Time // millisecond precision, UTC
	Method  Method    // how this version came to be
	Deleted bool
	JSON    []byte
}

// ETag is the weak entity tag of the version, W/"3" (http.html#concurrency).
func (r Resource) ETag() string { return `W/"` + strconv.Itoa(r.Version) + `"` }

// Instant formats t as a FHIR instant in UTC with milliseconds.
func Instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// ValidID says whether s is a FHIR id: [A-Za-z0-9\-\.]{1,64}
// (datatypes.html#id). The path segments "." and ".." are refused too.
func ValidID(s string) bool {
	if len(s) == 0 || len(s) > 64 || s == "." || s == ".." {
		return false
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '.':
		default:
			return false
		}
	}
	return true
}
