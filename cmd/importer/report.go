package importer

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"sync"

	"github.com/webdoctor/webdoctor/fhir"
)

// Report is what an import found and what became of it.
type Report struct {
	Found Sum // complete after the survey
	Done  Sum

	mu      sync.Mutex
	unread  []refusal         // documents that were not even sent
	refused map[int][]refusal // by document; a later try replaces the earlier
}

// refusal is one thing that was not taken, and why.
type refusal struct {
	name   string
	entry  int // of the bundle, -1 for the document
	status int // of the answer, 0 when there was none
	issue
}

func (r *Report) refuse(name string, entry int, x issue) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unread = append(r.unread, refusal{name: name, entry: entry, issue: x})
}

// record adds what became of a document.
func (r *Report) record(at int, done Sum, refused []refusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Done.Documents += done.Documents
	r.Done.Resources += done.Resources
	r.Done.Bytes += done.Bytes
	r.Done.Taken += done.Taken
	r.Done.Before += done.Before
	if r.refused == nil {
		r.refused = map[int][]refusal{}
	}
	if delete(r.refused, at); len(refused) > 0 {
		r.refused[at] = refused
	}
}

func (r *Report) show(f func(done, all Sum)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Done.Refused = len(r.unread) + len(r.refused)
	f(r.Done, r.Found)
}

// Refused is the number of documents of which something was not taken.
func (r *Report) Refused() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.unread) + len(r.refused)
}

// shown is how many places are named for each reason.
const shown = 5

// Write prints the report: the sums, then what was refused, grouped by
// reason, the most frequent reason first.
func (r *Report) Write(w io.Writer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(w, "taken in: %d resources", r.Done.Taken)
	if r.Done.Before > 0 {
		fmt.Fprintf(w, "; %d had been taken in before", r.Done.Before)
	}
	if r.Done.Passed > 0 {
		fmt.Fprintf(w, "; %d files are no FHIR resources", r.Done.Passed)
	}
	all := slices.Clone(r.unread)
	for _, at := range slices.Sorted(maps.Keys(r.refused)) {
		all = append(all, r.refused[at]...)
	}
	fmt.Fprintf(w, "; refused: %d\n", len(all))
	groups := map[string][]refusal{}
	for _, x := range all {
		groups[x.reason()] = append(groups[x.reason()], x)
	}
	reasons := slices.SortedFunc(maps.Keys(groups), func(a, b string) int {
		return cmp.Or(len(groups[b])-len(groups[a]), cmp.Compare(a, b))
	})
	for _, reason := range reasons {
		group := groups[reason]
		fmt.Fprintf(w, "\n%d × %s\n", len(group), reason)
		for _, x := range group[:min(len(group), shown)] {
			fmt.Fprintf(w, "  %s\n", x.where())
		}
		if more := len(group) - shown; more > 0 {
			fmt.Fprintf(w, "  and %d more\n", more)
		}
	}
}

// index is the position of an element, which differs within one reason.
var index = regexp.MustCompile(`\[\d+\]`)

// reason is what refusals of the same kind have in common.
func (x refusal) reason() string {
	s := ""
	if x.status != 0 {
		s = strconv.Itoa(x.status) + " "
	}
	if x.code != "" {
		s += x.code + ": "
	}
	s += index.ReplaceAllString(x.text, "[n]")
	if x.expression != "" {
		s += " (" + index.ReplaceAllString(x.expression, "[n]") + ")"
	}
	return s
}

func (x refusal) where() string {
	s := x.name
	if x.entry >= 0 {
		s += ", entry " + strconv.Itoa(x.entry)
	}
	if index.MatchString(x.expression) {
		s += ", " + x.expression
	}
	return s
}

// entryOf finds the entry of a bundle that an issue is about.
func entryOf(r request, x issue) int {
	if r.entry >= 0 {
		return r.entry
	}
	if m := regexp.MustCompile(`^Bundle\.entry\[(\d+)\]`).FindStringSubmatch(x.expression); m != nil {
		n, _ := strconv.Atoi(m[1])
		return n
	}
	return -1
}

func statusText(status int) string { return http.StatusText(status) }

// issueOf makes an issue of an error of our own.
func issueOf(err error) issue {
	if e, ok := errors.AsType[*fhir.Error](err); ok {
		return issue{code: string(e.Code), expression: e.Expression, text: e.Message}
	}
	return issue{text: err.Error()}
}
