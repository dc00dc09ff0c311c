package storage

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestDictionaryIsFrozen: what is stored cannot be read with another one.
func TestDictionaryIsFrozen(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256(dictionary1)
	if got := hex.EncodeToString(sum[:]); got != "b78f5087dcfb97ed720d60405b99f2cd331abf84d94ea80ed752c51faee1e021" {
		t.Errorf("dictionary 1 has changed: %s", got)
	}
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
		stored := c.encode(src)
		got, err := c.decode(stored)
		if err != nil || !bytes.Equal(got, src) || got == nil {
			t.Errorf("%s: %d bytes became %d: %v", name, len(src), len(got), err)
		}
		if len(stored) > len(src)+1 {
			t.Errorf("%s: %d bytes take %d", name, len(src), len(stored))
		}
	}
	if c.encode(nil) != nil {
		t.Error("a deletion has content")
	}
	for name, bad := range map[string][]byte{"nothing": {}, "unknown": {9, 1, 2}, "cut": c.encode(bytes.Repeat([]byte("abcd"), 200))[:20]} {
		if _, err := c.decode(bad); err == nil {
			t.Errorf("%s was decoded", name)
		}
	}
}

func BenchmarkCodec(b *testing.B) {
	c, err := newCodec()
	if err != nil {
		b.Fatal(err)
	}
	src := []byte(`{"resourceType":"Observation","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"8867-4","display":"Heart rate"}]},"subject":{"reference":"Patient/1"},"effectiveDateTime":"2020-01-01T00:00:00Z","valueQuantity":{"value":72.50,"unit":"/min","system":"http://unitsofmeasure.org","code":"/min"}}`)
	stored := c.encode(src)
	b.Logf("%d bytes, stored %d", len(src), len(stored))
	b.Run("encode", func(b *testing.B) {
		for b.Loop() {
			c.encode(src)
		}
	})
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.decode(stored); err != nil {
				b.Fatal(err)
			}
		}
	})
}
