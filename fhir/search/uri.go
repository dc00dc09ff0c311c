package search

import (
	"strings"

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
	x.values.URIs = append(x.values.URIs, URI{Param: e.param.Code, URI: text})
	if url, version, ok := strings.Cut(text, "|"); ok && url != "" && version != "" {
		x.values.URIs = append(x.values.URIs, URI{Param: e.param.Code, URI: url})
	}
}

// parseURI reads the value of a uri parameter, which is compared exactly.
func parseURI(value string) (Operand, error) { return Operand{URI: unescape(value)}, nil }
