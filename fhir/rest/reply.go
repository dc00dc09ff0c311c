package rest

import (
	"strconv"

	"github.com/webdoctor/webdoctor/fhir"
)

// reply is what became of a request, before it is bytes: over HTTP it is
// written by write.go, in a batch by entry.go.
type reply struct {
	status  int
	version fhir.Resource // ETag and Last-Modified are its, when Version is set
	located bool          // its URL goes along as Location
	etag    string        // instead of that of version

	content content
	json    []byte       // of contents resource and ready
	page    *fhir.Page   // of contents searchset and history
	issues  []fhir.Issue // of content outcome
	stream  *stream      // of content raw
	gzipped bool         // json is
}

// content says what the body of a reply is.
type content uint8

// The contents.
const (
	nothing   content = iota
	resource          // json, a resource that _summary and _elements may cut
	ready             // json, to be sent as it is
	searchset         // page, as a Bundle
	history           // page, as a Bundle
	outcome           // issues, as an OperationOutcome
	raw               // stream, as it is
)

// tag is the entity tag of the reply, "" for none.
func (p *reply) tag() string {
	switch {
	case p.etag != "":
		return p.etag
	case p.version.Version > 0:
		return p.version.ETag()
	}
	return ""
}

// versionURL is the absolute URL of a version.
func versionURL(base string, k fhir.Key) string {
	return base + "/" + k.Type + "/" + k.ID + "/_history/" + strconv.Itoa(k.Version)
}

// written is the reply to a change that went through (http.html#ops). The
// body is what Prefer wants: by default the resource, but nothing inside a
// Bundle, where the caller has what it sent and the answer says the rest. A
// delete has no body but the OperationOutcome that somebody asked for.
func written(r *request, res fhir.Result) reply {
	p := reply{status: 200, version: res.Resource, located: res.Resource.Version > 0 && r.method != fhir.DELETE}
	switch wish := r.prefer.body; {
	case wish == outcomeWish:
		p.content = outcome
		p.issues = []fhir.Issue{{Severity: "information", Code: "informational", Message: done(res)}}
	case r.method == fhir.DELETE:
		p.status = 204
	case res.Resource.JSON == nil:
	case wish == representation, wish == unsaid && r.entry == nil:
		p.content, p.json = ready, res.Resource.JSON
	}
	if res.Created {
		p.status = 201
	}
	return p
}

// done says in words what became of a change.
func done(res fhir.Result) string {
	k := res.Resource.Key
	switch {
	case res.Created:
		return "created " + k.String()
	case len(res.Deleted) == 1:
		return "deleted " + res.Deleted[0].Current().String()
	case len(res.Deleted) > 1:
		return "deleted " + strconv.Itoa(len(res.Deleted)) + " resources"
	case res.Changed:
		return "updated " + k.String()
	case k.ID == "":
		return "nothing to delete"
	}
	return "nothing changed: " + k.String()
}
