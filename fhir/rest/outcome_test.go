package rest_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
)

// codes reads every constant of type Code from the vocabulary, so that a new
// one without a row in the table is found.
func codes(t *testing.T) []fhir.Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../error.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []fhir.Code
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if id, ok := v.Type.(*ast.Ident); ok && id.Name == "Code" {
			s, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, fhir.Code(s))
		}
		return true
	})
	if len(out) < 20 {
		t.Fatalf("found %d codes only", len(out))
	}
	return out
}

// TestOutcomeTable is the table as clients see it; testdata/outcomes.txt is
// to be read.
func TestOutcomeTable(t *testing.T) {
	t.Parallel()
	f := newFake()
	app := serve(f)
	var b strings.Builder
	for _, code := range codes(t) {
		f.fail = fmt.Errorf("somewhere: %w", &fhir.Error{Code: code, Message: "what is said", Expression: "the.place", Err: errors.New("secret")})
		a := ask(t, app, "GET", "/Patient/1", "")
		issue, text, place := a.outcome()
		if text != "what is said" || place != "the.place" || strings.Contains(a.body, "secret") {
			t.Errorf("%s: %s", code, a.body)
		}
		fmt.Fprintf(&b, "%-18s %d %-18s retry=%s authenticate=%s\n", code, a.status, issue, a.header.Get("Retry-After"), a.header.Get("WWW-Authenticate"))
	}
	const name = "testdata/outcomes.txt"
	if *update {
		if err := os.WriteFile(name, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("%s differs:\n%s", name, b.String())
	}
}

func TestErrorsThatAreNotForCallers(t *testing.T) {
	t.Parallel()
	f := newFake()
	app := serve(f)
	for name, c := range map[string]struct {
		err    error
		status int
		code   string
	}{
		"unknown":        {errors.New("password=hunter2"), 500, "exception"},
		"unknown code":   {&fhir.Error{Code: "made-up", Message: "m"}, 500, "made-up"},
		"deadline":       {fmt.Errorf("read: %w", context.DeadlineExceeded), 503, "timeout"},
		"client is gone": {fmt.Errorf("read: %w", context.Canceled), 503, "transient"},
	} {
		f.fail = c.err
		a := ask(t, app, "GET", "/Patient/1", "").is(c.status)
		if code, _, _ := a.outcome(); code != c.code || strings.Contains(a.body, "hunter2") {
			t.Errorf("%s: %s", name, a.body)
		}
	}
	f.fail = &fhir.Error{Code: fhir.Unavailable, Message: "busy", RetryAfter: 1500 * time.Millisecond}
	ask(t, app, "GET", "/Patient/1", "").is(503).has("Retry-After", "2")
	f.fail = &fhir.Error{Code: fhir.Conflict, Message: "lost", RetryAfter: time.Second}
	ask(t, app, "GET", "/Patient/1", "").is(409).has("Retry-After", "1")
}

func TestIssues(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.fail = &fhir.Error{Code: fhir.Unprocessable, Message: "two things", Issues: []fhir.Issue{
		{Code: fhir.Value, Message: "one \"thing\"", Expression: "a.b"},
		{Severity: "warning", Code: "informational", Message: "another"},
	}}
	got := ask(t, serve(f), "GET", "/Patient/1", "").is(422)
	want := `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"value","diagnostics":"one \"thing\"","expression":["a.b"]},{"severity":"warning","code":"informational","diagnostics":"another"}]}`
	if got.body != want {
		t.Errorf("%s", got.body)
	}
}

func TestPanicIsAnswered(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.read = func(context.Context, fhir.Key) (fhir.Resource, error) { panic("secret") }
	app := serve(f)
	got := ask(t, app, "GET", "/Patient/1", "").is(500)
	if code, _, _ := got.outcome(); code != "exception" || strings.Contains(got.body, "secret") {
		t.Errorf("%s", got.body)
	}
	f.read = nil
	ask(t, app, "GET", "/Patient/1", "").is(404)
}

func TestOutsideTheMount(t *testing.T) {
	t.Parallel()
	app := serve(newFake())
	for _, url := range []string{"x/Patient", "/../nothing"} {
		code, _, _ := ask(t, app, "GET", url, "").is(404).outcome()
		if code != "not-found" {
			t.Errorf("%s: %s", url, code)
		}
	}
}
