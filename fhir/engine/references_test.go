package engine_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
)

// put is an update of one resource.
func put(json string) fhir.Change {
	typ, rest, _ := strings.Cut(strings.TrimPrefix(json, `{"resourceType":"`), `","id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	return fhir.Change{Method: fhir.PUT, Key: fhir.Key{Type: typ, ID: id}, JSON: []byte(json)}
}

func remove(typ, id string) fhir.Change {
	return fhir.Change{Method: fhir.DELETE, Key: fhir.Key{Type: typ, ID: id}}
}

// TestReferences: what is written points at what is there when it is
// committed.
func TestReferences(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	e.References = true
	e.Params.Base = "http://own.example/fhir"
	in := func(i string, c fhir.Change) fhir.Change { c.At = "Bundle.entry[" + i + "]"; return c }
	const about = `{"resourceType":"Basic","id":"b","subject":{"reference":"`
	for _, c := range []struct {
		name    string
		changes []fhir.Change
		at      string // where the error is, "" for none
	}{
		{"nobody there", []fhir.Change{put(about + `Patient/p"}}`)}, "Basic.subject.reference"},
		{"elsewhere", []fhir.Change{put(about + `http://other.example/fhir/Patient/p"}}`)}, ""},
		{"nobody here, by the whole URL", []fhir.Change{put(about + `http://own.example/fhir/Patient/p"}}`)}, "Basic.subject.reference"},
		{"itself", []fhir.Change{put(about + `Basic/b"}}`)}, ""},
		{"in the same transaction", []fhir.Change{in("0", put(about+`Patient/q"}}`)), in("1", put(`{"resourceType":"Patient","id":"q"}`))}, ""},
		{"not in the same transaction", []fhir.Change{in("0", put(`{"resourceType":"Patient","id":"q"}`)), in("1", put(about+`Patient/p"}}`))}, "Bundle.entry[1].resource.subject.reference"},
		{"somebody there", []fhir.Change{put(`{"resourceType":"Basic","id":"c","subject":{"reference":"Patient/q/_history/1"}}`)}, ""},
		{"deleted in the same transaction", []fhir.Change{in("0", remove("Patient", "q")), in("1", put(`{"resourceType":"Basic","id":"d","subject":{"reference":"Patient/q"}}`))}, "Bundle.entry[1].resource.subject.reference"},
		{"deleted though pointed at", []fhir.Change{remove("Patient", "q")}, ""},
		{"pointed at before it was deleted", []fhir.Change{put(`{"resourceType":"Basic","id":"c","subject":{"reference":"Patient/q"},"code":{"text":"x"}}`)}, ""},
		{"pointed at after it was deleted", []fhir.Change{put(`{"resourceType":"Basic","id":"e","subject":{"reference":"Patient/q"}}`)}, "Basic.subject.reference"},
		{"patched to nobody", []fhir.Change{{Method: fhir.PATCH, Key: fhir.Key{Type: "Basic", ID: "c"}, ContentType: "application/json-patch+json", JSON: []byte(`[{"op":"add","path":"/author","value":{"reference":"Practitioner/p"}}]`)}}, "Basic.author.reference"},
		{"patched elsewhere", []fhir.Change{{Method: fhir.PATCH, Key: fhir.Key{Type: "Basic", ID: "c"}, ContentType: "application/json-patch+json", JSON: []byte(`[{"op":"add","path":"/code","value":{"text":"y"}}]`)}}, ""},
		{"within", []fhir.Change{put(`{"resourceType":"Basic","id":"f","contained":[{"resourceType":"Patient","id":"p"}],"subject":{"reference":"#p"}}`)}, ""},
	} {
		_, err := e.Commit(t.Context(), c.changes...) // one after the other
		f, refused := errors.AsType[*fhir.Error](err)
		switch {
		case c.at == "" && err != nil, c.at != "" && (!refused || f.Code != fhir.Unprocessable || f.Expression != c.at):
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
