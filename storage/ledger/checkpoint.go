package ledger

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is the size and the root of a tree at some time
// (c2sp.org/tlog-checkpoint). Its origin is the name of the key that signs.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
}

// Sign is the signed note of the tree as it is.
func (t *Tree) Sign(key Signer) ([]byte, error) {
	root := t.Root()
	body := key.Name() + "\n" + strconv.FormatInt(t.size, 10) + "\n" + base64.StdEncoding.EncodeToString(root[:]) + "\n"
	signed, err := note.Sign(&note.Note{Text: body}, key)
	if err != nil {
		return nil, fmt.Errorf("sign a checkpoint: %w", err)
	}
	return signed, nil
}

// errCheckpoint is the error of a text that is no checkpoint.
var errCheckpoint = errors.New("not a checkpoint: it has an origin, a size and a root, one a line")

// Open reads a checkpoint that one of the keys has signed.
func Open(signed []byte, keys []Verifier) (Checkpoint, error) {
	n, err := note.Open(signed, note.VerifierList(keys...))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("the checkpoint is not signed by the key: %w", err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 4 || lines[0] == "" {
		return Checkpoint{}, errCheckpoint
	}
	c := Checkpoint{Origin: lines[0]}
	if c.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.Size < 0 || strconv.FormatInt(c.Size, 10) != lines[1] {
		return Checkpoint{}, errCheckpoint
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return Checkpoint{}, errCheckpoint
	}
	c.Root = tlog.Hash(root)
	return c, nil
}
