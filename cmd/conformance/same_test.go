package main

import "testing"

func TestSame(t *testing.T) {
	t.Parallel()
	const sent = "{\n  \"resourceType\" : \"Basic\",\n  \"id\" : \"a\",\n  \"x\" : 1.50\n}\n"
	const withMeta = `{"resourceType":"Basic","id":"a","meta":{"profile":["p"],"versionId":"7"},"x":1.50}`
	for _, row := range []struct {
		name, sent, stored string
		own                []string
		equal              bool
	}{
		{"meta put in after id", sent, "{\n  \"resourceType\" : \"Basic\",\n  \"id\" : \"a\",\"meta\":{\"versionId\":\"1\",\"lastUpdated\":\"t\"},\n  \"x\" : 1.50\n}", nil, true},
		{"meta put in first", sent, "{\"meta\":{\"versionId\":\"1\",\"lastUpdated\":\"t\"},\n  \"resourceType\" : \"Basic\",\n  \"id\" : \"a\",\n  \"x\" : 1.50\n}", nil, true},
		{"values put in", withMeta, `{"resourceType":"Basic","id":"a","meta":{"profile":["p"],"versionId":"1","lastUpdated":"t"},"x":1.50}`, nil, true},
		{"id put in", `{"resourceType":"Basic","x":1}`, `{"resourceType":"Basic","id":"new","meta":{"versionId":"1","lastUpdated":"t"},"x":1}`, []string{"id"}, true},
		{"number rewritten", withMeta, `{"resourceType":"Basic","id":"a","meta":{"profile":["p"],"versionId":"1","lastUpdated":"t"},"x":1.5}`, nil, false},
		{"order changed", withMeta, `{"id":"a","resourceType":"Basic","meta":{"profile":["p"],"versionId":"1","lastUpdated":"t"},"x":1.50}`, nil, false},
		{"white space lost", sent, `{"resourceType":"Basic","id":"a","meta":{"versionId":"1","lastUpdated":"t"},"x":1.50}`, nil, false},
		{"id changed", withMeta, `{"resourceType":"Basic","id":"b","meta":{"profile":["p"],"versionId":"1","lastUpdated":"t"},"x":1.50}`, nil, false},
		{"something added", withMeta, `{"resourceType":"Basic","id":"a","meta":{"profile":["p"],"versionId":"1","lastUpdated":"t","tag":[]},"x":1.50}`, nil, false},
		{"no version", withMeta, `{"resourceType":"Basic","id":"a","meta":{"profile":["p"],"lastUpdated":"t"},"x":1.50}`, nil, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			if err := same([]byte(row.sent), []byte(row.stored), row.own...); (err == nil) != row.equal {
				t.Errorf("equal %v, got %v", row.equal, err)
			}
		})
	}
}
