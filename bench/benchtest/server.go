// Package benchtest is a FHIR server in memory, just able enough to be
// benched, for the tests of the bench: right unless it is told to be wrong.
package benchtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Server keeps every version of every resource. It is an [http.Handler] with
// the FHIR base /fhir.
type Server struct {
	// Before may answer a request itself, and says so.
	Before func(w http.ResponseWriter, r *http.Request) bool
	// Spoil changes what is stored as it is given out; nil for nothing.
	Spoil func(json []byte) []byte

	mu    sync.Mutex
	last  int
	keys  []string // in order of creation
	files map[string][]version

	parsed map[string]parsed
}

type version struct {
	method string
	json   []byte // nil for a deletion
	raw    []byte // of a Binary
	kind   string // its content type
}

// New is an empty server.
func New() *Server { return &Server{files: map[string][]version{}} }

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.Before != nil && s.Before(w, r) {
		return
	}
	path, inside := strings.CutPrefix(r.URL.Path, "/fhir")
	steps := strings.Split(strings.Trim(path, "/"), "/")
	body, err := io.ReadAll(r.Body)
	switch {
	case r.URL.Path == "/readyz":
		return
	case !inside || err != nil:
		w.WriteHeader(http.StatusNotFound)
	case path == "" || path == "/":
		s.bundle(w, body)
	case steps[0] == "metadata":
		reply(w, 200, `{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1","rest":[{"resource":[{"type":"Patient"}]}]}`)
	case len(steps) == 3 && steps[2] == "_history":
		s.history(w, steps[0]+"/"+steps[1])
	case len(steps) == 3 && steps[2] == "$everything":
		s.everything(w, steps[0]+"/"+steps[1])
	case len(steps) == 1 && r.Method == http.MethodGet:
		s.search(w, steps[0], r.URL.Query())
	case len(steps) == 1:
		s.write(w, r, steps[0], "", body)
	case r.Method == http.MethodPut:
		s.write(w, r, steps[0], steps[1], body)
	case r.Method == http.MethodDelete:
		s.mu.Lock()
		key := steps[0] + "/" + steps[1]
		s.files[key] = append(s.files[key], version{method: "DELETE"})
		s.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	default:
		s.read(w, r, steps[0]+"/"+steps[1])
	}
}

func reply(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/fhir+json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

func (s *Server) write(w http.ResponseWriter, r *http.Request, typ, id string, body []byte) {
	v, kind := version{method: r.Method}, r.Header.Get("Content-Type")
	if typ == "Binary" && !strings.Contains(kind, "fhir") {
		v.raw, v.kind, body = body, kind, []byte(`{"resourceType":"Binary","contentType":"`+kind+`"}`)
	}
	status := http.StatusOK
	if id == "" {
		status = http.StatusCreated
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key, n, err := s.put(typ, id, body, v)
	if err != nil {
		reply(w, http.StatusBadRequest, `{"resourceType":"OperationOutcome"}`)
		return
	}
	w.Header().Set("Location", fmt.Sprintf("http://%s/fhir/%s/_history/%d", r.Host, key, n))
	s.versioned(w, n)
	if strings.Contains(r.Header.Get("Prefer"), "minimal") {
		w.WriteHeader(status)
		return
	}
	reply(w, status, string(s.current(key).json))
}

func (s *Server) versioned(w http.ResponseWriter, n int) {
	w.Header().Set("ETag", fmt.Sprintf(`W/"%d"`, n))
	w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
}

// put appends a version and returns the key and the version's number.
func (s *Server) put(typ, id string, body []byte, v version) (key string, n int, err error) {
	if id == "" {
		s.last++
		id = strconv.Itoa(s.last)
	}
	key = typ + "/" + id
	n = len(s.files[key]) + 1
	if n == 1 {
		s.keys = append(s.keys, key)
	}
	if v.json, err = stamped(body, id, n); err != nil {
		return "", 0, err
	}
	s.files[key] = append(s.files[key], v)
	return key, n, nil
}

// stamped puts id, versionId and lastUpdated into a resource and keeps the
// rest byte for byte.
func stamped(body []byte, id string, n int) ([]byte, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("not an object")
	}
	meta := map[string]any{}
	var rest []string
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, err
		}
		switch name {
		case "id":
		case "meta":
			if err := json.Unmarshal(value, &meta); err != nil {
				return nil, err
			}
		default:
			rest = append(rest, fmt.Sprintf("%q:%s", name, value))
		}
	}
	meta["versionId"], meta["lastUpdated"] = strconv.Itoa(n), "2026-01-01T00:00:00.000Z"
	text, err := json.Marshal(meta)
	if err != nil {
		return nil, err
	}
	own := []string{fmt.Sprintf(`"id":%q`, id), `"meta":` + string(text)}
	return []byte("{" + strings.Join(slices.Insert(rest, 1, own...), ",") + "}"), nil
}

