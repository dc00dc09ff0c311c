package benchtest

import (
	"encoding/json"
	"fmt"
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
		if strings.HasPrefix(key, typ+"/") && matches(s.object(key), q) {
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

func matches(o map[string]any, q url.Values) bool {
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
		case "patient":
			ok = reference(o, "subject") == "Patient/"+v
		case "birthdate":
			birth, _ := o["birthDate"].(string)
			ok = birth >= strings.TrimPrefix(v, "ge")
		case "name":
			ok = slices.ContainsFunc(words(o["name"]), func(s string) bool {
				return strings.HasPrefix(strings.ToLower(s), strings.ToLower(v))
			})
		}
		if !ok {
			return false
		}
	}
	return true
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
