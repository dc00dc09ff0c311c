package rest

import (
	"strconv"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
)

// format is how a client wants to be answered (http.html#mime-type,
// http.html#parameters). The zero format is the default.
type format struct {
	media     media
	versioned bool // the client named fhirVersion, so the answer does too
	pretty    bool
}

// media is one of the names that FHIR JSON goes by.
type media uint8

// The names, the right one first.
const (
	fhirJSON media = iota
	plainJSON
	textJSON
	noMedia // nothing we can write
)

// contentTypes are the values of Content-Type, without and with fhirVersion.
// FHIR wants the charset said.
var contentTypes = [noMedia][2]string{
	{"application/fhir+json; charset=utf-8", "application/fhir+json; fhirVersion=4.0; charset=utf-8"},
	{"application/json; charset=utf-8", "application/json; fhirVersion=4.0; charset=utf-8"},
	{"text/json; charset=utf-8", "text/json; fhirVersion=4.0; charset=utf-8"},
}

func (f format) contentType() string {
	if f.versioned {
		return contentTypes[f.media][1]
	}
	return contentTypes[f.media][0]
}

// mediaType is a media type or range with the parameters that matter here.
type mediaType struct {
	name        string // type/subtype in lower case
	charset     string // in lower case, "" when not given
	fhirVersion string
	q           int // thousandths
}

// parseMediaType reads one media type with parameters (RFC 9110 section 8.3).
// What is no media type comes back with an empty name.
func parseMediaType(s string) mediaType {
	m := mediaType{q: 1000}
	s, params, _ := strings.Cut(s, ";")
	m.name = strings.ToLower(strings.TrimSpace(s))
	if kind, sub, ok := strings.Cut(m.name, "/"); !ok || !isToken(kind) || !isToken(sub) {
		m.name = ""
	}
	for params != "" {
		var p string
		p, params, _ = strings.Cut(params, ";")
		name, value, _ := strings.Cut(p, "=")
		value = strings.Trim(strings.TrimSpace(value), `"`)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "charset":
			m.charset = strings.ToLower(value)
		case "fhirversion":
			m.fhirVersion = value
		case "q":
			m.q = parseQ(value)
		}
	}
	return m
}

// isToken says whether s is a token of RFC 9110 section 5.6.2.
func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// parseQ reads a weight as thousandths; what is none counts as 0.
func parseQ(s string) int {
	q, err := strconv.ParseFloat(s, 64)
	if err != nil || !(q >= 0 && q <= 1) || len(s) > 5 {
		return 0
	}
	return int(q*1000 + 0.5)
}

// utf8Only says whether the charset is the one FHIR uses, or not given.
func (m mediaType) utf8Only() bool {
	return m.charset == "" || m.charset == "utf-8" || m.charset == "utf8"
}

// r4 says whether the fhirVersion parameter is ours, or not given
// (http.html#version-parameter).
func (m mediaType) r4() bool {
	return m.fhirVersion == "" || m.fhirVersion == "4.0" || m.fhirVersion == "4.0.1"
}

// json is the name by which a media type or range means FHIR JSON, noMedia
// if it does not.
func (m mediaType) json() media {
	if !m.utf8Only() || !m.r4() {
		return noMedia
	}
	switch m.name {
	case "application/fhir+json", "application/json+fhir", "*/*", "application/*":
		return fhirJSON
	case "application/json":
		return plainJSON
	case "text/json":
		return textJSON
	}
	return noMedia
}

func (m mediaType) specific() bool { return strings.IndexByte(m.name, '*') < 0 }

// acceptable picks the format from an Accept header: the best weight wins,
// at equal weight what is named before what is a wildcard, then the first.
func acceptable(header string) (format, error) {
	switch header {
	case "", "*/*", "application/fhir+json", "application/fhir+json;charset=utf-8":
		return format{}, nil
	case "application/json":
		return format{media: plainJSON}, nil
	}
	best, f := mediaType{q: -1}, format{media: noMedia}
	for rest := header; rest != ""; {
		var one string
		one, rest, _ = strings.Cut(rest, ",")
		m := parseMediaType(one)
		name := m.json()
		if name == noMedia || m.q == 0 || m.q < best.q || m.q == best.q && (best.specific() || !m.specific()) {
			continue
		}
		best, f = m, format{media: name, versioned: m.fhirVersion != ""}
	}
	if f.media == noMedia {
		return format{}, errOnlyJSON()
	}
	return f, nil
}

func errOnlyJSON() error {
	return fhir.Errorf(fhir.NotAcceptable, "this server answers in JSON: ask for application/fhir+json")
}

// parseFormat reads the value of _format, which wins over Accept. A plus sign
// that nobody escaped has become a space by now.
func parseFormat(value string) (format, error) {
	if value == "json" {
		return format{}, nil
	}
	m := parseMediaType(strings.Replace(value, "fhir json", "fhir+json", 1))
	if name := m.json(); name != noMedia {
		return format{media: name, versioned: m.fhirVersion != ""}, nil
	}
	return format{}, fhir.Errorf(fhir.NotAcceptable, "this server answers in JSON: use _format=json").At("_format")
}

// checkContentType accepts the names of FHIR JSON for a request's body. No
// Content-Type at all is taken for JSON.
func checkContentType(header string) error {
	switch header {
	case "", "application/fhir+json", "application/fhir+json; charset=utf-8", "application/fhir+json;charset=utf-8", "application/json":
		return nil
	}
	m := parseMediaType(header)
	switch {
	case !m.utf8Only():
		return fhir.Errorf(fhir.MediaType, "FHIR JSON is UTF-8, no other charset is taken")
	case !m.r4():
		return fhir.Errorf(fhir.MediaType, "this server speaks FHIR 4.0, no other fhirVersion is taken")
	case m.json() == noMedia || !m.specific():
		return fhir.Errorf(fhir.MediaType, "the body must be application/fhir+json")
	}
	return nil
}
