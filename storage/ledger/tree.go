package ledger

import (
	"crypto/sha256"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// Tree is a Merkle tree (RFC 6962 section 2.1) that only grows: of its leaves
// it keeps the hashes of the largest complete subtrees, from left to right,
// one for each bit of the size. The zero Tree is empty.
type Tree struct {
	size     int64
	complete []tlog.Hash
}

// Size is the number of leaves.
func (t *Tree) Size() int64 { return t.size }

// Add appends the hash of a leaf.
func (t *Tree) Add(leaf tlog.Hash) {
	for n := t.size; n&1 == 1; n >>= 1 {
		last := len(t.complete) - 1
		leaf = tlog.NodeHash(t.complete[last], leaf)
		t.complete = t.complete[:last]
	}
	t.complete = append(t.complete, leaf)
	t.size++
}

// Root is the hash of the tree.
func (t *Tree) Root() tlog.Hash {
	if t.size == 0 {
		return sha256.Sum256(nil)
	}
	last := len(t.complete) - 1
	root := t.complete[last]
	for i := last - 1; i >= 0; i-- {
		root = tlog.NodeHash(t.complete[i], root)
	}
	return root
}

// Marshal is what has to be kept to go on with the tree.
func (t *Tree) Marshal() []byte {
	out := make([]byte, 0, len(t.complete)*tlog.HashSize)
	for _, h := range t.complete {
		out = append(out, h[:]...)
	}
	return out
}

// Unmarshal is the inverse of Marshal.
func Unmarshal(size int64, text []byte) (*Tree, error) {
	if size < 0 || len(text) != bits.OnesCount64(uint64(size))*tlog.HashSize {
		return nil, fmt.Errorf("%d bytes are not the hashes of a tree of %d leaves", len(text), size)
	}
	t := &Tree{size: size}
	for ; len(text) > 0; text = text[tlog.HashSize:] {
		t.complete = append(t.complete, tlog.Hash(text[:tlog.HashSize]))
	}
	return t, nil
}
