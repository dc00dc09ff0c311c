package importer

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// requests turns a document into the calls that bring it in: a transaction is
// one; a batch is one for each entry, since its entries stand alone; any
// other bundle stands for the resources in its entries; a resource with an id
// keeps it.
func (c *content) requests(body []byte) ([]request, error) {
	d := c.doc
	if c.typ != "Bundle" {
		method, path, err := place(d, d.Root())
		if err != nil {
			return nil, err
		}
		return []request{{method: method, path: path, body: body, key: key(body, ""), entry: -1, count: 1}}, nil
	}
	switch c.bundle {
	case "transaction":
		return []request{{method: "POST", body: body, key: key(body, ""), entry: -1, count: c.count}}, nil
	case "batch":
		return c.batch(body), nil
	case "history", "transaction-response", "batch-response":
		return nil, fmt.Errorf("a bundle of type %s tells what happened elsewhere; it cannot be taken in", c.bundle)
	}
	if c.linked() {
		b, err := c.transaction()
		return []request{{method: "POST", body: b, key: key(body, ""), entry: -1, count: c.count}}, err
	}
	placed, err := c.placed()
	if err != nil {
		return nil, err
	}
	var out []request
	for _, p := range placed {
		out = append(out, request{method: p.method, path: p.path, body: d.Raw(p.resource), key: key(body, strconv.Itoa(p.entry)), entry: -1, count: 1})
	}
	return out, nil
}

// batch sends every entry as a batch of its own: what the entry asks for is
// left to the server to understand.
func (c *content) batch(body []byte) []request {
	var out []request
	i := -1
	for entry := range c.doc.Children(c.doc.Find("entry")) {
		i++
		b := append([]byte(`{"resourceType":"Bundle","type":"batch","entry":[`), c.doc.Raw(entry)...)
		out = append(out, request{method: "POST", body: append(b, "]}"...), key: key(body, strconv.Itoa(i)), entry: i, count: 1})
	}
	return out
}

// linked says whether something in the bundle refers to an entry by a urn,
// which means nothing outside of the bundle.
func (c *content) linked() bool {
	d := c.doc
	urns := map[string]bool{}
	for entry := range d.Children(d.Find("entry")) {
		if url := d.Text(d.Get(entry, "fullUrl")); len(url) > 4 && url[:4] == "urn:" {
			urns[url] = true
		}
	}
	for n := range tree.Node(d.Len()) {
		if d.KeyIs(n, "reference") && urns[d.Text(n)] {
			return true
		}
	}
	return false
}

// transaction makes one of a bundle whose entries refer to each other, so
// that the server gives them their new names everywhere at once.
func (c *content) transaction() ([]byte, error) {
	placed, err := c.placed()
	if err != nil {
		return nil, err
	}
	d := c.doc
	b := []byte(`{"resourceType":"Bundle","type":"transaction","entry":[`)
	for i, p := range placed {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		if p.fullURL != tree.None {
			b = append(append(append(b, `"fullUrl":`...), d.Raw(p.fullURL)...), ',')
		}
		b = append(append(b, `"resource":`...), d.Raw(p.resource)...)
		b = append(b, fmt.Sprintf(`,"request":{"method":%q,"url":%q}}`, p.method, p.path)...)
	}
	return append(b, "]}"...), nil
}

// placed is a resource of a bundle and where it belongs.
type placed struct {
	entry             int // its number in the bundle
	resource, fullURL tree.Node
	method, path      string
}

// placed are the resources of the bundle; entries without one are passed over.
func (c *content) placed() ([]placed, error) {
	var list []placed
	i := -1
	for entry := range c.doc.Children(c.doc.Find("entry")) {
		i++
		n := c.doc.Get(entry, "resource")
		if n == tree.None {
			continue
		}
		method, path, err := place(c.doc, n)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", i, err)
		}
		list = append(list, placed{entry: i, resource: n, fullURL: c.doc.Get(entry, "fullUrl"), method: method, path: path})
	}
	return list, nil
}

// place is where a resource belongs: under its id when it has one.
func place(d *tree.Doc, n tree.Node) (method, path string, err error) {
	typ, id := d.Text(d.Get(n, "resourceType")), d.Get(n, "id")
	switch {
	case !typeName(typ):
		return "", "", errors.New("there is no resource of a known form in it")
	case id == tree.None:
		return "POST", typ, nil
	case !fhir.ValidID(d.Text(id)):
		return "", "", fmt.Errorf("%s.id is not an id", typ)
	}
	return "PUT", typ + "/" + d.Text(id), nil
}

// Transaction sends one bundle and waits for it.
func (i *Importer) Transaction(ctx context.Context, body []byte) error {
	a, err := i.send(ctx, request{method: "POST", body: body, entry: -1})
	switch {
	case err != nil:
		return err
	case a.ok():
		return nil
	case len(a.issues) > 0:
		return errors.New(refusal{status: a.status, issue: a.issues[0]}.reason())
	}
	return errors.New(statusText(a.status))
}
