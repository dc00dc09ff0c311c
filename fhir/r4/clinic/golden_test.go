package clinic_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden compares the counts, and one readable resource of each type, with
// testdata. Base64 is left out: compressed files may differ between versions
// of the compiler's library, and nobody reads them.
func TestGolden(t *testing.T) {
	t.Parallel()
	w := today(t)
	golden(t, "summary.txt", summary(w))
	for typ, r := range samples(w) {
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, r.json, "", "  "); err != nil {
			t.Fatal(err)
		}
		text := regexp.MustCompile(`"data": "[^"]*"`).ReplaceAllString(pretty.String(), `"data": "(base64)"`)
		text = regexp.MustCompile(`"(hash|size)": [^,\n]*`).ReplaceAllString(text, `"$1": "(of the file)"`)
		golden(t, filepath.Join("samples", typ+".json"), text+"\n")
	}
}

// samples is one resource of each type, of the patient with most to show where
// there is a choice.
func samples(w *world) map[string]resource {
	chosen := map[string]resource{}
	for _, r := range w.list {
		first, ok := chosen[r.typ]
		if !ok || strings.HasPrefix(r.id, "demo-04-") && !strings.HasPrefix(first.id, "demo-04-") {
			chosen[r.typ] = r
		}
	}
	return chosen
}

// summary counts the resources, and those that have one, by status.
func summary(w *world) string {
	types, statuses := map[string]int{}, map[string]int{}
	for _, r := range w.list {
		types[r.typ]++
		if status := r.text("status"); status != "" {
			statuses[r.typ+" "+status]++
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d Bundles, %d resources\n\n", len(w.names), len(w.list))
	for _, typ := range slices.Sorted(maps.Keys(types)) {
		fmt.Fprintf(&b, "%5d %s\n", types[typ], typ)
	}
	b.WriteString("\n")
	for _, status := range slices.Sorted(maps.Keys(statuses)) {
		fmt.Fprintf(&b, "%5d %s\n", statuses[status], status)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not as it was; run the test with -update and look at the difference.\n%s", path, got)
	}
}
