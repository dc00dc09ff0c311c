package benchtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// search answers what the scenarios ask, and by looking at everything. Its
// pages go on behind a number of matches, since nobody writes meanwhile.
func (s *Server) search(w http.ResponseWriter, typ string, q url.Values) {
	s.mu.Lock()
	defer s.mu.Unlock()
	count, skip := 20, 0
	if n, err := strconv.Atoi(q.Get("_count")); err == nil {
		count = n
	}
	if n, err := strconv.Atoi(q.Get("skip")); err == nil {
		skip = n
	}
	var keys []string
	for _, key := range s.keys {
		if strings.HasPrefix(key, typ+"/") && s.matches(key, q) {
			keys = append(keys, key)
		}
	}
	s.sort(keys, q.Get("_sort"))
	total := len(keys)
	next := ""
	if skip+count < total {
		more := maps.Clone(q)
		more.Set("skip", strconv.Itoa(skip+count))
		next = fmt.Sprintf(`,{"relation":"next","url":"http://x/fhir/%s?%s"}`, typ, more.Encode())
	}
	keys = keys[min(skip, total):min(skip+count, total)]
	if q.Get("_summary") == "count" {
		keys = nil
	}
	var entries []string
	for _, key := range keys {
		entries = append(entries, s.entry(key, "match"))
	}
	for _, key := range s.included(keys, q) {
		entries = append(entries, s.entry(key, "include"))
	}
	reply(w, http.StatusOK, fmt.Sprintf(`{"resourceType":"Bundle","type":"searchset","total":%d,"link":[{"relation":"self","url":"x"}%s],"entry":[%s]}`,
		total, next, strings.Join(entries, ",")))
}

// sort orders by the begin of a time.
func (s *Server) sort(keys []string, by string) {
	name, falling := strings.CutPrefix(by, "-")
	p, known := parameters[name]
	if !known {
		return
	}
	slices.SortStableFunc(keys, func(a, b string) int {
		low, other := s.begin(p, a), s.begin(p, b)
		if falling {
			return other.Compare(low)
		}
		return low.Compare(other)
	})
}

// begin is when the first time that a parameter sees begins.
func (s *Server) begin(p parameter, key string) (low time.Time) {
	for _, v := range p.seen(s.object(key)) {
		low, _ = span(v)
		break
	}
	return low
}

func (s *Server) entry(key, mode string) string {
	return fmt.Sprintf(`{"fullUrl":"http://x/%s","resource":%s,"search":{"mode":"%s"}}`, key, s.current(key).json, mode)
}

// parsed is a resource that was looked at before.
type parsed struct {
	text []byte
	o    map[string]any
}

func (s *Server) object(key string) map[string]any {
	text := s.current(key).json
	if p, ok := s.parsed[key]; ok && bytes.Equal(p.text, text) {
		return p.o
	}
	p := parsed{text: text}
	_ = json.Unmarshal(text, &p.o)
	if s.parsed == nil {
		s.parsed = map[string]parsed{}
	}
	s.parsed[key] = p
	return p.o
}

// included is what the page brings along.
func (s *Server) included(keys []string, q url.Values) (found []string) {
	add := func(key string) {
		if !slices.Contains(found, key) && !slices.Contains(keys, key) {
			found = append(found, key)
		}
	}
	for _, key := range keys {
		o := s.object(key)
		for _, include := range q["_include"] {
			path := map[string]string{"Encounter:patient": "subject.reference", "Encounter:service-provider": "serviceProvider.reference",
				"DiagnosticReport:result": "result.reference"}[include]
			for _, ref := range at(o, path) {
				add(ref.(string))
			}
		}
		for _, include := range q["_revinclude"] {
			typ, _, _ := strings.Cut(include, ":")
			for _, other := range s.keys {
				if strings.HasPrefix(other, typ+"/") && reference(s.object(other), "subject") == key {
					add(other)
				}
			}
		}
	}
	return found
}

func reference(o map[string]any, member string) string {
	r, _ := o[member].(map[string]any)
	ref, _ := r["reference"].(string)
	return ref
}

// everything answers with the patient, what refers to it, and the hospital and
// doctor of its encounters.
func (s *Server) everything(w http.ResponseWriter, patient string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[string]bool{patient: true}
	for _, key := range s.keys {
		o := s.object(key)
		if reference(o, "subject") != patient && reference(o, "patient") != patient {
			continue
		}
		found[key] = true
		for _, ref := range slices.Concat(at(o, "participant.individual.reference"), at(o, "serviceProvider.reference")) {
			found[ref.(string)] = true
		}
	}
	var entries []string
	for _, key := range slices.Sorted(maps.Keys(found)) {
		entries = append(entries, s.entry(key, "match"))
	}
	reply(w, http.StatusOK, `{"resourceType":"Bundle","type":"searchset","link":[{"relation":"self","url":"x"}],"entry":[`+strings.Join(entries, ",")+`]}`)
}
