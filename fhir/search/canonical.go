package search

// http://hl7.org/fhir/R4/references.html#canonical

// Canonical is what canonical references call a resource: its url, and its
// version if it has one.
type Canonical struct{ URL, Version string }

// Names are the texts that lead to the resource: its url without a version,
// which means any of them, and with its own. They end in "|" or a version, so
// that neither can be taken for the other.
func (c Canonical) Names() []string {
	switch {
	case c.URL == "":
		return nil
	case c.Version == "":
		return []string{c.URL + "|"}
	}
	return []string{c.URL + "|", c.URL + "|" + c.Version}
}

// Name is the text by which a canonical reference finds what it refers to: one
// of the names of that. It is "" for other references.
func (r Reference) Name() string {
	if !r.Canonical || r.URL == "" {
		return ""
	}
	return r.URL + "|" + r.Version
}

// named says whether canonical references can name resources of the type: if
// they have a url of their own.
func (c *compiler) named() bool {
	t := c.definitions.Type(c.on)
	if t == nil {
		return false
	}
	_, typ := t.Element("url")
	return typ == "uri"
}

// canonical reads what canonical references call the resource.
func (x *extraction) canonical() {
	root := x.doc.Root()
	x.values.Canonical = Canonical{x.member(root, "url"), x.member(root, "version")}
}
