package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

//go:embed errata.json
var errataJSON []byte

// errata says what the package changed against FHIR 4.0.1 and how it is put
// right. Every entry must be needed: one that finds nothing to correct is an
// error, so that a later package version cannot leave stale ones behind.
type errata struct {
	Types struct {
		Drop []string `json:"drop"`
	} `json:"types"`
	Elements struct {
		Drop    []string `json:"drop"` // with all below them
		Targets struct {
			Drop []string `json:"drop"` // wherever they occur
			At   []struct {
				Path string   `json:"path"`
				Drop []string `json:"drop"`
			} `json:"at"`
		} `json:"targets"`
		Set []struct {
			Path    string        `json:"path"`
			Min     *int          `json:"min"`
			Type    []elementType `json:"type"`
			Binding *binding      `json:"binding"`
		} `json:"set"`
		Insert []struct {
			After string `json:"after"`
			element
		} `json:"insert"`
	} `json:"elements"`
	Invariants struct {
		Drop []string `json:"drop"` // keys
		Set  []struct {
			Key        string `json:"key"`
			Expression string `json:"expression"`
		} `json:"set"`
	} `json:"invariants"`
	SearchParameters struct {
		Drop []string `json:"drop"`
		Set  []struct {
			URL       string      `json:"url"`
			Target    []string    `json:"target"`
			Component []component `json:"component"`
		} `json:"set"`
	} `json:"searchParameters"`
	Codes struct {
		Drop         []string `json:"drop"` // canonical URLs
		DropConcepts []struct {
			System string `json:"system"`
			Code   string `json:"code"`
		} `json:"dropConcepts"`
	} `json:"codes"`

	used map[string]bool
}

func readErrata() (*errata, error) {
	e := &errata{used: map[string]bool{}}
	d := json.NewDecoder(bytes.NewReader(errataJSON))
	d.DisallowUnknownFields()
	if err := d.Decode(e); err != nil {
		return nil, fmt.Errorf("read errata.json: %w", err)
	}
	return e, nil
}

// drops says whether name stands in list, and remembers that it was used.
func (e *errata) drops(list []string, name string) bool {
	if !slices.Contains(list, name) {
		return false
	}
	e.used["drop "+name] = true
	return true
}

// elements returns the corrected elements of a type.
func (e *errata) elements(list []element) []element {
	var out []element
	for _, el := range list {
		if e.dropsElement(el.Path) {
			continue
		}
		e.correct(&el)
		out = e.follow(append(out, el))
	}
	return out
}

func (e *errata) dropsElement(path string) bool {
	for p := path; p != ""; {
		if e.drops(e.Elements.Drop, p) {
			return true
		}
		i := strings.LastIndexByte(p, '.')
		p = p[:max(i, 0)]
	}
	return false
}

func (e *errata) correct(el *element) {
	for _, s := range e.Elements.Set {
		if s.Path != el.Path {
			continue
		}
		e.used["set "+s.Path] = true
		if s.Min != nil {
			el.Min = *s.Min
		}
		if s.Type != nil {
			el.Type = s.Type
		}
		if s.Binding != nil {
			el.Binding = s.Binding
		}
	}
	drop := slices.Clone(e.Elements.Targets.Drop)
	for _, at := range e.Elements.Targets.At {
		if at.Path == el.Path {
			drop = append(drop, at.Drop...)
		}
	}
	for i := range el.Type {
		el.Type[i].TargetProfile = slices.DeleteFunc(el.Type[i].TargetProfile, func(url string) bool {
			return e.drops(drop, url[strings.LastIndexByte(url, '/')+1:])
		})
	}
}

// follow adds what belongs behind the last element, which may be several in a
// chain.
func (e *errata) follow(out []element) []element {
	for _, in := range e.Elements.Insert {
		if in.After == out[len(out)-1].Path {
			e.used["insert "+in.Path] = true
			out = append(out, in.element)
		}
	}
	return out
}

// unused reports the entries that corrected nothing.
func (e *errata) unused() error {
	var want []string
	drops := slices.Concat(e.Types.Drop, e.Elements.Drop, e.Elements.Targets.Drop, e.Invariants.Drop, e.SearchParameters.Drop, e.Codes.Drop)
	for _, at := range e.Elements.Targets.At {
		drops = append(drops, at.Drop...)
	}
	for _, c := range e.Codes.DropConcepts {
		drops = append(drops, c.System+"#"+c.Code)
	}
	for _, d := range drops {
		want = append(want, "drop "+d)
	}
	for _, s := range e.Elements.Set {
		want = append(want, "set "+s.Path)
	}
	for _, s := range e.Invariants.Set {
		want = append(want, "set "+s.Key)
	}
	for _, s := range e.SearchParameters.Set {
		want = append(want, "set "+s.URL)
	}
	for _, in := range e.Elements.Insert {
		want = append(want, "insert "+in.Path)
	}
	var errs []error
	for _, w := range want {
		if !e.used[w] {
			errs = append(errs, fmt.Errorf("errata.json: %s corrects nothing", w))
		}
	}
	return errors.Join(errs...)
}
