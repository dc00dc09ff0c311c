package terminology

import (
	"bytes"
	"encoding/json"

	"github.com/webdoctor/webdoctor/fhir"
)

// parameters is a Parameters resource as it is written.
type parameters struct {
	ResourceType string      `json:"resourceType"`
	Parameter    []parameter `json:"parameter"`
}

// parameter is one of its parameters, with one value or with parts.
type parameter struct {
	Name     string      `json:"name"`
	Boolean  *bool       `json:"valueBoolean,omitempty"`
	Integer  json.Number `json:"valueInteger,omitempty"`
	Decimal  json.Number `json:"valueDecimal,omitempty"`
	String   string      `json:"valueString,omitempty"`
	Code     string      `json:"valueCode,omitempty"`
	URI      string      `json:"valueUri,omitempty"`
	DateTime string      `json:"valueDateTime,omitempty"`
	Coding   *coding     `json:"valueCoding,omitempty"`
	Part     []parameter `json:"part,omitempty"`
}

// coding is a Coding as it is written.
type coding struct {
	System  string `json:"system,omitempty"`
	Version string `json:"version,omitempty"`
	Code    string `json:"code,omitempty"`
	Display string `json:"display,omitempty"`
}

func (c Coding) written() *coding { return &coding{c.System, c.Version, c.Code, c.Display} }

func truth(b bool) *bool { return &b }

// with appends a parameter whose text may be empty, when it is left out.
func with(list []parameter, p parameter) []parameter {
	if p.String == "" && p.Code == "" && p.URI == "" && p.Boolean == nil && p.Coding == nil && p.Part == nil && p.Integer == "" && p.Decimal == "" && p.DateTime == "" {
		return list
	}
	return append(list, p)
}

// answer is the result of an operation.
func answer(list []parameter) (fhir.Result, error) { return written(parameters{"Parameters", list}) }

func written(v any) (fhir.Result, error) {
	text, err := marshal(v)
	return fhir.Result{Resource: fhir.Resource{JSON: text}}, err
}

// marshal writes JSON as others write FHIR: without escapes for HTML.
func marshal(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}
