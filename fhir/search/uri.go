package search

import (
	"strings"
	"unicode/utf8"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// http://hl7.org/fhir/R4/search.html#uri

// readURI reads a uri as it stands, and a canonical with |version also
// without it, as whoever asks for the url of a profile does not mean one
// version of it.
func readURI(x *extraction, e *emit, n tree.Node) {
	if !x.scalar(n) {
		return
	}
	text := x.doc.Text(n)
	if text == "" {
		return
	}
	x.present.add(e.param)
	x.values.URIs = append(x.values.URIs, URI{Param: e.param.Code, URI: text})
	if url, version, ok := strings.Cut(text, "|"); ok && url != "" && version != "" {
		x.values.URIs = append(x.values.URIs, URI{Param: e.param.Code, URI: url})
	}
}

// maxBelow is how many characters of a url there must be in the dictionary to
// tell what is below it.
const maxBelow = 200

// parseURI reads the value of a uri parameter, which is compared exactly, or
// with :above or :below by whole segments of its path: urns and oids have none
// (search.html#uri). What is above a url can be listed.
func parseURI(modifier, value string) ([]Operand, error) {
	uri := unescape(value)
	if modifier == "" {
		return []Operand{{URI: uri}}, nil
	}
	_, path, ok := strings.Cut(uri, "://")
	if !ok || path == "" {
		return nil, fhir.Errorf(fhir.Value, ":%s is for URLs, which have a path", modifier)
	}
	start := len(uri) - len(path)
	uri = uri[:start] + strings.TrimRight(path, "/")
	list := []Operand{{URI: uri}}
	if modifier == "below" {
		if utf8.RuneCountInString(uri) >= maxBelow {
			return nil, fhir.Errorf(fhir.Value, ":below is for URLs of less than %d characters", maxBelow)
		}
		return list, nil
	}
	list = append(list, Operand{URI: uri + "/"})
	for i := len(uri) - 1; i > start; i-- {
		if uri[i] == '/' {
			list = append(list, Operand{URI: uri[:i]}, Operand{URI: uri[:i+1]})
		}
	}
	return list, nil
}
