// Dictionary writes a compression dictionary for the contents of resources to
// standard output: the element names of R4, and a few resources of each type
// of the made-up clinic, the commonest types last, where they cost least to
// refer to.
//
// A dictionary that data were written with is never changed. This program
// makes the next one:
//
//	go run ./storage/internal/dictionary >storage/dictionary_2.bin
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

	"github.com/webdoctor/webdoctor/fhir/r4/clinic"
	"github.com/webdoctor/webdoctor/fhir/spec"
)

const (
	size    = 64 << 10 // of the dictionary
	samples = 3        // of each type
	longest = 6000     // bytes of a sample
)

func main() {
	out := names()
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
			if text.Len() < longest {
				byType[of.ResourceType] = append(byType[of.ResourceType], text.Bytes())
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
	if _, err := os.Stdout.Write(out[max(0, len(out)-size):]); err != nil {
		fail(err)
	}
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
