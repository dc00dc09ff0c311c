package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// suite runs one of the suites and returns what it printed, whatever its exit
// code: what counts is decided here.
func (b *bench) suite(name string, args ...string) (string, error) {
	c := exec.CommandContext(b.ctx, "bash", append([]string{filepath.Join(b.shared, "suites", "run"), name, b.base}, args...)...)
	c.Env = append(os.Environ(), "SUITES_WORK="+filepath.Join(b.work, "suites"))
	var text bytes.Buffer
	c.Stdout = io.MultiWriter(&text, os.Stdout)
	c.Stderr = c.Stdout
	err := c.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		err = nil
	}
	return text.String(), err
}

var total = regexp.MustCompile(`TOTAL (?:bundles )?passed (\d+) / failed (\d+)`)

// totals reads the closing line of a suite.
func totals(text string) (passed, failed int, err error) {
	m := total.FindStringSubmatch(text)
	if m == nil {
		return 0, 0, errors.New("the suite did not come to its end")
	}
	passed, _ = strconv.Atoi(m[1])
	failed, _ = strconv.Atoi(m[2])
	return passed, failed, nil
}

// restConformance: no SHALL may fail or be skipped; a SHOULD that fails must
// be argued in docs/conformance.md, by its id.
func restConformance(b *bench) error {
	out := filepath.Join(b.work, "rest-conformance.json")
	if _, err := b.suite("rest-conformance", "--out", out); err != nil {
		return err
	}
	raw, err := os.ReadFile(out)
	if err != nil {
		return err
	}
	var report struct {
		Rows []struct{ ID, Level, Name, Result, Why string }
	}
	if err := json.Unmarshal(raw, &report); err != nil {
		return fmt.Errorf("read the report: %w", err)
	}
	argued, err := os.ReadFile(filepath.Join("docs", "conformance.md"))
	if err != nil {
		return err
	}
	for _, r := range report.Rows {
		switch {
		case r.Result == "pass":
			b.check(true, "")
		case r.Level == "SHALL":
			b.check(false, "%s %s %s: %s", r.Level, r.ID, r.Name, r.Why)
		case r.Result == "fail":
			b.check(bytes.Contains(argued, []byte("`"+r.ID+"`")), "%s %s %s: %s (and docs/conformance.md does not say why)", r.Level, r.ID, r.Name, r.Why)
		}
	}
	return nil
}

func patchCases(b *bench) error {
	text, err := b.suite("fhir-patch-cases")
	if err != nil {
		return err
	}
	passed, failed, err := totals(text)
	b.passed += passed
	if failed > 0 {
		b.check(false, "%d cases of FHIRPath Patch", failed)
	}
	return err
}

// laterClients are the checks of real-clients that need what WebDoctor does not
// have yet: the discovery of SMART.
var laterClients = []string{"smartAuthMetadata"}

func realClients(b *bench) error {
	text, err := b.suite("real-clients")
	if err != nil {
		return err
	}
	passed, _, err := totals(text)
	b.passed += passed
	for line := range strings.Lines(text) {
		name, failed := strings.CutPrefix(strings.TrimSpace(line), "FAIL")
		if !failed {
			continue
		}
		later := false
		for _, l := range laterClients {
			later = later || strings.Contains(name, l)
		}
		if !later {
			b.check(false, "%s", strings.TrimSpace(name))
		}
	}
	return err
}

func syntheaLoader(b *bench) error {
	args := []string{"--limit", "10"}
	if b.full {
		args = nil
	}
	text, err := b.suite("synthea-loader", args...)
	if err != nil {
		return err
	}
	passed, failed, err := totals(text)
	b.passed += passed
	if failed > 0 {
		b.check(false, "%d bundles were not loaded whole", failed)
	}
	return err
}
