package engine

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

func TestStamp(t *testing.T) {
	k := fhir.Key{Type: "Patient", ID: "7", Version: 2}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)
	const own = `"versionId":"2","lastUpdated":"2026-01-02T03:04:05.006Z"`
	for name, c := range map[string]struct{ in, out string }{
		"nothing there":    {`{"resourceType":"Patient","active":true}`, `{"resourceType":"Patient","id":"7","meta":{` + own + `},"active":true}`},
		"id kept in place": {`{"active":true,"id":"7","resourceType":"Patient"}`, `{"active":true,"id":"7","meta":{` + own + `},"resourceType":"Patient"}`},
		"id replaced":      {`{"resourceType":"Patient","id":"x"}`, `{"resourceType":"Patient","id":"7","meta":{` + own + `}}`},
		"empty meta":       {`{"resourceType":"Patient","id":"7","meta":{}}`, `{"resourceType":"Patient","id":"7","meta":{` + own + `}}`},
		"tags kept":        {`{"resourceType":"Patient","id":"7","meta":{"tag":[{"code":"a"}]}}`, `{"resourceType":"Patient","id":"7","meta":{` + own + `,"tag":[{"code":"a"}]}}`},
		"own values lost":  {`{"resourceType":"Patient","id":"7","meta":{"lastUpdated" : "x","versionId":"99"}}`, `{"resourceType":"Patient","id":"7","meta":{"lastUpdated" : "2026-01-02T03:04:05.006Z","versionId":"2"}}`},
		"half of them":     {`{"resourceType":"Patient","id":"7","meta":{"lastUpdated":"x"}}`, `{"resourceType":"Patient","id":"7","meta":{"versionId":"2","lastUpdated":"2026-01-02T03:04:05.006Z"}}`},
		"white space kept": {"{\n  \"resourceType\" : \"Patient\" ,\n  \"x\" : 1.10\n}", "{\n  \"resourceType\" : \"Patient\",\"id\":\"7\",\"meta\":{" + own + "} ,\n  \"x\" : 1.10\n}"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := tree.Parse([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			edits, err := stamp(d, k, at)
			if err != nil {
				t.Fatal(err)
			}
			got := string(tree.Splice(d.Bytes(), edits...))
			if got != c.out {
				t.Errorf("got  %s\nwant %s", got, c.out)
			}
			if _, err := tree.Parse([]byte(got)); err != nil {
				t.Error(err)
			}
		})
	}
	for _, bad := range []string{`{"resourceType":"Patient","id":7}`, `{"resourceType":"Patient","meta":[]}`, `{"resourceType":"Patient","meta":null}`} {
		d, _ := tree.Parse([]byte(bad))
		if _, err := stamp(d, k, at); fhir.CodeOf(err) != fhir.Malformed {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// TestCut holds the law of objects: filling the holes gives the bytes back.
func TestCut(t *testing.T) {
	one, two := base64.StdEncoding.EncodeToString([]byte("first")), base64.StdEncoding.EncodeToString([]byte("and the second"))
	d, err := tree.Parse([]byte(`{"resourceType":"X","id":"old","content":[{"data":"` + one + `"},{"data":"` + two + `"}],"last":true}`))
	if err != nil {
		t.Fatal(err)
	}
	edits, err := stamp(d, fhir.Key{Type: "X", ID: "a-longer-id", Version: 12}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	item := func(i int) tree.Node { return d.Get(d.At(d.Find("content"), i), "data") }
	out, blobs := cut(d, edits, []hole{{item(0), Object{Size: 1}}, {item(1), Object{Size: 2}}})
	if len(blobs) != 2 || blobs[0].Object.Size != 1 {
		t.Fatalf("%+v", blobs)
	}
	whole := string(out[:blobs[0].Offset]) + one + string(out[blobs[0].Offset:blobs[1].Offset]) + two + string(out[blobs[1].Offset:])
	if want := string(tree.Splice(d.Bytes(), edits...)); whole != want {
		t.Errorf("got  %s\nwant %s", whole, want)
	}
	if strings.Contains(string(out), one) || strings.Contains(string(out), two) {
		t.Error("the holes are not empty")
	}
}

func TestCanonical(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "QQ==": true, "QUI=": true, "QUJD": true, "QUJ": false, "QR==": false, "QUJD\n": false,
		"QUJD QUJD": false, "QU=D": false, "Q===": false, "QU_D": false, "QUJDQQ==": true, `QUJD\/A=`: false,
	} {
		if got := canonical([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestSpan(t *testing.T) {
	for _, c := range []struct {
		start, length, from, n int64
		ok                     bool
	}{{0, -1, 0, 10, true}, {0, 4, 0, 4, true}, {8, 100, 8, 2, true}, {-3, -1, 7, 3, true}, {-30, -1, 0, 10, true}, {10, -1, 0, 0, false}, {3, 0, 0, 0, false}} {
		from, n, err := span(&fhir.ByteRange{Start: c.start, Length: c.length}, 10)
		if from != c.from || n != c.n || (err == nil) != c.ok {
			t.Errorf("%+v: %d %d %v", c, from, n, err)
		}
	}
}

func TestTagVersion(t *testing.T) {
	for tag, want := range map[string]int{`W/"3"`: 3, `"3"`: 3, "3": 3, `W/"x"`: -1, "": -1, `W/"`: -1, ` W/"12" `: 12} {
		if got := tagVersion(tag); got != want {
			t.Errorf("%q: %d", tag, got)
		}
	}
}
