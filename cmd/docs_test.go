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

// examples are the blocks of a page that are marked as sh.
func examples(t *testing.T, page string) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, m := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		blocks = append(blocks, m[1])
	}
	return blocks
}

// checkedCurl stands in for curl in examples. An answer must have the status
// that the comment before it announces; without one it must be a success and
// report no error.
const checkedCurl = `
answers=
curl() {
  local out status
  out=$(command curl -w '\n%{http_code}' "$@") || return
  status=${out##*$'\n'} out=${out%$'\n'*}
  printf '%s\n' "$out"
  if [ -n "$answers" ]; then
    [ "$status" = "$answers" ] || { echo "answered $status, not $answers"; return 1; }
  elif [ "$status" -ge 400 ] || [[ $out == *'"severity":"error"'* ]]; then
    echo "answered $status, with an error"; return 1
  fi
}
`

// announcement is a comment "# answers 412: why".
var announcement = regexp.MustCompile(`^# answers ([0-9]{3})\b`)

// announced makes an announcement hold for what follows, up to the next
// comment or empty line.
func announced(block string) string {
	var script strings.Builder
	for line := range strings.Lines(block) {
		if text := strings.TrimSpace(line); text == "" || text[0] == '#' {
			status := ""
			if m := announcement.FindStringSubmatch(text); m != nil {
				status = m[1]
			}
			fmt.Fprintf(&script, "answers=%s\n", status)
		}
		script.WriteString(line)
	}
	return script.String()
}

// example runs a block as it is printed, but for the address.
func (s *server) example(dir, block string) ([]byte, error) {
	script := strings.ReplaceAll(announced(block), "http://127.0.0.1:8080", s.Root)
	c := exec.Command("bash", "-euo", "pipefail", "-c", checkedCurl+script)
	c.Dir, c.Env = dir, plain()
	return c.CombinedOutput()
}

// TestAPIExamples runs the examples of docs/api. A page stands alone, and its
// examples follow one another.
func TestAPIExamples(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob(filepath.Join("..", "docs", "api", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	s := startServer(t, newData(t), nil)
	for _, page := range pages {
		t.Run(filepath.Base(page), func(t *testing.T) {
			dir, blocks := t.TempDir(), examples(t, page)
			if len(blocks) == 0 {
				t.Error("the page has no example")
			}
			for _, block := range blocks {
				if out, err := s.example(dir, block); err != nil || len(out) == 0 {
					t.Errorf("%v\n%s\nof the example\n%s", err, out, block)
				}
			}
		})
	}
}

// TestExamplesCanFail sees that an example that answers something else than
// it says is found out.
func TestExamplesCanFail(t *testing.T) {
	t.Parallel()
	s := startServer(t, newData(t), nil)
	for block, good := range map[string]bool{
		"curl -s http://127.0.0.1:8080/fhir/metadata -o x":                                     true,
		"curl -s http://127.0.0.1:8080/fhir/Patient/none":                                      false,
		"# answers 404: no one\ncurl -s http://127.0.0.1:8080/fhir/Patient/none":               true,
		"# answers 410\ncurl -s http://127.0.0.1:8080/fhir/Patient/none":                       false,
		"# answers 404\n\ncurl -s http://127.0.0.1:8080/fhir/Patient/none":                     false,
		"# answers 404\n# else\ncurl -s http://127.0.0.1:8080/fhir/Patient/none":               false,
		"curl -s http://127.0.0.1:8080/fhir/Patient | grep nobody":                             false,
		"curl -s http://127.0.0.1:8080/fhir/Patient/none | grep found":                         false,
		"id=$(curl -s http://127.0.0.1:8080/fhir/Patient/none)":                                false,
		"# answers 404\ncurl -s http://127.0.0.1:8080/fhir/Patient/none | grep -o 'not-found'": true,
	} {
		if out, err := s.example(t.TempDir(), block); (err == nil) != good {
			t.Errorf("%v\n%s\nof the example\n%s", err, out, block)
		}
	}
}

// TestDocumentsLeadSomewhere follows the links between the documents, and
// sees that the index of docs/api names every page.
func TestDocumentsLeadSomewhere(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	pages, err := filepath.Glob(filepath.Join("..", "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	api, err := filepath.Glob(filepath.Join("..", "docs", "api", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{"README.md": true}
	for _, page := range append(pages, api...) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			to := filepath.Join(filepath.Dir(page), m[1])
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s leads to %s, which is not there", page, m[1])
			}
			if page == filepath.Join("..", "docs", "api", "README.md") {
				named[m[1]] = true
			}
		}
	}
	for _, page := range api {
		if !named[filepath.Base(page)] {
			t.Errorf("docs/api/README.md does not name %s", filepath.Base(page))
		}
	}
}