// current is the head as it is given out; its json is nil when there is none.
func (s *Server) current(key string) version {
	all := s.files[key]
	if len(all) == 0 {
		return version{}
	}
	v := all[len(all)-1]
	if s.Spoil != nil && v.json != nil {
		v.json = s.Spoil(v.json)
	}
	return v
}

func (s *Server) read(w http.ResponseWriter, r *http.Request, key string) {
	s.mu.Lock()
	v, n := s.current(key), len(s.files[key])
	s.mu.Unlock()
	if v.json == nil {
		reply(w, http.StatusGone, `{"resourceType":"OperationOutcome"}`)
		return
	}
	s.versioned(w, n)
	if v.raw != nil && !strings.Contains(r.Header.Get("Accept"), "fhir") {
		w.Header().Set("Content-Type", v.kind)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(v.raw))
		return
	}
	reply(w, http.StatusOK, string(v.json))
}

func (s *Server) history(w http.ResponseWriter, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var entries []string
	for _, v := range slices.Backward(s.files[key]) {
		if s.Spoil != nil && v.json != nil {
			v.json = s.Spoil(v.json)
		}
		entries = append(entries, fmt.Sprintf(`{"resource":%s,"request":{"method":%q,"url":%q},"response":{"status":"200"}}`, v.json, v.method, key))
	}
	reply(w, 200, fmt.Sprintf(`{"resourceType":"Bundle","type":"history","total":%d,"entry":[%s]}`, len(entries), strings.Join(entries, ",")))
}

// bundle takes transactions and batches of creates.
func (s *Server) bundle(w http.ResponseWriter, body []byte) {
	var b struct {
		Type  string
		Entry []struct {
			FullURL  string
			Resource json.RawMessage
			Request  struct{ URL string }
		}
	}
	if err := json.Unmarshal(body, &b); err != nil {
		reply(w, http.StatusBadRequest, `{"resourceType":"OperationOutcome"}`)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := make([]string, len(b.Entry))
	var pairs []string
	for i, e := range b.Entry {
		s.last++
		ids[i] = strconv.Itoa(s.last)
		if b.Type == "transaction" {
			pairs = append(pairs, e.FullURL, e.Request.URL+"/"+ids[i])
		}
	}
	resolve := strings.NewReplacer(pairs...)
	var answers []string
	for i, e := range b.Entry {
		resource := []byte(resolve.Replace(string(e.Resource)))
		key, n, err := s.put(e.Request.URL, ids[i], resource, version{method: "POST"})
		if err != nil {
			reply(w, http.StatusBadRequest, `{"resourceType":"OperationOutcome"}`)
			return
		}
		answers = append(answers, fmt.Sprintf(`{"response":{"status":"201 Created","location":"%s/_history/%d","etag":"W/\"%d\""}}`, key, n, n))
	}
	reply(w, 200, fmt.Sprintf(`{"resourceType":"Bundle","type":"%s-response","entry":[%s]}`, b.Type, strings.Join(answers, ",")))
}
