package storage_test

import (
	"strings"
	"testing"
)

// TestWalkFindsOnce: a resource with several values that stand at one place of
// the order is found once.
func TestWalkFindsOnce(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.put(
		`{"resourceType":"Patient","id":"p","name":[{"family":"Smith"},{"family":"SMITH"},{"family":"smith"}]}`,
		`{"resourceType":"Patient","id":"q","name":[{"family":"Smith"},{"family":"Adams"},{"family":"adams"}]}`,
		`{"resourceType":"CarePlan","id":"c","status":"active","intent":"plan","subject":{"reference":"Patient/p"},"activity":[
 {"detail":{"status":"completed","scheduledPeriod":{"start":"2024-01-01","end":"2024-02-01"}}},
 {"detail":{"status":"completed","scheduledPeriod":{"start":"2024-01-01","end":"2024-03-01"}}},
 {"detail":{"status":"completed","scheduledPeriod":{"end":"2024-03-01"}}}, {"detail":{"status":"completed","scheduledPeriod":{"end":"2024-04-01"}}}]}`,
		`{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"component":[
 {"code":{"text":"a"},"valueQuantity":{"value":120,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}},
 {"code":{"text":"b"},"valueQuantity":{"value":120,"unit":"/min","system":"http://unitsofmeasure.org","code":"/min"}},
 {"code":{"text":"c"},"valueQuantity":{"value":120.0}}, {"code":{"text":"d"},"valueQuantity":{"value":120,"comparator":">"}}]}`)
	for query, want := range map[string]string{
		"Patient?_sort=family":                                                       "Patient/q Patient/p",
		"Patient?_sort=name":                                                         "Patient/q Patient/p",
		"Patient?_sort=-family":                                                      "Patient/q Patient/p",
		"CarePlan?_sort=activity-date":                                               "CarePlan/c",
		"CarePlan?_sort=-activity-date":                                              "CarePlan/c",
		"CarePlan?activity-date=ge2020":                                              "CarePlan/c",
		"CarePlan?activity-date=ge2020&_sort=-activity-date":                         "CarePlan/c",
		"Observation?_sort=component-value-quantity":                                 "Observation/o",
		"Observation?_sort=-component-value-quantity":                                "Observation/o",
		"Observation?_sort=combo-value-quantity":                                     "Observation/o",
		"Observation?component-value-quantity=gt100&_sort=-component-value-quantity": "Observation/o",
	} {
		for _, query := range []string{query, query + "&_count=1"} {
			a, err := s.ask(everything, query)
			got := strings.Fields(a.String())
			if err != nil || len(got) != len(strings.Fields(want)) {
				t.Errorf("%s: %v %v, want %s", query, got, err, want)
			}
		}
	}
}

// TestTotalsOfLikeQueries: what is remembered of a count is never taken for
// that of another query, however alike the two are.
func TestTotalsOfLikeQueries(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.put(
		`{"resourceType":"Patient","id":"1","name":[{"family":"anna maria"}]}`,
		`{"resourceType":"Patient","id":"2","name":[{"family":"xanna mary"}]}`,
		`{"resourceType":"Patient","id":"3","name":[{"family":"lisa"}]}`)
	for range 2 {
		for query, want := range map[string]string{
			"Patient?family:contains=anna%20maria,lisa&_summary=count":     "total=2",
			"Patient?family:contains=anna,maria%20lisa&_summary=count":     "total=2",
			"Patient?family:contains=xanna,maria%20lisa&_summary=count":    "total=1",
			"Patient?family:contains=maria%20lisa,mary%20b&_summary=count": "total=0",
			"Patient?family:contains=maria,lisa%20mary%20b&_summary=count": "total=1",
		} {
			if a, err := s.ask(everything, query); err != nil || a.String() != want {
				t.Errorf("%s: %s %v, want %s", query, a, err, want)
			}
		}
	}
}
