package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/webdoctor/webdoctor/fhir/tree"
)

// each calls f, in four goroutines, for every n-th JSON file of an archive
// that want takes.
func (b *bench) each(archive string, n int, want func(name string) bool, f func(name string, body []byte) error) error {
	file, err := os.Open(filepath.Join(b.shared, "data", archive))
	if err != nil {
		return err
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	type job struct {
		name string
		body []byte
	}
	jobs := make(chan job)
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range 4 {
		wg.Go(func() {
			for j := range jobs {
				err := f(j.name, j.body)
				mu.Lock()
				b.check(err == nil, "%s: %v", j.name, err)
				mu.Unlock()
			}
		})
	}
	defer wg.Wait()
	defer close(jobs)
	for t, i := tar.NewReader(z), 0; b.ctx.Err() == nil; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg || !strings.HasSuffix(h.Name, ".json") || !want(h.Name) {
			continue
		}
		if i++; i%n != 0 {
			continue
		}
		body, err := io.ReadAll(t)
		if err != nil {
			return err
		}
		jobs <- job{h.Name, body}
	}
	return b.ctx.Err()
}

// sample is the step of a sample, 1 when everything is wanted.
func (b *bench) sample(step int) int {
	if b.full {
		return 1
	}
	return step
}

// wrong are examples that R4 itself forbids: elements that must be there are
// not, a hash is not base64, an id is too long, an invariant does not hold, a
// reference is to a type that it may not be to. docs/conformance.md says of
// each what is wrong.
var wrong = regexp.MustCompile(`(^r4-examples/(ig-r4|ImplementationGuide-fhir|Questionnaire-qs1` +
	`|SearchParameter-(valueset|codesystem)-extensions-(ValueSet|CodeSystem)-(author|keyword|workflow|effective|end)` +
	`|SearchParameter-questionnaireresponse-extensions-QuestionnaireResponse-item-subject)` +
	`|^r4-examples/(StructureDefinition-(FiveWs|Event|Definition|Request)|ActivityDefinition-(blood-tubes-supply|heart-valve-replacement)` +
	`|EventDefinition-example|Questionnaire-zika-virus-exposure-assessment|Observation-clinical-gender|MedicationRequest-medrx0301` +
	`|DeviceUseStatement-example|DeviceMetric-example|Bundle-hla-1)|validated_samples/(NL_Curavista_01|NZ_Peter_Jordan_AAA1234)` +
	`|^us-core-311/.*/DiagnosticReport-cardiology-report)\.json$`)

// examples puts the examples of the standard and of implementation guides
// into the server one by one, and reads each back.
func examples(b *bench) error {
	all := func(name string) bool { return path.Base(name) != "package.json" }
	guide := func(name string) bool {
		return strings.Contains(name, "/example/") && !strings.HasPrefix(path.Base(name), ".")
	}
	return errors.Join(
		b.each("r4-examples.tar.gz", b.sample(8), all, b.checked),
		b.each("us-core-311.tar.gz", b.sample(2), guide, b.checked),
		b.each("us-core-610.tar.gz", b.sample(2), guide, b.checked),
		b.each("ips-validated.tar.gz", 1, all, b.checked))
}

// checked sees that a good example is taken and a wrong one is not.
func (b *bench) checked(name string, body []byte) error {
	err := b.example(name, body)
	if !wrong.MatchString(name) {
		return err
	}
	if refused := (*refusal)(nil); !errors.As(err, &refused) {
		return fmt.Errorf("should be refused: %w", err)
	}
	return nil
}

// wrongExamples are taken by a server that does not look at them, and come back
// as they were, like the others.
func wrongExamples(b *bench) error {
	want := func(name string) bool { return wrong.MatchString(name) && !strings.Contains(name, longID) }
	return errors.Join(
		b.each("r4-examples.tar.gz", 1, want, b.example),
		b.each("us-core-311.tar.gz", 1, want, b.example))
}

// longID is in the name of the example whose id does not fit into a URL.
const longID = "QuestionnaireResponse-item-subject"

// refusal is the answer to a resource that is not taken.
type refusal struct {
	method string
	status int
	answer []byte
}

func (r *refusal) Error() string {
	return fmt.Sprintf("%s answers %d %.300s", r.method, r.status, r.answer)
}

