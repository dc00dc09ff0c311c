package benchtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// search answers what the scenarios ask, and by looking at everything.
func (s *Server) search(w http.ResponseWriter, typ string, q url.Values) {
	s.mu.Lock()
	defer s.mu.Unlock()
	count := 20
	if n, err := strconv.Atoi(q.Get("_count")); err == nil {
		count = n
	}
	var keys []string
	for _, key := range s.keys {
		if strings.HasPrefix(key, typ+"/") && s.matches(key, q) {
			keys = append(keys, key)
		}
	}
	total := len(keys)
	keys = keys[:min(count, total)]
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
	reply(w, http.StatusOK, fmt.Sprintf(`{"resourceType":"Bundle","type":"searchset","total":%d,"link":[{"relation":"self","url":"x"}],"entry":[%s]}`,
		total, strings.Join(entries, ",")))
}

func (s *Server) entry(key, mode string) string {
	return fmt.Sprintf(`{"fullUrl":"http://x/%s","resource":%s,"search":{"mode":"%s"}}`, key, s.current(key).json, mode)
}

func (s *Server) object(key string) (o map[string]any) {
	_ = json.Unmarshal(s.current(key).json, &o)
	return o
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
			member := map[string]string{"Encounter:patient": "subject", "Encounter:service-provider": "serviceProvider"}[include]
			if ref := reference(o, member); ref != "" {
				add(ref)
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
		for _, other := range s.keys {
			if typ, _, _ := strings.Cut(other, "/"); (typ == "Organization" || typ == "Practitioner") && strings.Contains(string(s.current(key).json), `"`+other+`"`) {
				found[other] = true
			}
		}
	}
	var entries []string
	for _, key := range slices.Sorted(maps.Keys(found)) {
		entries = append(entries, s.entry(key, "match"))
	}
	reply(w, http.StatusOK, `{"resourceType":"Bundle","type":"searchset","link":[{"relation":"self","url":"x"}],"entry":[`+strings.Join(entries, ",")+`]}`)
}

func (s *Server) matches(key string, q url.Values) bool {
	o := s.object(key)
	for name, values := range q {
		v := values[0]
		ok := true
		switch name {
		case "_id":
			ok = o["id"] == v
		case "identifier":
			ok = has(o["identifier"], "system", "value", v)
		case "code":
			code, _ := o["code"].(map[string]any)
			ok = has(code["coding"], "system", "code", v)
		case "category":
			ok = slices.Contains(words(o["category"]), v)
		case "date":
			date, _ := o["effectiveDateTime"].(string)
			for _, v := range values {
				if from, after := strings.CutPrefix(v, "ge"); after {
					ok = ok && date >= from
				} else if to, before := strings.CutPrefix(v, "lt"); before {
					ok = ok && date < to
				}
			}
		case "value-quantity":
			value, _ := o["valueQuantity"].(map[string]any)
			n, _ := value["value"].(float64)
			least, _ := strconv.ParseFloat(strings.TrimPrefix(v, "gt"), 64)
			ok = n > least
		case "subject:Patient.name":
			ok = called(s.object(reference(o, "subject")), v)
		case "_has:Condition:patient:code":
			ok = slices.ContainsFunc(s.keys, func(other string) bool {
				c := s.object(other)
				code, _ := c["code"].(map[string]any)
				return strings.HasPrefix(other, "Condition/") && reference(c, "subject") == key && has(code["coding"], "system", "code", v)
			})
		case "patient":
			ok = reference(o, "subject") == "Patient/"+v
		case "birthdate":
			birth, _ := o["birthDate"].(string)
			ok = birth >= strings.TrimPrefix(v, "ge")
		case "name":
			ok = called(o, v)
		}
		if !ok {
			return false
		}
	}
	return true
}

// called says whether a part of a person's name begins so.
func called(o map[string]any, text string) bool {
	return slices.ContainsFunc(words(o["name"]), func(s string) bool { return strings.HasPrefix(strings.ToLower(s), strings.ToLower(text)) })
}

// has says whether one of the objects of a list is system|code.
func has(list any, system, code, want string) bool {
	all, _ := list.([]any)
	return slices.ContainsFunc(all, func(x any) bool {
		o, _ := x.(map[string]any)
		return fmt.Sprintf("%v|%v", o[system], o[code]) == want
	})
}

// words is all strings below a value.
func words(v any) (found []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, x := range v {
			found = append(found, words(x)...)
		}
	case map[string]any:
		for _, x := range v {
			found = append(found, words(x)...)
		}
	}
	return found
}
