package importer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/webdoctor/webdoctor/fhir/tree"
)

// request is one call of the REST API.
type request struct {
	method string
	path   string // below the base, "" for the base itself
	body   []byte
	key    string // Idempotency-Key, "" for none
	entry  int    // the entry of the document's bundle that it carries, -1 for all of the document
	count  int    // resources in it
}

// key names a change by its content, so that the same content is the same
// change whenever and from wherever it is imported.
func key(body []byte, part string) string {
	h := sha256.New()
	h.Write(body)
	h.Write([]byte(part))
	return "import-" + hex.EncodeToString(h.Sum(nil))
}

// answer is what became of a request.
type answer struct {
	status int
	taken  bool // it was carried out before
	issues []issue
}

func (a answer) ok() bool { return a.status >= 200 && a.status < 300 }

// issue is one line of an OperationOutcome.
type issue struct{ code, expression, text string }

// tries is how often a request is sent while the server says that it is not
// available, or cannot be reached.
const tries = 6

// send carries out one request, patiently. The error is that of a server that
// cannot be reached; the import ends with it.
func (i *Importer) send(ctx context.Context, r request) (answer, error) {
	var last error
	for try := range tries {
		if try > 0 {
			i.Log.Info("trying again", "try", try+1, "reason", fmt.Sprint(last))
		}
		a, wait, err := i.once(ctx, r)
		if err == nil && wait == 0 {
			return a, nil
		}
		if last = err; err == nil {
			last = fmt.Errorf("status %d", a.status)
		}
		if try == tries-1 && err == nil {
			return a, nil
		}
		select {
		case <-ctx.Done():
			return answer{}, ctx.Err()
		case <-time.After(max(wait, time.Duration(1<<try)*200*time.Millisecond)):
		}
	}
	return answer{}, fmt.Errorf("reach the server: %w", last)
}

// once sends the request one time. wait is set when the server asks to be
// asked again.
func (i *Importer) once(ctx context.Context, r request) (a answer, wait time.Duration, err error) {
	url := i.Base
	if r.path != "" {
		url += "/" + r.path
	}
	req, err := http.NewRequestWithContext(ctx, r.method, url, bytes.NewReader(r.body))
	if err != nil {
		return a, 0, err
	}
	req.Header.Set("Content-Type", "application/fhir+json")
	req.Header.Set("Accept", "application/fhir+json")
	req.Header.Set("Prefer", "return=minimal")
	if r.key != "" {
		req.Header.Set("Idempotency-Key", strconv.Quote(r.key))
	}
	res, err := i.Client.Do(req)
	if err != nil {
		return a, 0, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, MaxDocument))
	if err != nil {
		return a, 0, fmt.Errorf("read the answer: %w", err)
	}
	a.status = res.StatusCode
	if a.status == http.StatusServiceUnavailable || a.status == http.StatusTooManyRequests {
		wait = time.Second
		if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && s > 0 {
			wait = time.Duration(min(s, 30)) * time.Second
		}
	}
	a.read(body, r.entry >= 0)
	if a.status == http.StatusConflict && !a.taken {
		wait = 50 * time.Millisecond // somebody else came first; the next time it may be us, or it is known who was
	}
	return a, wait, nil
}

// read takes the issues out of the answer. The answer to a single entry of a
// batch is a bundle of one, whose own status counts.
func (a *answer) read(body []byte, single bool) {
	d, err := tree.Parse(body)
	if err != nil {
		return
	}
	outcome := d.Root()
	if single && a.ok() {
		response := d.Get(d.At(d.Find("entry"), 0), "response")
		status, _, _ := strings.Cut(d.Text(d.Get(response, "status")), " ")
		if code, err := strconv.Atoi(status); err == nil {
			a.status = code
		}
		outcome = d.Get(response, "outcome")
	}
	if a.ok() {
		return
	}
	for n := range d.Children(d.Get(outcome, "issue")) {
		if s := d.Text(d.Get(n, "severity")); s != "fatal" && s != "error" {
			continue
		}
		x := issue{code: d.Text(d.Get(n, "code")), text: d.Text(d.Get(n, "diagnostics"))}
		if x.text == "" {
			x.text = d.Text(d.Get(d.Get(n, "details"), "text"))
		}
		x.expression = d.Text(d.At(d.Get(n, "expression"), 0))
		a.issues = append(a.issues, x)
		if a.status == http.StatusConflict && x.code == "duplicate" {
			a.taken = true
		}
	}
}
