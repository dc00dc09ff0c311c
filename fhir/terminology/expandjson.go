package terminology

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// expanded is ValueSet.expansion as it is written.
type expanded struct {
	Identifier string      `json:"identifier"`
	Timestamp  string      `json:"timestamp"`
	Total      int         `json:"total"`
	Offset     *int        `json:"offset,omitempty"`
	Parameter  []parameter `json:"parameter,omitempty"`
	Contains   []*contains `json:"contains,omitempty"`
}

// contains is one of its members.
type contains struct {
	System      string               `json:"system,omitempty"`
	Abstract    bool                 `json:"abstract,omitempty"`
	Inactive    bool                 `json:"inactive,omitempty"`
	Version     string               `json:"version,omitempty"`
	Code        string               `json:"code"`
	Display     string               `json:"display,omitempty"`
	Designation []designationWritten `json:"designation,omitempty"`
	Contains    []*contains          `json:"contains,omitempty"`
}

type designationWritten struct {
	Language string  `json:"language,omitempty"`
	Use      *coding `json:"use,omitempty"`
	Value    string  `json:"value"`
}

func jsonNumber(n int) json.Number { return json.Number(strconv.Itoa(n)) }

// result is the value set with its expansion.
func (e *expansion) result() (fhir.Result, error) {
	now := time.Now
	if e.Now != nil {
		now = e.Now
	}
	x := expanded{Identifier: "urn:uuid:" + uuid.NewString(), Timestamp: fhir.Instant(now()), Total: e.total, Parameter: e.asked}
	if e.paged {
		x.Offset = &e.offset
	}
	for _, system := range e.used {
		x.Parameter = append(x.Parameter, parameter{Name: "version", URI: system})
	}
	for _, system := range e.parts {
		x.Parameter = append(x.Parameter, parameter{Name: "fragment", URI: system})
	}
	nodes := make([]*contains, len(e.members))
	for i, f := range e.members {
		nodes[i] = e.written(f)
	}
	x.Contains = nodes
	if e.nested {
		x.Contains = e.nest(nodes)
	}
	text, err := marshal(x)
	if err != nil {
		return fhir.Result{}, err
	}
	head, err := e.head()
	if err != nil {
		return fhir.Result{}, err
	}
	return fhir.Result{Resource: fhir.Resource{JSON: append(append(append(head, `,"expansion":`...), text...), '}')}}, nil
}

// head is the value set without its end, and without what is not said about
// the expansion of it.
func (e *expansion) head() ([]byte, error) {
	out := []byte(`{"resourceType":"ValueSet"`)
	member := func(name string, raw []byte) {
		out = append(append(out, `,"`+name+`":`...), raw...)
	}
	d := e.vs.doc
	if d == nil {
		raw, err := marshal(e.vs.URL)
		member("url", raw)
		member("status", []byte(`"active"`))
		return out, err
	}
	left := []string{"resourceType", "id", "meta", "text", "contained", "expansion"}
	if !e.definition {
		left = append(left, "compose")
	}
	for n := range d.Children(d.Root()) {
		if name := d.Key(n); !slices.Contains(left, name) && d.Kind(n) != tree.Null {
			member(name, d.Raw(n))
		}
	}
	return out, nil
}

// written is a member as it is written, called as the request wishes.
func (e *expansion) written(f found) *contains {
	c := &contains{System: f.System, Version: f.Version, Code: f.Code, Display: f.Display, Abstract: f.abstract, Inactive: f.inactive}
	if e.language == "" && !e.described && len(e.kinds) == 0 {
		return c
	}
	own := ""
	if f.system != nil {
		own = f.system.Language
	}
	all := e.designations(f)
	if d := inLanguage(all, e.language); d != nil && !speaks(own, e.language) {
		if f.Display != "" {
			all = append([]designation{{Language: own, Value: f.Display}}, all...)
		}
		c.Display = d.Value
	}
	if !e.described && len(e.kinds) == 0 {
		return c
	}
	for _, d := range all {
		if len(e.kinds) > 0 && !slices.ContainsFunc(e.kinds, d.isOf) {
			continue
		}
		w := designationWritten{Language: d.Language, Value: d.Value}
		if d.Use.Code != "" {
			w.Use = d.Use.written()
		}
		c.Designation = append(c.Designation, w)
	}
	return c
}

// isOf says whether a designation is of a kind: a use as system|code, or a
// language as urn:ietf:bcp:47|code.
func (d designation) isOf(kind string) bool {
	system, code, _ := strings.Cut(kind, "|")
	if system == "urn:ietf:bcp:47" {
		return speaks(d.Language, code)
	}
	return d.Use.System == system && d.Use.Code == code
}

// inLanguage is the designation in a language, or else in the one that it is a
// kind of; nil if there is none.
func inLanguage(list []designation, language string) *designation {
	for i, d := range list {
		if speaks(d.Language, language) && (d.Use.Code == "" || d.Use.Code == "display" || d.Use.Code == "preferredForLanguage") {
			return &list[i]
		}
	}
	if general, _, regional := strings.Cut(language, "-"); regional {
		return inLanguage(list, general)
	}
	return nil
}

// speaks says whether what is in a language suits who asks for one: de-CH
// suits who asks for de.
func speaks(language, wanted string) bool {
	wanted, _, _ = strings.Cut(wanted, ",")
	wanted, _, _ = strings.Cut(wanted, ";")
	wanted = strings.TrimSpace(wanted)
	return wanted != "" && (strings.EqualFold(language, wanted) ||
		len(language) > len(wanted) && language[len(wanted)] == '-' && strings.EqualFold(language[:len(wanted)], wanted))
}

// nest puts members below the member that is their parent in the code system.
func (e *expansion) nest(nodes []*contains) []*contains {
	type place struct {
		s  string
		at int32
	}
	at := map[place]int{}
	for i, f := range e.members {
		if f.system != nil && f.at >= 0 {
			at[place{f.System, f.at}] = i
		}
	}
	var top []*contains
	for i, f := range e.members {
		parent := -1
		if f.system != nil && f.at >= 0 {
			for _, p := range f.system.concepts[f.at].parents {
				if j, ok := at[place{f.System, p}]; ok && j < i { // before it, so that no circle comes about
					parent = j
					break
				}
			}
		}
		if parent < 0 {
			top = append(top, nodes[i])
		} else {
			nodes[parent].Contains = append(nodes[parent].Contains, nodes[i])
		}
	}
	return top
}