// example stores one resource and compares what comes back.
func (b *bench) example(_ string, body []byte) error {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	d, err := tree.Parse(body)
	if err != nil {
		return fmt.Errorf("is not good JSON: %w", err)
	}
	typ, id := d.Text(d.Find("resourceType")), d.Text(d.Find("id"))
	method, url := "PUT", b.base+"/"+typ+"/"+id
	if id == "" {
		method, url = "POST", b.base+"/"+typ
	}
	status, header, answer, err := b.call(method, url, body)
	if err != nil {
		return err
	}
	if status != http.StatusCreated && status != http.StatusOK { // two guides may have an example of one id
		return &refusal{method, status, answer}
	}
	status, _, stored, err := b.call("GET", header.Get("Location"), nil)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("GET answers %d %.300s", status, stored)
	}
	if method == "POST" {
		return same(body, stored, "id")
	}
	return same(body, stored)
}

// transactions loads bundles whose entries refer to each other and compares
// every entry with what is stored, the new references put in.
func transactions(b *bench) error {
	all := func(string) bool { return true }
	return b.each("synthea-smart-am.tar.gz", b.sample(30), all, b.transaction)
}

func (b *bench) transaction(_ string, body []byte) error {
	status, _, answer, err := b.call("POST", b.base, body)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("POST answers %d %.300s", status, answer)
	}
	sent, err := tree.Parse(body)
	if err != nil {
		return err
	}
	got, err := tree.Parse(answer)
	if err != nil {
		return err
	}
	entries, responses := sent.Find("entry"), got.Find("entry")
	if n, m := sent.Count(entries), got.Count(responses); n != m {
		return fmt.Errorf("%d entries, %d responses", n, m)
	}
	var names []string // old name, new name, ...
	var locations []string
	next := got.Children(responses)
	var at []tree.Node
	for n := range next {
		at = append(at, n)
	}
	i := 0
	for entry := range sent.Children(entries) {
		location := got.Text(got.Get(got.Get(at[i], "response"), "location"))
		if k := strings.Index(location, "/fhir/"); k >= 0 {
			location = location[k+len("/fhir/"):]
		}
		locations = append(locations, location)
		current, _, _ := strings.Cut(location, "/_history/")
		if url := sent.Text(sent.Get(entry, "fullUrl")); url != "" {
			names = append(names, `"`+url+`"`, `"`+current+`"`)
		}
		i++
	}
	rename := strings.NewReplacer(names...)
	i = 0
	for entry := range sent.Children(entries) {
		status, _, stored, err := b.call("GET", b.base+"/"+locations[i], nil)
		if err != nil || status != http.StatusOK {
			return fmt.Errorf("entry %d: GET answers %d %w", i, status, err)
		}
		expected := []byte(rename.Replace(string(sent.Raw(sent.Get(entry, "resource")))))
		if err := same(expected, stored, "id"); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
		i++
	}
	return nil
}

// bigTransaction is the largest transaction of the data sets, allowed by the
// settings of its server. It needs minutes of a small machine, so that a
// sample of nothing else is taken.
func bigTransaction(b *bench) error {
	if !b.full {
		fmt.Println("   (with FULL=1 only)")
		return nil
	}
	post := func(_ string, body []byte) error {
		status, _, answer, err := b.call("POST", b.base, body)
		if err != nil {
			return err
		}
		if status != http.StatusOK {
			return fmt.Errorf("POST answers %d %.300s", status, answer)
		}
		return nil
	}
	// Those whom it refers to by their identifiers come in no data set.
	people := func(_ string, body []byte) error {
		known := map[string]bool{}
		for _, m := range conditional.FindAllSubmatch(body, -1) {
			if known[string(m[0])] {
				continue
			}
			known[string(m[0])] = true
			person := fmt.Sprintf(`{"resourceType":%q,"identifier":[{"system":%q,"value":%q}]}`, m[1], m[2], m[3])
			if status, _, answer, err := b.call("PUT", fmt.Sprintf("%s/%s?identifier=%s%%7C%s", b.base, m[1], m[2], m[3]), []byte(person)); err != nil || status >= 300 {
				return fmt.Errorf("PUT answers %d %.300s %w", status, answer, err)
			}
		}
		return nil
	}
	big := func(name string) bool { return strings.Contains(name, "/big-tx/") }
	return b.each("synthea-blaze.tar.gz", 1, big, func(name string, body []byte) error {
		return errors.Join(people(name, body), post(name, body))
	})
}

// conditional is a conditional reference by an identifier.
var conditional = regexp.MustCompile(`"([A-Za-z]+)\?identifier=([^|"]+)\|([^"]+)"`)

// call sends one request.
func (b *bench) call(method, url string, body []byte) (int, http.Header, []byte, error) {
	req, err := http.NewRequestWithContext(context.WithoutCancel(b.ctx), method, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	req.Header.Set("Content-Type", "application/fhir+json")
	req.Header.Set("Accept", "application/fhir+json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, res.Header, text, err
}
