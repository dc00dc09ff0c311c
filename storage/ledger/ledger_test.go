package ledger_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/storage/ledger"
)

// TestTree: the root is the one of another implementation, at every size, and
// a tree that was put away goes on as if it had not been.
func TestTree(t *testing.T) {
	t.Parallel()
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, i := range indexes {
			out = append(out, stored[i])
		}
		return out, nil
	})
	tree := &ledger.Tree{}
	for n := range int64(300) {
		want, err := tlog.TreeHash(n, reader)
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 && tree.Root() != want {
			t.Fatalf("another root at %d", n)
		}
		leaf := fmt.Appendf(nil, "leaf %d", n)
		more, err := tlog.StoredHashes(n, leaf, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, more...)
		if tree, err = ledger.Unmarshal(tree.Size(), tree.Marshal()); err != nil {
			t.Fatal(err)
		}
		tree.Add(ledger.Hash(leaf))
	}
	if _, err := ledger.Unmarshal(3, make([]byte, 32)); err == nil {
		t.Error("a tree of three leaves has two hashes")
	}
}

// TestLeaf: the form is canonical, and everything comes back.
func TestLeaf(t *testing.T) {
	t.Parallel()
	e := fhir.Event{ID: "0193", At: at(1), Deed: "read", Name: "n\"\\\x01\té", Failure: fhir.NotFound, Type: "Observation",
		Actor:   fhir.Actor{Client: "app", OnBehalfOf: "Organization/1"},
		Request: fhir.Request{ID: "r", Address: "10.0.0.1", Account: "a", Token: "t", Purpose: "TREAT"},
		Entity:  fhir.Key{Type: "Observation", ID: "o", Version: 3}, Account: "b", Detail: "staff", Query: "a=b&c=\xffd", Reasons: []string{"p", "q"}}
	l := ledger.Leaf{Seq: 7, Logged: at(2), Event: e, Actor: ledger.Pseudonym{1}, Patient: ledger.Pseudonym{2}, Private: ledger.Private(nil, &e, [16]byte{9})}
	text := l.Append(nil)
	var any map[string]any
	if err := json.Unmarshal(text, &any); err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer // sorts, and escapes as little where HTML is left alone
	enc := json.NewEncoder(&again)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(any); err != nil || strings.TrimSpace(again.String()) != string(text) {
		t.Errorf("not canonical: %s\n%s", text, again.String())
	}
	back, err := ledger.Read(text, l.Private)
	if err != nil {
		t.Fatal(err)
	}
	e.Query = "a=b&c=\uFFFDd"
	l.Event = e
	if fmt.Sprintf("%+v", back) != fmt.Sprintf("%+v", l) {
		t.Errorf("%+v\nis not %+v", back, l)
	}
	if p, err := ledger.ParsePseudonym("x"); err == nil {
		t.Error(p)
	}
	for _, bad := range []string{``, `{}`, `[]`, `{"at":"x"}`, `{"at":"2026-01-01T00:00:00Z","logged":"2026-01-01T00:00:00Z","actor":"?"}`} {
		if _, err := ledger.Read([]byte(bad), nil); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func at(n int) time.Time { return time.Date(2026, 1, 2, 3, 4, n, 0, time.UTC) }

// book is an export as a server would write it.
type book struct {
	key      note.Signer
	verifier note.Verifier
	lines    []string
	newest   []byte
}

// write makes an export of 20 leaves with a checkpoint after every eight and at
// the end. text says what is in them.
func write(t testing.TB, key string, text string) *book {
	t.Helper()
	secret, public, err := note.GenerateKey(rand.Reader, key)
	if err != nil {
		t.Fatal(err)
	}
	b := &book{}
	if b.key, err = note.NewSigner(secret); err != nil {
		t.Fatal(err)
	}
	if b.verifier, err = note.NewVerifier(public); err != nil {
		t.Fatal(err)
	}
	tree := &ledger.Tree{}
	for n := range 20 {
		e := fhir.Event{ID: fmt.Sprint("id", n), At: at(n), Deed: "read", Entity: fhir.Key{Type: "Observation", ID: fmt.Sprint(text, n)}}
		private := ledger.Private(nil, &e, [16]byte{byte(n)})
		leaf := ledger.Leaf{Seq: int64(n), Logged: at(n), Event: e, Private: private}.Append(nil)
		hash := ledger.Hash(leaf)
		tree.Add(hash)
		if n == 5 {
			private = []byte{} // erased
		}
		b.lines = append(b.lines, string(ledger.AppendLeaf(nil, int64(n), hash[:], leaf, private)))
		if n%8 == 7 || n == 19 {
			if b.newest, err = tree.Sign(b.key); err != nil {
				t.Fatal(err)
			}
			b.lines = append(b.lines, string(ledger.AppendCheckpoint(nil, b.newest)))
		}
	}
	return b
}

func (b *book) export() string { return strings.Join(b.lines, "") }

func TestVerify(t *testing.T) {
	t.Parallel()
	b := write(t, "clinic", "o")
	v, err := ledger.Verify(strings.NewReader(b.export()), b.newest, b.verifier)
	if err != nil || v.Leaves != 20 || v.Checkpoints != 3 || v.Covered != 20 || v.Erased != 1 {
		t.Fatalf("%+v %v", v, err)
	}
	forged := write(t, "clinic", "x") // all of it anew, with another key of the same name
	rehash := func(line string) string {
		var l struct{ Leaf json.RawMessage }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		var s struct{ Seq int64 }
		if err := json.Unmarshal(l.Leaf, &s); err != nil {
			t.Fatal(err)
		}
		hash := ledger.Hash(l.Leaf)
		return string(ledger.AppendLeaf(nil, s.Seq, hash[:], l.Leaf, nil))
	}
	// Lines 0-7 are leaves, 8 is a checkpoint, 9-16 leaves, 17 a checkpoint, 18-21 leaves, 22 a checkpoint.
	for name, c := range map[string]struct {
		lines       func(l []string) []string
		first, last int64
	}{
		"one byte": {func(l []string) []string { l[3] = strings.Replace(l[3], `"deed":"read"`, `"deed":"rEad"`, 1); return l }, 3, 0},
		"one byte, hash anew": {func(l []string) []string {
			l[10] = rehash(strings.Replace(l[10], `"deed":"read"`, `"deed":"rEad"`, 1))
			return l
		}, 8, 16},
		"private": {func(l []string) []string {
			l[4] = strings.Replace(l[4], "Observation/o4", "Observation/p4", 1)
			return l
		}, 4, 0},
		"one missing":             {func(l []string) []string { return append(l[:11:11], l[12:]...) }, 10, 0},
		"one missing, renumbered": {func(l []string) []string { return renumber(t, append(l[:11:11], l[12:]...)) }, 19, 20},
		"two swapped":             {func(l []string) []string { l[1], l[2] = l[2], l[1]; return l }, 1, 0},
		"two swapped, renumbered": {func(l []string) []string { l[1], l[2] = l[2], l[1]; return renumber(t, l) }, 2, 0},
		"one put in":              {func(l []string) []string { return append(l[:3:3], append([]string{forged.lines[3]}, l[3:]...)...) }, 4, 0},
		"one put in, renumbered": {func(l []string) []string {
			return renumber(t, append(l[:3:3], append([]string{forged.lines[3]}, l[3:]...)...))
		}, 0, 20},
		"tail":                    {func(l []string) []string { return l[:18] }, 16, 20},
		"tail within":             {func(l []string) []string { return l[:20] }, 18, 20},
		"tail, a checkpoint less": {func(l []string) []string { return append(l[:18:18], l[18:20]...) }, 18, 20},
		"everything":              {func([]string) []string { return nil }, 0, 20},
		"another key":             {func([]string) []string { return forged.lines }, 0, 8},
		"another key, none of its checkpoints": {func([]string) []string {
			return append(append(forged.lines[:8:8], forged.lines[9:17]...), forged.lines[18:22]...)
		}, 0, 20},
		"time": {func(l []string) []string {
			l[2] = rehash(strings.Replace(l[2], `"logged":"2026`, `"logged":"2025`, 1))
			return l
		}, 2, 0},
		"not JSON":      {func(l []string) []string { l[0] = "{\n"; return l }, 0, 0},
		"no leaf":       {func(l []string) []string { l[0] = `{"seq":0,"leaf":7}` + "\n"; return l }, 0, 0},
		"a number less": {func(l []string) []string { l[9] = strings.Replace(l[9], `"seq":8`, `"seq":7`, 1); return l }, 8, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines := c.lines(append([]string(nil), b.lines...))
			_, err := ledger.Verify(strings.NewReader(strings.Join(lines, "")), b.newest, b.verifier)
			broken, ok := errors.AsType[*ledger.Broken](err)
			if !ok || broken.First != c.first || c.last != 0 && broken.Last != c.last {
				t.Errorf("%v: %+v", err, broken)
			}
		})
	}
	if _, err := ledger.Verify(strings.NewReader(forged.export()), b.newest, forged.verifier); err == nil {
		t.Error("a checkpoint by another key holds")
	}
	if _, err := ledger.Verify(strings.NewReader(strings.Join(b.lines[:18], "")), nil, b.verifier); err != nil {
		t.Errorf("without a checkpoint from outside an end cannot be missed: %v", err)
	}
}

// renumber gives the leaves the numbers of their places and hashes to match, as
// who covers his tracks would.
func renumber(t *testing.T, lines []string) []string {
	t.Helper()
	var out []string
	n := int64(0)
	for _, line := range lines {
		var l struct {
			Leaf    json.RawMessage
			Private json.RawMessage
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		if l.Leaf == nil {
			continue // checkpoints of the wrong size would only betray him
		}
		leaf, err := ledger.Read(l.Leaf, nil)
		if err != nil {
			t.Fatal(err)
		}
		text := bytes.Replace(l.Leaf, fmt.Appendf(nil, `"seq":%d}`, leaf.Seq), fmt.Appendf(nil, `"seq":%d}`, n), 1)
		hash := ledger.Hash(text)
		out = append(out, string(ledger.AppendLeaf(nil, n, hash[:], text, l.Private)))
		n++
	}
	return out
}

func FuzzVerify(f *testing.F) {
	b := write(f, "clinic", "o")
	f.Add([]byte(b.export()))
	f.Add([]byte(`{"seq":0,"leaf":{},"hash":""}`))
	f.Add([]byte(`{"checkpoint":"x"}`))
	f.Add([]byte("\n\n{}"))
	f.Fuzz(func(t *testing.T, export []byte) {
		v, err := ledger.Verify(bytes.NewReader(export), b.newest, b.verifier)
		if err == nil && v.Covered < 20 {
			t.Errorf("%+v holds against a checkpoint of 20", v)
		}
	})
}

func FuzzOpen(f *testing.F) {
	b := write(f, "clinic", "o")
	f.Add(b.newest)
	f.Add([]byte("clinic\n1\nAAAA\n\n— clinic AAAA\n"))
	f.Fuzz(func(t *testing.T, signed []byte) {
		if c, err := ledger.Open(signed, []note.Verifier{b.verifier}); err == nil && c.Origin != "clinic" {
			t.Errorf("%+v", c)
		}
	})
}
