package terminology

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir/tree"
)

// items are the items of a list; none if the member is no list.
func items(d *tree.Doc, n tree.Node, name string) []tree.Node {
	list := d.Get(n, name)
	if d.Kind(list) != tree.Array {
		return nil
	}
	var all []tree.Node
	for item := range d.Children(list) {
		all = append(all, item)
	}
	return all
}

// text is the text of a member, "" if there is none.
func text(d *tree.Doc, n tree.Node, name string) string { return d.Text(d.Get(n, name)) }

func texts(d *tree.Doc, n tree.Node, name string) []string {
	var all []string
	for _, item := range items(d, n, name) {
		all = append(all, d.Text(item))
	}
	return all
}

func readCoding(d *tree.Doc, n tree.Node) Coding {
	return Coding{System: text(d, n, "system"), Version: text(d, n, "version"), Code: text(d, n, "code"), Display: text(d, n, "display")}
}

// value finds the value[x] of an object, and x.
func value(d *tree.Doc, n tree.Node) (tree.Node, string) {
	if d.Kind(n) == tree.Object {
		for member := range d.Children(n) {
			if x, ok := strings.CutPrefix(d.Key(member), "value"); ok && x != "" {
				return member, x
			}
		}
	}
	return tree.None, ""
}

// meta is what every canonical resource says of itself.
type meta struct {
	URL, Version, Name, Title, Status string
	Experimental                      string // true, false or ""
}

func readMeta(d *tree.Doc) meta {
	root := d.Root()
	return meta{
		URL: text(d, root, "url"), Version: text(d, root, "version"), Name: text(d, root, "name"), Title: text(d, root, "title"),
		Status: text(d, root, "status"), Experimental: text(d, root, "experimental"),
	}
}

// canonical is url, or url|version.
func (m meta) canonical() string {
	if m.Version == "" {
		return m.URL
	}
	return m.URL + "|" + m.Version
}
