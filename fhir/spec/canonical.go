package spec

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"strings"
	"sync"
)

//go:embed terminology.gz
var terminologyGZ []byte

// Canonical is a code system, value set or concept map that R4 ships. The
// resource itself is read when it is asked for and not kept.
type Canonical struct {
	Type    string // CodeSystem, ValueSet or ConceptMap
	URL     string
	Version string // "" for the few that have none
	Content string // of a code system: complete, fragment, example, not-present or supplement

	chunk      []byte // the gzip member it is in
	start, end int    // within the text of the member
}

// JSON is the resource, without narrative and other prose.
func (c *Canonical) JSON() ([]byte, error) {
	zr, err := gzip.NewReader(bytes.NewReader(c.chunk))
	if err == nil {
		_, err = io.CopyN(io.Discard, zr, int64(c.start))
	}
	text := make([]byte, c.end-c.start)
	if err == nil {
		_, err = io.ReadFull(zr, text)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s %s: %w", c.Type, c.URL, err)
	}
	return text, nil
}

// Canonicals are the code systems, value sets and concept maps of R4, by
// type, URL and version.
func (d *Definitions) Canonicals() []*Canonical { return d.canonicals().list }

// Canonical are the versions of one of them, the oldest first; none if R4
// ships none of that type and URL.
func (d *Definitions) Canonical(typ, url string) []*Canonical {
	return d.canonicals().byURL[canonicalKey{typ, url}]
}

type canonicalKey struct{ typ, url string }

type canonicals struct {
	list  []*Canonical
	byURL map[canonicalKey][]*Canonical
}

var canonicalTypes = map[string]string{"S": "CodeSystem", "V": "ValueSet", "M": "ConceptMap"}

// readCanonicals reads the index of terminology.gz; internal/generate
// describes it.
func readCanonicals(data []byte) (*canonicals, error) {
	src := bytes.NewReader(data)
	buffered := bufio.NewReader(src)
	zr, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, fmt.Errorf("unzip the index: %w", err)
	}
	zr.Multistream(false)
	var index strings.Builder
	if _, err := io.Copy(&index, zr); err != nil {
		return nil, fmt.Errorf("unzip the index: %w", err)
	}
	chunks := data[len(data)-src.Len()-buffered.Buffered():]
	text := index.String()
	c := &canonicals{byURL: map[canonicalKey][]*Canonical{}}
	for n := 1; text != ""; n++ {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		var r row
		r.split(line)
		var at [4]int
		for i := range at {
			if at[i], err = atoi(r[4+i]); err != nil {
				return nil, fmt.Errorf("index line %d: %w", n, err)
			}
		}
		if at[0] < 0 || at[1] < 0 || at[0]+at[1] > len(chunks) || at[2] < 0 || at[3] < at[2] || canonicalTypes[r[0]] == "" {
			return nil, fmt.Errorf("index line %d: %q", n, line)
		}
		one := &Canonical{Type: canonicalTypes[r[0]], URL: r[1], Version: r[2], Content: r[3], chunk: chunks[at[0] : at[0]+at[1]], start: at[2], end: at[3]}
		c.list = append(c.list, one)
		key := canonicalKey{one.Type, one.URL}
		c.byURL[key] = append(c.byURL[key], one)
	}
	return c, nil
}

// loadCanonicals panics like R4 when the tables cannot be read.
func loadCanonicals() func() *canonicals {
	return sync.OnceValue(func() *canonicals {
		c, err := readCanonicals(terminologyGZ)
		if err != nil {
			panic("fhir/spec: " + err.Error())
		}
		return c
	})
}
