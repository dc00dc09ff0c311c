package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Terminology resources are kept as JSON that any reader of FHIR understands,
// without what is written for people. terminology.gz is a gzip file of
// several members. The first holds the index, the others hold one resource
// after the other:
//
//	S url version content offset chunk start end    a code system
//	V url version ""      offset chunk start end    a value set
//	M url version ""      offset chunk start end    a concept map
//
// offset is where the member begins, counted from the end of the first one,
// chunk its compressed length; start and end are positions in its text. So one
// resource is read without the others.

// chunkSize is about how much text goes into one member.
const chunkSize = 64 << 10

// kept says which members of an object are taken, by its name; "" is the
// resource itself. What is not listed is left: narrative, definitions,
// descriptions, comments, extensions, contacts.
var kept = map[string][]string{
	"": {
		"resourceType", "url", "version", "name", "title", "status", "experimental",
		"caseSensitive", "valueSet", "hierarchyMeaning", "content", "supplements", "versionNeeded", "property", "concept",
		"compose", "immutable",
		"sourceUri", "sourceCanonical", "targetUri", "targetCanonical", "group",
	},
	"compose":     {"inactive", "lockedDate", "include", "exclude"},
	"include":     {"system", "version", "concept", "filter", "valueSet"},
	"exclude":     {"system", "version", "concept", "filter", "valueSet"},
	"filter":      {"property", "op", "value"},
	"concept":     {"code", "display", "designation", "property", "concept"},
	"designation": {"language", "use", "value"},
	"use":         {"system", "code"},
	"property": {
		"code", "uri", "type",
		"valueCode", "valueCoding", "valueString", "valueInteger", "valueBoolean", "valueDateTime", "valueDecimal",
	},
	"valueCoding": {"system", "code", "display"},
	"group":       {"source", "sourceVersion", "target", "targetVersion", "element", "unmapped"},
	"element":     {"code", "display", "target"},
	"target":      {"code", "display", "equivalence", "dependsOn", "product"},
	"dependsOn":   {"property", "system", "value", "display"},
	"product":     {"property", "system", "value", "display"},
	"unmapped":    {"mode", "code", "display", "url"},
}

var letters = map[string]string{"CodeSystem": "S", "ValueSet": "V", "ConceptMap": "M"}

// canonical is one resource on its way into the file.
type canonical struct {
	letter, url, version, content string
	text                          []byte
}

// canonicals are the terminology resources of the package, by kind, URL and
// version.
func canonicals(src source, e *errata) ([]canonical, error) {
	var list []canonical
	for _, file := range []string{"valuesets.json", "v3-codesystems.json", "v2-tables.json", "conceptmaps.json"} {
		var b struct {
			Entry []struct{ Resource json.RawMessage }
		}
		if err := src.read(file, &b); err != nil {
			return nil, err
		}
		for _, entry := range b.Entry {
			d := json.NewDecoder(bytes.NewReader(entry.Resource))
			d.UseNumber()
			var r map[string]any
			if err := d.Decode(&r); err != nil {
				return nil, fmt.Errorf("read %s: %w", file, err)
			}
			text := func(name string) string { s, _ := r[name].(string); return s }
			c := canonical{letters[text("resourceType")], text("url"), text("version"), text("content"), nil}
			if c.letter == "" || e.drops(e.Codes.Drop, c.url) {
				continue
			}
			e.strip(r, c.url)
			var out bytes.Buffer
			enc := json.NewEncoder(&out)
			enc.SetEscapeHTML(false)
			if err := enc.Encode(keep("", r, c.letter == "S" && ours(c.url))); err != nil {
				return nil, err
			}
			c.text = out.Bytes()
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b canonical) int {
		return cmp.Or(cmp.Compare(a.letter, b.letter), cmp.Compare(a.url, b.url), cmp.Compare(a.version, b.version))
	})
	return list, nil
}

// strip takes out the concepts that are not in 4.0.1, on all levels.
func (e *errata) strip(r map[string]any, system string) {
	if list, ok := r["concept"].([]any); ok {
		r["concept"] = slices.DeleteFunc(list, func(c any) bool {
			concept, _ := c.(map[string]any)
			e.strip(concept, system)
			code, _ := concept["code"].(string)
			return e.dropsConcept(system, code)
		})
	}
}

// keep copies what is taken of a value that stands under a name. Displays and
// translations are those of HL7's own code systems; what others call the codes
// that a value set lists is theirs, and stays out.
func keep(name string, v any, displays bool) any {
	switch v := v.(type) {
	case []any:
		list := []any{}
		for _, item := range v {
			if item = keep(name, item, displays); item != nil {
				list = append(list, item)
			}
		}
		if len(list) == 0 {
			return nil
		}
		return list
	case map[string]any:
		if system, ok := v["system"].(string); ok && (name == "include" || name == "exclude") {
			displays = ours(system)
		}
		if name == "designation" && !isDisplay(v) || name == "concept" && v["code"] == nil {
			return nil
		}
		object := map[string]any{}
		for _, member := range kept[name] {
			if (member == "display" || member == "designation") && !displays {
				continue
			}
			if value := keep(member, v[member], displays); value != nil {
				object[member] = value
			}
		}
		return object
	}
	return v
}

// isDisplay says whether a designation is what a code is called, in another
// language, and not a definition of it.
func isDisplay(designation map[string]any) bool {
	use, _ := designation["use"].(map[string]any)
	return use == nil || use["code"] == "display"
}

// ours says whether the specification defines the code system, or a registry
// whose names are free to use.
func ours(system string) bool {
	for _, prefix := range []string{"http://hl7.org/fhir/", "http://terminology.hl7.org/", "http://cds-hooks.hl7.org/", "urn:ietf:", "urn:iso:", "urn:iso-astm:", "urn:oid:", "http://dicom.nema.org/"} {
		if strings.HasPrefix(system, prefix) && !strings.HasPrefix(system, "http://hl7.org/fhir/sid/") {
			return true
		}
	}
	return false
}

// writeCanonicals writes the resources and the index to file.
func writeCanonicals(file string, list []canonical) error {
	var index table
	var packed, text bytes.Buffer
	type place struct{ start, end int }
	var places []place
	first := 0
	flush := func(until int) error {
		offset := packed.Len()
		if err := member(&packed, text.Bytes()); err != nil {
			return err
		}
		for i, c := range list[first:until] {
			index.line(c.letter, c.url, c.version, c.content, strconv.Itoa(offset), strconv.Itoa(packed.Len()-offset),
				strconv.Itoa(places[i].start), strconv.Itoa(places[i].end))
		}
		first, places = until, nil
		text.Reset()
		return nil
	}
	for i, c := range list {
		start := text.Len()
		text.Write(c.text)
		places = append(places, place{start, text.Len()})
		if text.Len() >= chunkSize || i == len(list)-1 {
			if err := flush(i + 1); err != nil {
				return err
			}
		}
	}
	lines, err := index.bytes()
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := member(&out, lines); err != nil {
		return err
	}
	out.Write(packed.Bytes())
	return os.WriteFile(file, out.Bytes(), 0o644)
}

// member appends one gzip member.
func member(out *bytes.Buffer, data []byte) error {
	zw, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := zw.Write(data); err != nil {
		return err
	}
	return zw.Close()
}
