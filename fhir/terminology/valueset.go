package terminology

import (
	"regexp"
	"regexp/syntax"

	"github.com/webdoctor/webdoctor/fhir/tree"
)

// http://hl7.org/fhir/R4/valueset.html#compositions

// ValueSet is a value set by its definition, or one of which only an expansion
// is there.
type ValueSet struct {
	meta
	inactive  bool // inactive codes belong to it
	include   []clause
	exclude   []clause
	defined   bool // it has a compose
	expansion []clause
	doc       *tree.Doc
}

// clause is one include or exclude.
type clause struct {
	system, version string
	concepts        []listed
	index           map[string]int32 // of concepts
	filters         []filter
	valueSets       []string
}

// listed is a concept that a value set lists.
type listed struct {
	Code, Display string
	Designations  []designation
}

// filter is a condition on the concepts of a system.
type filter struct {
	property, op, value string
	pattern             *regexp.Regexp  // of regex; nil if it is none
	list                map[string]bool // of in and not-in
}

// readValueSet reads a ValueSet resource.
func readValueSet(d *tree.Doc) *ValueSet {
	vs := &ValueSet{meta: readMeta(d), doc: d, inactive: true}
	compose := d.Find("compose")
	vs.defined = d.Kind(compose) == tree.Object
	if text(d, compose, "inactive") == "false" {
		vs.inactive = false
	}
	for _, n := range items(d, compose, "include") {
		vs.include = append(vs.include, readClause(d, n))
	}
	for _, n := range items(d, compose, "exclude") {
		vs.exclude = append(vs.exclude, readClause(d, n))
	}
	if !vs.defined {
		vs.expansion = readExpansion(d, d.Find("expansion"))
	}
	return vs
}

func readClause(d *tree.Doc, n tree.Node) clause {
	c := clause{system: text(d, n, "system"), version: text(d, n, "version"), valueSets: texts(d, n, "valueSet")}
	for _, item := range items(d, n, "concept") {
		c.list(listed{Code: text(d, item, "code"), Display: text(d, item, "display"), Designations: readDesignations(d, item)})
	}
	for _, item := range items(d, n, "filter") {
		f := filter{property: text(d, item, "property"), op: text(d, item, "op"), value: text(d, item, "value")}
		switch f.op {
		case "regex":
			f.pattern = compile("^(?:" + f.value + ")$") // nil is told when it is asked for
		case "in", "not-in":
			f.list = splitList(f.value)
		}
		c.filters = append(c.filters, f)
	}
	return c
}

// maxPattern is how long a regular expression of a filter may be, and how many
// instructions it may be compiled to: Go's take time in proportion to these and
// the text.
const maxPattern = 1 << 10

// compile returns nil for what is no regular expression of RE2, or too large.
func compile(pattern string) *regexp.Regexp {
	if len(pattern) > maxPattern {
		return nil
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	if program, err := syntax.Compile(tree.Simplify()); err != nil || len(program.Inst) > 4*maxPattern {
		return nil
	}
	compiled, err := regexp.Compile(pattern)
	if err != nil {
		return nil
	}
	return compiled
}

func (c *clause) list(l listed) {
	if c.index == nil {
		c.index = map[string]int32{}
	}
	if _, twice := c.index[l.Code]; !twice {
		c.index[l.Code] = int32(len(c.concepts))
		c.concepts = append(c.concepts, l)
	}
}

// readExpansion reads the codes of an expansion that came without the
// definition, one clause for each system.
func readExpansion(d *tree.Doc, n tree.Node) []clause {
	var clauses []clause
	at := map[string]int{}
	var read func(n tree.Node)
	read = func(n tree.Node) {
		for _, item := range items(d, n, "contains") {
			system, code := text(d, item, "system"), text(d, item, "code")
			if code != "" && text(d, item, "abstract") != "true" {
				if _, known := at[system]; !known {
					at[system] = len(clauses)
					clauses = append(clauses, clause{system: system})
				}
				clauses[at[system]].list(listed{Code: code, Display: text(d, item, "display"), Designations: readDesignations(d, item)})
			}
			read(item)
		}
	}
	read(n)
	return clauses
}
