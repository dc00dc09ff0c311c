// Dictionary writes a compression dictionary for the contents of resources to
// standard output: the element names of R4, and a few resources of each type
// of the made-up clinic, the commonest types last, where they cost least to
// refer to. All resources of the clinic say how often which byte occurs.
//
// A dictionary that data were written with is never changed. This program
// makes the next one:
//
//	go run ./storage/internal/dictionary >storage/dictionary_3.bin
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/webdoctor/webdoctor/fhir/r4/clinic"
	"github.com/webdoctor/webdoctor/fhir/spec"
)

const (
	id      = 3        // of the next dictionary
	size    = 40 << 10 // of its text; a longer one was worse
	samples = 2        // of each type
	longest = 6000     // bytes of a sample
)

func main() {
	out := names()
	var texts [][]byte
	byType := map[string][][]byte{}
	for b := range clinic.Bundles(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) {
		var bundle struct {
			Entry []struct{ Resource json.RawMessage }
		}
		if err := json.Unmarshal(b.JSON, &bundle); err != nil {
			fail(err)
		}
		for _, e := range bundle.Entry {
			var of struct{ ResourceType string }
			var text bytes.Buffer
			if err := cmp.Or(json.Unmarshal(e.Resource, &of), json.Compact(&text, e.Resource)); err != nil {
				fail(err)
			}
			stored := shortened(text.Bytes())
			texts = append(texts, stored)
			if text.Len() < longest {
				byType[of.ResourceType] = append(byType[of.ResourceType], stored)
			}
		}
	}
	types := slices.SortedFunc(maps.Keys(byType), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(byType[a]), len(byType[b])), cmp.Compare(a, b))
	})
	for _, t := range types {
		list := byType[t]
		for i := range min(samples, len(list)) {
			out = append(out, list[i*len(list)/samples]...)
		}
	}
	dictionary, err := zstd.BuildDict(zstd.BuildDictOptions{
		ID: id, Contents: texts, History: out[max(0, len(out)-size):], Offsets: [3]int{1, 4, 8}, Level: zstd.SpeedFastest,
	})
	if err != nil {
		fail(err)
	}
	if _, err := os.Stdout.Write(dictionary); err != nil {
		fail(err)
	}
}

// shortened is a resource as the server stores it: with its own elements, and
// its id and time as one byte each.
func shortened(resource []byte) []byte {
	at := bytes.Index(resource, []byte(`"id":"`))
	if at < 0 {
		return resource
	}
	id, rest, _ := bytes.Cut(resource[at+6:], []byte{'"'})
	text := slices.Concat(resource[:at], []byte("\"id\":\"\x01\",\"meta\":{\"versionId\":\"1\",\"lastUpdated\":\"\x02\"}"), rest)
	return bytes.ReplaceAll(text, id, []byte{1})
}

// names are the element names of all resources, the rarest first.
func names() []byte {
	count := map[string]int{}
	for _, typ := range spec.R4().ResourceTypes() {
		for _, el := range spec.R4().Type(typ).Elements {
			count[el.Name]++
		}
	}
	var out []byte
	for _, name := range slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(cmp.Compare(count[a], count[b]), cmp.Compare(a, b))
	}) {
		out = fmt.Appendf(out, `,"%s":`, name)
	}
	return out
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "dictionary:", err)
	os.Exit(1)
}
