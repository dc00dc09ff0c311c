package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// keptOfProfile is what is taken of a profile and of its elements: facts, and
// none of the prose.
var (
	keptOfProfile = []string{"resourceType", "url", "version", "type", "baseDefinition", "differential", "element"}
	keptOfElement = []string{"id", "path", "sliceName", "slicing", "discriminator", "type", "rules", "ordered", "code", "profile", "targetProfile",
		"min", "max", "binding", "strength", "valueSet", "constraint", "key", "severity", "expression", "contentReference"}
)

// profiles is the text of profiles.gz: one line per profile that R4 itself
// defines, the StructureDefinition as JSON with its differential and without
// what is written for people.
func profiles(src source) ([]byte, error) {
	var b struct {
		Entry []struct {
			Resource map[string]any `json:"resource"`
		} `json:"entry"`
	}
	if err := src.read("profiles-others.json", &b); err != nil {
		return nil, err
	}
	var lines []string
	for _, e := range b.Entry {
		r := e.Resource
		strip(r, keptOfProfile)
		text, err := json.Marshal(r)
		if err != nil {
			return nil, err
		}
		lines = append(lines, string(text)+"\n")
	}
	slices.Sort(lines)
	var out bytes.Buffer
	for _, line := range lines {
		out.WriteString(line)
	}
	return out.Bytes(), nil
}

// strip removes members that are not kept, at every depth. Fixed values and
// patterns stay as they are.
func strip(o map[string]any, kept []string) {
	for name, value := range o {
		if strings.HasPrefix(name, "fixed") || strings.HasPrefix(name, "pattern") {
			continue
		}
		if !slices.Contains(kept, name) {
			delete(o, name)
			continue
		}
		below := kept
		if name == "element" {
			below = keptOfElement
		}
		switch v := value.(type) {
		case map[string]any:
			strip(v, below)
		case []any:
			for _, item := range v {
				if m, ok := item.(map[string]any); ok {
					strip(m, below)
				}
			}
		}
	}
}
