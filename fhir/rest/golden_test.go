package rest_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden holds a body against testdata/name, laid out for people to read.
func (a answer) golden(name string) {
	a.t.Helper()
	var got bytes.Buffer
	if err := json.Indent(&got, []byte(a.body), "", "  "); err != nil {
		a.t.Fatalf("not JSON: %v: %s", err, a.body)
	}
	got.WriteByte('\n')
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			a.t.Fatal(err)
		}
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			a.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		a.t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		a.t.Errorf("%s differs (go test -update writes it anew):\n%s", file, got.Bytes())
	}
}

// walk fails when a body holds what FHIR JSON may not: empty objects, empty
// arrays, null.
func (a answer) walk() {
	a.t.Helper()
	var v any
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		a.t.Fatalf("not JSON: %v", err)
	}
	var see func(v any)
	see = func(v any) {
		switch v := v.(type) {
		case nil:
			a.t.Errorf("null in %s", a.body)
		case map[string]any:
			if len(v) == 0 {
				a.t.Errorf("empty object in %s", a.body)
			}
			for _, x := range v {
				see(x)
			}
		case []any:
			if len(v) == 0 {
				a.t.Errorf("empty array in %s", a.body)
			}
			for _, x := range v {
				see(x)
			}
		}
	}
	see(v)
}
