package ledger

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
)

// line is a line of an export: a leaf, or the checkpoint of all leaves so far.
type line struct {
	Seq     *int64          `json:"seq"`
	Hash    string          `json:"hash"`
	Leaf    json.RawMessage `json:"leaf"`
	Private json.RawMessage `json:"private"` // absent when it is not exported, null when it was erased

	Checkpoint string `json:"checkpoint"`
}

// AppendLeaf writes the line of a leaf. The leaf and the private part stand in
// it byte by byte. Without private, nil, the line does not tell whether there
// is any; an empty one was erased.
func AppendLeaf(dst []byte, seq int64, hash, leaf, private []byte) []byte {
	dst = strconv.AppendInt(append(dst, `{"seq":`...), seq, 10)
	dst = base64.StdEncoding.AppendEncode(append(dst, `,"hash":"`...), hash)
	dst = append(append(dst, `","leaf":`...), leaf...)
	switch {
	case private == nil:
	case len(private) == 0:
		dst = append(dst, `,"private":null`...)
	default:
		dst = append(append(dst, `,"private":`...), private...)
	}
	return append(dst, "}\n"...)
}

// AppendCheckpoint writes the line of a checkpoint.
func AppendCheckpoint(dst, signed []byte) []byte {
	return append(text(append(dst, `{"checkpoint":`...), string(signed)), "}\n"...)
}
