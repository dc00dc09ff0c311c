package ledger

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/tlog"
)

// Verified is what was found to hold.
type Verified struct {
	Leaves      int64
	Checkpoints int   // in the export, all of which hold
	Covered     int64 // leaves that a checkpoint vouches for
	Erased      int64 // private parts that are gone
	Root        tlog.Hash
}

// Broken is the first thing that does not hold. Of the leaves before First
// each is what it was; one from First to Last, not included, is not.
type Broken struct {
	First, Last int64
	Why         string
}

func (b *Broken) Error() string {
	if b.Last <= b.First+1 {
		return fmt.Sprintf("leaf %d: %s", b.First, b.Why)
	}
	return fmt.Sprintf("leaves %d to %d: %s", b.First, b.Last-1, b.Why)
}

// maxLine is the longest line of an export.
const maxLine = 1 << 20

// Verify reads an export and holds it against a checkpoint that was kept
// elsewhere and against all those that it contains: numbers without a gap from
// 0, times that do not run backwards, hashes, commitments, and the root of the
// tree at every checkpoint. outside may be nil, and then a cut-off end is not
// noticed.
func Verify(export io.Reader, outside []byte, keys ...Verifier) (Verified, error) {
	v := verification{keys: keys}
	if outside != nil {
		c, err := Open(outside, keys)
		if err != nil {
			return v.Verified, err
		}
		v.outside = &c
	}
	in := bufio.NewScanner(export)
	in.Buffer(make([]byte, 64<<10), maxLine)
	for n := 1; in.Scan(); n++ {
		if len(bytes.TrimSpace(in.Bytes())) == 0 {
			continue
		}
		if err := v.line(in.Bytes(), n); err != nil {
			return v.Verified, err
		}
	}
	if err := in.Err(); err != nil {
		return v.Verified, fmt.Errorf("read the export: %w", err)
	}
	if c := v.outside; c != nil && c.Size > v.tree.size {
		return v.Verified, &Broken{First: v.tree.size, Last: c.Size, Why: "missing: the checkpoint that was kept elsewhere counts them"}
	}
	v.Root = v.tree.Root()
	return v.Verified, nil
}

// verification is an export being read.
type verification struct {
	Verified
	keys    []Verifier
	outside *Checkpoint
	tree    Tree
	logged  string
}

func (v *verification) line(b []byte, n int) error {
	var l line
	if err := json.Unmarshal(b, &l); err != nil {
		return &Broken{First: v.tree.size, Why: fmt.Sprintf("line %d of the export is not JSON", n)}
	}
	if l.Checkpoint != "" {
		c, err := Open([]byte(l.Checkpoint), v.keys)
		if err != nil {
			return &Broken{First: v.Covered, Last: v.tree.size, Why: err.Error()}
		}
		if c.Size != v.tree.size {
			return &Broken{First: min(c.Size, v.tree.size), Last: max(c.Size, v.tree.size), Why: fmt.Sprintf("a checkpoint of %d leaves stands after %d", c.Size, v.tree.size)}
		}
		v.Checkpoints++
		return v.holds(c, "a checkpoint of the export")
	}
	if err := v.leaf(&l); err != nil {
		return err
	}
	if c := v.outside; c != nil && c.Size == v.tree.size {
		return v.holds(*c, "the checkpoint that was kept elsewhere")
	}
	return nil
}

// holds compares the tree with a checkpoint of its size.
func (v *verification) holds(c Checkpoint, what string) error {
	if v.tree.Root() != c.Root {
		return &Broken{First: v.Covered, Last: c.Size, Why: "changed: " + what + " has another root"}
	}
	v.Covered = max(v.Covered, c.Size)
	return nil
}

func (v *verification) leaf(l *line) error {
	seq := v.tree.size
	broken := func(why string) error { return &Broken{First: seq, Why: why} }
	if l.Seq == nil || *l.Seq != seq {
		return broken("another number stands in its place")
	}
	leaf, err := Read(l.Leaf, nil)
	if err != nil {
		return broken("it cannot be read")
	}
	if leaf.Seq != seq {
		return broken("it says that it has another number")
	}
	hash := Hash(l.Leaf)
	if kept, err := base64.StdEncoding.DecodeString(l.Hash); err != nil || !bytes.Equal(kept, hash[:]) {
		return broken("it does not have the hash that was kept of it")
	}
	logged := leaf.Logged.UTC().Format("2006-01-02T15:04:05.000Z")
	if logged < v.logged {
		return broken("it is said to be older than the one before")
	}
	v.logged = logged
	switch {
	case string(l.Private) == "null":
		v.Erased++
	case l.Private != nil:
		if err := committed(l.Leaf, l.Private); err != nil {
			return broken(err.Error())
		}
	}
	v.tree.Add(hash)
	v.Leaves++
	return nil
}

// committed holds a private part against its leaf.
func committed(leaf, private []byte) error {
	var l struct{ Private string }
	if err := json.Unmarshal(leaf, &l); err != nil || l.Private != Commitment(private) {
		return errors.New("its private part is not the one it was committed to")
	}
	return nil
}
