package main

import (
	"cmp"
	"slices"
	"strings"
)

// bundle is a Bundle of definitions.
type bundle struct {
	Entry []struct {
		Resource resource `json:"resource"`
	} `json:"entry"`
}

// of returns the resources of one type, by canonical URL.
func (b bundle) of(resourceType string) []resource {
	var found []resource
	for _, e := range b.Entry {
		if e.Resource.ResourceType == resourceType {
			found = append(found, e.Resource)
		}
	}
	slices.SortStableFunc(found, func(a, b resource) int { return cmp.Compare(a.URL, b.URL) })
	return found
}

// resource is the union of the parts that are taken from the definitions.
type resource struct {
	ResourceType string `json:"resourceType"`
	URL          string `json:"url"`
	Name         string `json:"name"`
	Version      string `json:"version"`
	Code         string `json:"code"`

	// StructureDefinition
	Kind           string `json:"kind"`
	Abstract       bool   `json:"abstract"`
	BaseDefinition string `json:"baseDefinition"`
	Snapshot       struct {
		Element []element `json:"element"`
	} `json:"snapshot"`

	// StructureDefinition of an extension
	Context []struct {
		Type       string `json:"type"`
		Expression string `json:"expression"`
	} `json:"context"`

	// SearchParameter. OperationDefinition.type is a boolean, hence any.
	Type        any         `json:"type"`
	Base        []string    `json:"base"`
	Expression  string      `json:"expression"`
	XPathUsage  string      `json:"xpathUsage"`
	Target      []string    `json:"target"`
	MultipleOr  *bool       `json:"multipleOr"`
	MultipleAnd *bool       `json:"multipleAnd"`
	Comparator  []string    `json:"comparator"`
	Modifier    []string    `json:"modifier"`
	Chain       []string    `json:"chain"`
	Component   []component `json:"component"`

	// CompartmentDefinition.search is a boolean; resource is a list of
	// objects there and a list of codes in an OperationDefinition.
	Search       bool  `json:"search"`
	Resource     []any `json:"resource"`
	System       bool  `json:"system"`
	Instance     bool  `json:"instance"`
	AffectsState bool  `json:"affectsState"`

	// CodeSystem and ValueSet
	Content string    `json:"content"`
	Concept []concept `json:"concept"`
	Compose *struct {
		Include []conceptSet `json:"include"`
		Exclude []conceptSet `json:"exclude"`
	} `json:"compose"`
}

type component struct {
	Definition string `json:"definition"`
	Expression string `json:"expression"`
}

type element struct {
	Path             string        `json:"path"`
	Min              int           `json:"min"`
	Max              string        `json:"max"`
	Type             []elementType `json:"type"`
	ContentReference string        `json:"contentReference"`
	IsModifier       bool          `json:"isModifier"`
	IsSummary        bool          `json:"isSummary"`
	MaxLength        int           `json:"maxLength"`
	Binding          *binding      `json:"binding"`
	Constraint       []constraint  `json:"constraint"`

	// Of an extension, where each slice is one of the nested extensions.
	ID        string `json:"id"`
	SliceName string `json:"sliceName"`
	FixedURI  string `json:"fixedUri"`
}

type constraint struct {
	Key        string `json:"key"`
	Severity   string `json:"severity"`
	Expression string `json:"expression"`
}

type elementType struct {
	Code          string   `json:"code"`
	Profile       []string `json:"profile"`
	TargetProfile []string `json:"targetProfile"`
	Extension     []struct {
		URL         string `json:"url"`
		ValueURL    string `json:"valueUrl"`
		ValueString string `json:"valueString"`
	} `json:"extension"`
}

type binding struct {
	Strength string `json:"strength"`
	ValueSet string `json:"valueSet"`
}

type concept struct {
	Code     string    `json:"code"`
	Concept  []concept `json:"concept"`
	Property []struct {
		Code      string `json:"code"`
		ValueCode string `json:"valueCode"`
	} `json:"property"`
}

type conceptSet struct {
	System   string    `json:"system"`
	Version  string    `json:"version"`
	Concept  []concept `json:"concept"`
	ValueSet []string  `json:"valueSet"`
	Filter   []struct {
		Property string `json:"property"`
		Op       string `json:"op"`
		Value    string `json:"value"`
	} `json:"filter"`
}

const (
	structureURL = "http://hl7.org/fhir/StructureDefinition/"
	systemType   = "http://hl7.org/fhirpath/System."
)

// bare cuts the address of HL7's structures down to the type's name.
func bare(url string) string { return strings.TrimPrefix(url, structureURL) }
