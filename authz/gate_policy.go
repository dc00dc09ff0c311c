package authz

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/ory/ladon"

	"github.com/webdoctor/webdoctor/fhir"
)

//go:embed policies/*.json sets.json relations.json
var files embed.FS

// Words are names for lists that policies use, "@clinical", and the type of
// resource that a launch is about.
type Words struct {
	Launch string              `json:"launch"`
	Sets   map[string][]string `json:"sets"`
}

// document is a policy as it is written: ladon's own form. All its conditions
// are ours.
type document struct {
	ID          string               `json:"id"`
	Description string               `json:"description"`
	Subjects    []string             `json:"subjects"`
	Effect      string               `json:"effect"`
	Actions     []string             `json:"actions"`
	Resources   []string             `json:"resources"`
	Conditions  map[string]condition `json:"conditions,omitempty"`
}

type condition struct {
	Type    string          `json:"type"`
	Options json.RawMessage `json:"options,omitempty"`
}

// Policies are a set of policies, compiled. The zero Policies deny everything.
type Policies struct {
	words     Words
	bySubject map[string]*candidates
	documents map[string]string
}

// DefaultPolicies are those that the programme brings, as administrators can
// change them.
func DefaultPolicies() map[string]string {
	all := map[string]string{}
	names, err := fs.Glob(files, "policies/*.json")
	if err != nil {
		panic("authz: " + err.Error())
	}
	for _, name := range names {
		var list []json.RawMessage
		if err := json.Unmarshal(embedded(name), &list); err != nil {
			panic("authz: " + name + ": " + err.Error())
		}
		for _, raw := range list {
			d, err := readDocument(string(raw))
			if err != nil {
				panic("authz: " + name + ": " + err.Error())
			}
			if _, twice := all[d.ID]; twice {
				panic("authz: two policies are called " + d.ID)
			}
			all[d.ID] = string(raw)
		}
	}
	return all
}

func embedded(name string) []byte {
	text, err := files.ReadFile(name)
	if err != nil {
		panic("authz: " + err.Error())
	}
	return text
}

// Rules say which resources make care relations and which withhold.
func Rules() (r fhir.Rules) {
	if err := json.Unmarshal(embedded("relations.json"), &r); err != nil {
		panic("authz: relations.json: " + err.Error())
	}
	return r
}

func words() (w Words) {
	if err := json.Unmarshal(embedded("sets.json"), &w); err != nil {
		panic("authz: sets.json: " + err.Error())
	}
	return w
}

// CompilePolicies checks documents and makes a set of them. One that is
// broken breaks the set.
func CompilePolicies(documents map[string]string) (*Policies, error) {
	p := &Policies{words: words(), bySubject: map[string]*candidates{}, documents: documents}
	ids := make([]string, 0, len(documents))
	for id := range documents {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		d, err := readDocument(documents[id])
		if err == nil && d.ID != id {
			err = fmt.Errorf("its id is %q", d.ID)
		}
		var c *ladon.DefaultPolicy
		if err == nil {
			c, err = p.compile(d)
		}
		if err != nil {
			return nil, fhir.Errorf(fhir.Unprocessable, "policy %s: %s", id, err.Error())
		}
		for _, s := range c.Subjects {
			if p.bySubject[s] == nil {
				p.bySubject[s] = &candidates{named: map[string]ladon.Policies{}}
			}
			p.bySubject[s].add(c)
		}
	}
	return p, nil
}

func readDocument(text string) (d document, err error) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err = dec.Decode(&d); err == nil && dec.More() {
		err = fmt.Errorf("there is something behind it")
	}
	return d, err
}

// compile makes ladon's policy of a document.
func (p *Policies) compile(d document) (*ladon.DefaultPolicy, error) {
	switch {
	case d.ID == "" || d.Description == "":
		return nil, fmt.Errorf("it needs an id and a description")
	case d.Effect != ladon.AllowAccess && d.Effect != ladon.DenyAccess:
		return nil, fmt.Errorf("its effect is allow or deny")
	case d.Effect == ladon.DenyAccess && len(d.Conditions) > 0:
		return nil, fmt.Errorf("what denies has no conditions: one that does not hold would grant")
	case len(d.Subjects) == 0 || len(d.Actions) == 0 || len(d.Resources) == 0:
		return nil, fmt.Errorf("it needs subjects, actions and resources")
	}
	c := &ladon.DefaultPolicy{ID: d.ID, Description: d.Description, Effect: d.Effect, Conditions: ladon.Conditions{}}
	var err error
	if c.Subjects, err = p.expand(d.Subjects, ""); err != nil {
		return nil, err
	}
	if c.Actions, err = p.expand(d.Actions, ""); err != nil {
		return nil, err
	}
	if c.Resources, err = p.expand(d.Resources, "fhir:"); err != nil {
		return nil, err
	}
	for _, s := range c.Subjects {
		if strings.Contains(s, "*") {
			return nil, fmt.Errorf("a subject is named, not %q", s)
		}
	}
	opens := false
	for name, raw := range d.Conditions {
		made, err := p.condition(raw)
		if err != nil {
			return nil, fmt.Errorf("condition %s: %w", name, err)
		}
		if _, ok := made.(*Within); ok {
			if opens {
				return nil, fmt.Errorf("it opens twice")
			}
			opens = true
		}
		c.Conditions[name] = made
	}
	if d.Effect == ladon.AllowAccess && !opens {
		return nil, fmt.Errorf("what allows says how far, by a condition Within")
	}
	return c, nil
}

// expand puts the members of sets in the place of their names.
func (p *Policies) expand(list []string, prefix string) ([]string, error) {
	var all []string
	for _, word := range list {
		name, isSet := strings.CutPrefix(strings.TrimPrefix(word, prefix), "@")
		if !isSet {
			all = append(all, word)
			continue
		}
		set, known := p.words.Sets[name]
		if !known {
			return nil, fmt.Errorf("there is no set @%s", name)
		}
		for _, member := range set {
			all = append(all, prefix+member)
		}
	}
	return all, nil
}

// options reads what a condition says, strictly.
func options(raw json.RawMessage, into any) error {
	if len(raw) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}
