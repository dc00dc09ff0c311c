package storage

import (
	"slices"

	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// A canonical reference names a resource by its url, and perhaps by one
// version of it (references.html#canonical). The index finds what has the url;
// the version is looked up in the resources themselves, as few share a url.

// urlParam is the search parameter of the url by which canonical references
// name a resource.
const urlParam = "url"

// canonicals are the urls that are referred to, by the key that a resource of
// a type which has the url stands under.
type canonicals map[int64][]canonical

type canonical struct{ typ, url, version string }

// add takes a reference of an inclusion, for every type it may lead to.
func (c canonicals) add(db *DB, i search.Include, ref search.Reference) {
	targets := i.Param.Targets
	switch {
	case i.Target != "":
		targets = []string{i.Target}
	case len(targets) == 0 || slices.Contains(targets, "Resource"):
		targets = nil
		for typ := range db.types {
			targets = append(targets, typ)
		}
	}
	for _, typ := range targets {
		one := canonical{typ, ref.URL, ref.Version}
		key := referenceKey(typ, urlParam, ref.URL)
		if !slices.Contains(c[key], one) {
			c[key] = append(c[key], one)
		}
	}
}

// names says whether one of the references names the resource.
func (c canonicals) names(s engine.Stored) bool {
	url, version := identityOf(s.JSON)
	for _, one := range c[referenceKey(s.Type, urlParam, url)] {
		if one.typ == s.Type && one.url == url && (one.version == "" || one.version == version) {
			return true
		}
	}
	return false
}

// revCanonical is a resource to which an inclusion looks for references.
type revCanonical struct {
	include      search.Include
	url, version string
}

type revCanonicals []revCanonical

// named says whether the resource names one of them.
func (list revCanonicals) named(s engine.Stored) bool {
	doc, err := tree.Parse(s.JSON)
	if err != nil {
		return false
	}
	for _, to := range list {
		if to.include.Source != s.Type {
			continue
		}
		for _, ref := range to.include.Param.References(doc) {
			if ref.URL == to.url && (ref.Version == "" || ref.Version == to.version) {
				return true
			}
		}
	}
	return false
}

// identityOf reads the url and version of a resource, "" where it has none.
func identityOf(json []byte) (url, version string) {
	doc, err := tree.Parse(json)
	if err != nil {
		return "", ""
	}
	return doc.Text(doc.Find("url")), doc.Text(doc.Find("version"))
}

// byName says whether the references of a chain or _has lead to what has their
// url too, as canonical ones do. A name stands among the tokens of the resource
// that it names, and not among its references: else what a resource refers to
// would look like what refers to it.
func byName(f search.Filter) bool { return slices.ContainsFunc(f.Params, (*search.Param).Canonical) }

// numbersOf are the numbers by which such references lead to the resource rid,
// as rows (key).
func numbersOf(rid string) string {
	return "(SELECT r.key FROM resource r WHERE r.rid = " + rid + " UNION ALL SELECT n.key FROM search_token n WHERE n.rid = " + rid + " OFFSET 0)"
}

// numbered are the resources to which such a reference leads that has the
// number, as rows (rid).
func numbered(key string) string {
	return "(SELECT r.rid FROM resource r WHERE r.key = " + key + " UNION ALL SELECT n.rid FROM search_token n WHERE n.key = " + key + " OFFSET 0)"
}
