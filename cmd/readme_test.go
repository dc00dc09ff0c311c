package cmd_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestReadmeExamples runs the examples of the README as they are printed,
// against a server that was started as "make run" starts it. Only the address
// is another.
func TestReadmeExamples(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	if len(blocks) < 3 {
		t.Fatalf("the README has %d examples", len(blocks))
	}
	s := startServer(t, newData(t), nil, "--demo")
	dir := t.TempDir()
	for i, block := range blocks {
		t.Run(fmt.Sprint(i+1), func(t *testing.T) {
			script := strings.ReplaceAll(block[1], "http://127.0.0.1:8080", s.Root)
			c := exec.Command("bash", "-euo", "pipefail", "-c", "curl() { command curl --fail-with-body \"$@\"; }\n"+script)
			c.Dir, c.Env = dir, plain()
			out, err := c.CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			if strings.Contains(string(out), `"severity":"error"`) || len(out) == 0 {
				t.Errorf("the answer is not what the README promises:\n%s", out)
			}
		})
	}
}

// TestDecisionsAreListed sees that the index names every page.
func TestDecisionsAreListed(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "docs", "decisions")
	index, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join(dir, "[0-9]*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		if !strings.Contains(string(index), "("+filepath.Base(page)+")") {
			t.Errorf("%s is not in docs/decisions/README.md", filepath.Base(page))
		}
	}
}

// TestSettingsAreDocumented sees that docs/operations.md names every flag of
// serve with its variable.
func TestSettingsAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command("webdoctor", "serve", "--help")
	c.Env = plain()
	help, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	flags := regexp.MustCompile(`\$(WEBDOCTOR_[A-Z_]+)`).FindAllStringSubmatch(string(help), -1)
	if len(flags) < 5 {
		t.Fatalf("help shows %d variables", len(flags))
	}
	for _, f := range flags {
		if !strings.Contains(string(page), "`"+f[1]+"`") {
			t.Errorf("%s is not in docs/operations.md", f[1])
		}
	}
}
