package spec

import (
	"fmt"
	"strings"
)

// Extension is R4's own definition of an extension
// (http://hl7.org/fhir/R4/extensibility-registry.html).
type Extension struct {
	URL      string // of a nested one what its url says, which is no URL
	Modifier bool
	Contexts []Context // where it may stand; none for a nested one
	Types    []TypeRef // of the value; none when it has extensions instead
	Binding  *Binding
	Nested   []*Extension
	Min, Max int // of a nested one; -1 = *
}

// Context is a place where an extension may stand.
type Context struct {
	Extension bool   // inside the extension of that URL
	Path      string // the element, "Patient.contact"; a type for all its elements
}

// Extension returns the definition of that URL, nil when R4 has none.
func (d *Definitions) Extension(url string) *Extension { return d.extensions[url] }

func (p *parser) extension(f *row) {
	x := &Extension{URL: f[1], Modifier: f[2] != "", Types: p.typeRefs(f[4]), Binding: p.binding(f[5])}
	for _, c := range p.list(f[3]) {
		path, extension := strings.CutPrefix(c, "extension ")
		x.Contexts = append(x.Contexts, Context{Extension: extension, Path: path})
	}
	p.d.extensions[x.URL] = x
	p.extensions = append(p.extensions[:0], x)
}

// nested adds an extension to the last one of the depth above.
func (p *parser) nested(f *row) error {
	depth := int(f[0][0] - '0')
	if depth > len(p.extensions) {
		return fmt.Errorf("the extension %q hangs in the air", f[1])
	}
	low, err := atoi(f[2])
	if err != nil {
		return err
	}
	high := -1
	if f[3] != "*" {
		if high, err = atoi(f[3]); err != nil {
			return err
		}
	}
	x := &Extension{URL: f[1], Min: low, Max: high, Types: p.typeRefs(f[4]), Binding: p.binding(f[5])}
	in := p.extensions[depth-1]
	in.Nested = append(in.Nested, x)
	p.extensions = append(p.extensions[:depth], x)
	return nil
}
