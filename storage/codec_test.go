package storage

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/webdoctor/webdoctor/fhir"
)

// TestDictionaryIsFrozen: what is stored cannot be read with another one.
func TestDictionaryIsFrozen(t *testing.T) {
	t.Parallel()
	for i, frozen := range []struct {
		dictionary []byte
		sum        string
	}{
		{dictionary1, "b78f5087dcfb97ed720d60405b99f2cd331abf84d94ea80ed752c51faee1e021"},
		{dictionary2, "edf89dd06413e4ea936f3457fb332a1a8782088908a18f502969e050e210fa26"},
	} {
		sum := sha256.Sum256(frozen.dictionary)
		if got := hex.EncodeToString(sum[:]); got != frozen.sum {
			t.Errorf("dictionary %d has changed: %s", i+1, got)
		}
	}
}

// TestCodecReadsWhatEarlierReleasesWrote: contents stay as they were written.
func TestCodecReadsWhatEarlierReleasesWrote(t *testing.T) {
	t.Parallel()
	c, err := newCodec()
	if err != nil {
		t.Fatal(err)
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderDictRaw(1, dictionary1))
	if err != nil {
		t.Fatal(err)
	}
	src := []byte(`{"resourceType":"Observation","id":"` + row.id + `",` + strings.Repeat(`"status":"final",`, 40) + `"z":1.10}`)
	got, err := c.decode(enc.EncodeAll(src, []byte{encodingZstd}), row)
	if err != nil || !bytes.Equal(got, src) {
		t.Errorf("got %s, %v", got, err)
	}
}

// row is one like those of most versions.
var row = own{id: "01a20d8b-ac4d-733a-a2ba-093bd98c6dce", updated: time.Date(2026, 11, 24, 12, 33, 7, 149_000_000, time.UTC)}

// FuzzCodec: whatever the row says, and whatever the bytes are, they come back.
func FuzzCodec(f *testing.F) {
	c, err := newCodec()
	if err != nil {
		f.Fatal(err)
	}
	head := `{"resourceType":"Observation","id":"` + row.id + `","meta":{"versionId":"1","lastUpdated":"2026-11-24T12:33:07.149Z"},"status":"final"`
	for _, id := range []string{row.id, "1", "2026-11-24T", "20d8b-ac4d", "11111111111"} {
		f.Add([]byte(head+`,"basedOn":[{"reference":"ServiceRequest/`+row.id+`"}]}`), id, row.updated.UnixMilli())
		f.Add([]byte(head+"\x01\x02}"), id, row.updated.UnixMilli())
	}
	f.Fuzz(func(t *testing.T, src []byte, id string, updated int64) {
		if !fhir.ValidID(id) {
			return
		}
		row := own{id, time.UnixMilli(updated)}
		if got, err := c.decode(c.encode(src, row), row); err != nil || !bytes.Equal(got, src) {
			t.Errorf("%q became %q: %v", src, got, err)
		}
	})
}

func TestCodecKeepsBytes(t *testing.T) {
	t.Parallel()
	c, err := newCodec()
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	noise := make([]byte, 5000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	for name, src := range map[string][]byte{
		"short": []byte("{}"), "empty": {}, "noise": noise, "repetition": bytes.Repeat([]byte("ab"), 1<<20),
		"resource": []byte(`{"resourceType":"Observation","status":"final",` + strings.Repeat(`"x":"y",`, 40) + `"z":1.10}`),
	} {
		stored := c.encode(src, row)
		got, err := c.decode(stored, row)
		if err != nil || !bytes.Equal(got, src) || got == nil {
			t.Errorf("%s: %d bytes became %d: %v", name, len(src), len(got), err)
		}
		if len(stored) > len(src)+1 {
			t.Errorf("%s: %d bytes take %d", name, len(src), len(stored))
		}
	}
	if c.encode(nil, row) != nil {
		t.Error("a deletion has content")
	}
	for name, bad := range map[string][]byte{"nothing": {}, "unknown": {9, 1, 2}, "cut": c.encode(bytes.Repeat([]byte("abcd"), 200), row)[:20]} {
		if _, err := c.decode(bad, row); err == nil {
			t.Errorf("%s was decoded", name)
		}
	}
}

func BenchmarkCodec(b *testing.B) {
	c, err := newCodec()
	if err != nil {
		b.Fatal(err)
	}
	src := []byte(`{"resourceType":"Observation","id":"` + row.id + `","meta":{"versionId":"1","lastUpdated":"2026-11-24T12:33:07.149Z"},"status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"8867-4","display":"Heart rate"}]},"subject":{"reference":"Patient/1"},"effectiveDateTime":"2020-01-01T00:00:00Z","valueQuantity":{"value":72.50,"unit":"/min","system":"http://unitsofmeasure.org","code":"/min"}}`)
	stored := c.encode(src, row)
	b.Logf("%d bytes, stored %d", len(src), len(stored))
	b.Run("encode", func(b *testing.B) {
		for b.Loop() {
			c.encode(src, row)
		}
	})
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.decode(stored, row); err != nil {
				b.Fatal(err)
			}
		}
	})
}
