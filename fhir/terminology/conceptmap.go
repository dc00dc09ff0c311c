package terminology

import "github.com/webdoctor/webdoctor/fhir/tree"

// http://hl7.org/fhir/R4/conceptmap.html

// Map is a concept map.
type Map struct {
	meta
	source, target string // canonical URLs of the value sets
	groups         []group
}

// group is the mappings from one code system to another.
type group struct {
	source, target, sourceVersion, targetVersion string
	elements                                     []element
	unmapped                                     *unmapped
}

// element is a code with what it becomes.
type element struct {
	code, display string
	targets       []target
}

// target is what a code becomes. It has no code if there is nothing.
type target struct {
	code, display, equivalence string
	dependsOn, products        []dependency
}

// dependency is another element that must have, or gets, a value.
type dependency struct{ property, system, value, display string }

// unmapped says what becomes of codes that are not listed.
type unmapped struct{ mode, code, display, url string }

// readMap reads a ConceptMap resource.
func readMap(d *tree.Doc) *Map {
	root := d.Root()
	m := &Map{meta: readMeta(d)}
	m.source, m.target = text(d, root, "sourceCanonical")+text(d, root, "sourceUri"), text(d, root, "targetCanonical")+text(d, root, "targetUri")
	for _, n := range items(d, root, "group") {
		g := group{
			source: text(d, n, "source"), target: text(d, n, "target"), sourceVersion: text(d, n, "sourceVersion"), targetVersion: text(d, n, "targetVersion"),
		}
		for _, item := range items(d, n, "element") {
			e := element{code: text(d, item, "code"), display: text(d, item, "display")}
			for _, t := range items(d, item, "target") {
				e.targets = append(e.targets, target{
					code: text(d, t, "code"), display: text(d, t, "display"), equivalence: text(d, t, "equivalence"),
					dependsOn: readDependencies(d, t, "dependsOn"), products: readDependencies(d, t, "product"),
				})
			}
			g.elements = append(g.elements, e)
		}
		if rest := d.Get(n, "unmapped"); d.Kind(rest) == tree.Object {
			g.unmapped = &unmapped{mode: text(d, rest, "mode"), code: text(d, rest, "code"), display: text(d, rest, "display"), url: text(d, rest, "url")}
		}
		m.groups = append(m.groups, g)
	}
	return m
}

func readDependencies(d *tree.Doc, n tree.Node, name string) []dependency {
	var list []dependency
	for _, item := range items(d, n, name) {
		list = append(list, dependency{property: text(d, item, "property"), system: text(d, item, "system"), value: text(d, item, "value"), display: text(d, item, "display")})
	}
	return list
}
