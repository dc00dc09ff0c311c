package tree

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

// FuzzScan holds the scanner against the parser: what the scanner takes, the
// parser takes too, as the same nodes.
func FuzzScan(f *testing.F) {
	for _, s := range []string{
		`{}`, `[]`, ` [ 1 , "a" , null ] `, `{"a":{"b":[true,false,-0.5e+10,0]}}`, `{"a":"\ud83d\ude00\n\"\u00e9é"}`, `{"":{"":""}}`,
		`{"a":1,"a":2}`, "\xff", `{"\u0061":1}`, `"\ud800"`, `"\ud800\u0041"`, `"\u0000"`, `01`, `-`, `1.`, `1e`, `.5`, `+1`, `[1,]`, `{"a":1,}`, `{"a"}`,
		`nul`, `truex`, `{"a":1}x`, "\ufeff{}", "[\"\x01\"]", `"\x"`, `{"e":[{"resource":{"a":{"b":1}},"x":{"resource":[]}}]}`,
		`{"e":[{"resource":{"a":1,"a":2}}]}`, strings.Repeat("[", 64) + strings.Repeat("]", 64), strings.Repeat("[", 65) + strings.Repeat("]", 65),
		`{"` + strings.Repeat("n", 254) + `":1}`, `{"` + strings.Repeat("n", 255) + `":1}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		for depth := range 2 { // 0: nothing is opaque
			fast := &Doc{src: src}
			s := scanner{doc: fast, src: src, opaque: "resource", opaqueDepth: 3 * depth}
			if !s.scan() {
				continue
			}
			slow := &Doc{src: src}
			p := parser{doc: slow, opaque: "resource", opaqueDepth: 3 * depth}
			if err := p.parse(); err != nil {
				t.Fatalf("only the scanner takes %q: %v", src, err)
			}
			if !reflect.DeepEqual(fast.nodes, slow.nodes) {
				t.Fatalf("%q: %v, by the parser %v", src, fast.nodes, slow.nodes)
			}
		}
	})
}

// TestScanUnderstands: what clients send is not left to the parser.
func TestScanUnderstands(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		`{"resourceType":"Patient","name":[{"family":"Núñez","given":["a\u0142",null]}],"multipleBirthInteger":-2,"active":true}`,
		"\n{ \"resourceType\" : \"Observation\",\r\n\t\"valueQuantity\" : { \"value\" : 1.50E-3 } }\n",
		`{"div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">\ud83d\ude00 \/ \\</div>"}`,
	} {
		s := scanner{doc: &Doc{src: []byte(src)}, src: []byte(src)}
		if !s.scan() {
			t.Errorf("not understood: %s", bytes.TrimSpace([]byte(src)))
		}
	}
}
