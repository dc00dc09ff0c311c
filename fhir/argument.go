package fhir

import (
	"encoding/json"
	"net/url"
	"strings"
)

// Argument is a parameter of an operation, as text: of a Reference its
// reference, of a Coding its system|code.
type Argument struct{ Name, Value string }

// Arguments are the parameters of an operation, those of the URL before those
// of the body (operations.html#request). It is for operations that take
// nothing but values.
func (op Operation) Arguments() ([]Argument, error) {
	var list []Argument
	for pair := range strings.SplitSeq(op.Query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err == nil {
			value, err = url.QueryUnescape(value)
		}
		if err != nil {
			return nil, Errorf(Value, "the query has a broken %% escape")
		}
		if name != "" {
			list = append(list, Argument{name, value})
		}
	}
	if op.JSON == nil {
		return list, nil
	}
	var body struct {
		ResourceType string
		Parameter    []map[string]json.RawMessage
	}
	if err := json.Unmarshal(op.JSON, &body); err != nil || body.ResourceType != "Parameters" {
		return nil, Errorf(Invalid, "the parameters of this operation are a Parameters resource")
	}
	for _, p := range body.Parameter {
		var name string
		if err := json.Unmarshal(p["name"], &name); err != nil || name == "" {
			return nil, Errorf(Invalid, "a parameter has no name").At("Parameters.parameter")
		}
		value, ok := "", false
		for member, raw := range p {
			if strings.HasPrefix(member, "value") {
				value, ok = argument(raw)
			}
		}
		if !ok {
			return nil, Errorf(Value, "the parameter has no value that this operation takes").At(name)
		}
		list = append(list, Argument{name, value})
	}
	return list, nil
}

// argument is the text of a value[x].
func argument(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 {
		return "", false
	}
	switch raw[0] {
	case '{':
		var v struct{ Reference, System, Code string }
		if json.Unmarshal(raw, &v) != nil {
			return "", false
		}
		if v.Reference != "" {
			return v.Reference, true
		}
		return v.System + "|" + v.Code, v.Code != ""
	case '"':
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err == nil
	case '[', 'n':
		return "", false
	}
	return string(raw), true
}
