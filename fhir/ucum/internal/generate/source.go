package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/webdoctor/webdoctor/fhir/internal/npm"
)

// The package the table is made from, and where in it.
var source = npm.Package{
	Spec:      "@atomic-ehr/ucum@0.2.5",
	Integrity: "sha512-AJG6RiSubIzQ1zcJosDQOJ8hXZVIWff09q8JN9Yvsi+1npPeRCLAREOOR16SNJLaGzXEDtYc8N8jhEWRA3BtXA==",
}

const sourceDir = "src"

// entry is a prefix or a unit as the package has it.
type entry struct {
	code, value, unit, function string
	metric, base                bool
}

// The lines of an entry. The package writes one member a line, and tells by
// the indentation to what it belongs.
var (
	beginning = regexp.MustCompile(`^  "(.+)": \{$`)
	member    = regexp.MustCompile(`^( {4}|      |        )(\w+): "?(.*?)"?,?$`)
)

func read(text []byte) ([]entry, error) {
	var list []entry
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		if m := beginning.FindStringSubmatch(line); m != nil {
			list = append(list, entry{code: m[1]})
			continue
		}
		m := member.FindStringSubmatch(line)
		if m == nil || len(list) == 0 {
			continue
		}
		e, depth := &list[len(list)-1], len(m[1])/2
		switch name := m[2]; {
		case depth == 2 && name == "isMetric":
			e.metric = m[3] == "true"
		case depth == 2 && name == "isBaseUnit":
			e.base = m[3] == "true"
		case name == "value" && m[3] != "{" && m[3] != "undefined":
			e.value = m[3]
		case name == "Unit":
			e.unit = m[3]
		case depth == 4 && name == "name":
			e.function = m[3]
		}
	}
	for _, e := range list {
		if e.value == "" {
			return nil, fmt.Errorf("%s has no value", e.code)
		}
	}
	if len(list) == 0 {
		return nil, errors.New("there are none")
	}
	return list, nil
}
