package importer

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/webdoctor/webdoctor/fhir/tree"
)

// content is what the importer must know about a document.
type content struct {
	doc      *tree.Doc
	typ      string          // resourceType
	bundle   string          // Bundle.type, "" for anything else
	count    int             // resources inside
	provides map[string]bool // types of the resources inside
	needs    map[string]bool // types that are referred to and not inside
}

// notFHIR tells a JSON file that is something else, such as a package's own
// table of contents. It is passed over without a complaint.
type notFHIR struct{}

func (notFHIR) Error() string { return "not a FHIR resource" }

// read makes out what a document is. The error is a *fhir.Error for text that
// no server would take.
func read(body []byte) (*content, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, fmt.Errorf("the file is empty")
	}
	d, err := tree.Parse(body)
	if err != nil {
		return nil, err
	}
	c := &content{doc: d, typ: d.Text(d.Find("resourceType")), provides: map[string]bool{}, needs: map[string]bool{}}
	if !typeName(c.typ) {
		return nil, notFHIR{}
	}
	inside := map[string]bool{}
	if c.typ == "Bundle" {
		if c.bundle = d.Text(d.Find("type")); c.bundle == "" {
			c.bundle = "collection"
		}
		for entry := range d.Children(d.Find("entry")) {
			c.note(d.Get(entry, "resource"), inside)
		}
	} else {
		c.note(d.Root(), inside)
	}
	c.refer(inside)
	return c, nil
}

// note writes down one resource of the document.
func (c *content) note(n tree.Node, inside map[string]bool) {
	typ := c.doc.Text(c.doc.Get(n, "resourceType"))
	if !typeName(typ) {
		return
	}
	c.count++
	c.provides[typ] = true
	if id := c.doc.Text(c.doc.Get(n, "id")); id != "" {
		inside[typ+"/"+id] = true
	}
}

// refer collects the types of references that lead out of the document:
// "Type/id" that is not inside, and conditional ones, "Type?criteria".
func (c *content) refer(inside map[string]bool) {
	for n := range tree.Node(c.doc.Len()) {
		if !c.doc.KeyIs(n, "reference") || c.doc.Kind(n) != tree.String {
			continue
		}
		ref := c.doc.Text(n)
		end := strings.IndexAny(ref, "/?")
		if end < 0 || !typeName(ref[:end]) || inside[ref] {
			continue
		}
		c.needs[ref[:end]] = true
	}
}

// typeName says whether s has the form of a type's name.
func typeName(s string) bool {
	if s == "" || s[0] < 'A' || s[0] > 'Z' {
		return false
	}
	for i := range len(s) {
		if c := s[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}
