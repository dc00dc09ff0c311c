package blob

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
)

// ChunkSize is how many bytes are checked at a time: small enough to hold in
// memory for every open download, large enough that the hashes of a binary
// are a hundredth of a percent of it.
const ChunkSize = 256 << 10

// Ref is the address of a binary, and all that is needed to check it.
type Ref struct {
	SHA256 [32]byte   // of the whole
	Size   int64      // in bytes
	Chunks [][32]byte // SHA-256 of every ChunkSize bytes, the last of which may be fewer
}

// String is the address in hexadecimal.
func (r Ref) String() string { return hex.EncodeToString(r.SHA256[:]) }

// chunks is how many chunks make up size bytes.
func chunks(size int64) int64 { return (size + ChunkSize - 1) / ChunkSize }

// valid says whether the parts of the reference fit together.
func (r Ref) valid() error {
	if r.Size < 0 || int64(len(r.Chunks)) != chunks(r.Size) {
		return fmt.Errorf("reference %s has %d hashes for %d bytes", r, len(r.Chunks), r.Size)
	}
	return nil
}

// The compact form: a byte that names the form, the hash, the size as a
// varint, the hashes of the chunks. A single chunk is the whole, and its hash
// is not repeated.
const refForm = 1

// MarshalBinary is the compact form, for a column of a table.
func (r Ref) MarshalBinary() ([]byte, error) {
	if err := r.valid(); err != nil {
		return nil, err
	}
	b := append(make([]byte, 0, 48+32*len(r.Chunks)), refForm)
	b = append(b, r.SHA256[:]...)
	b = binary.AppendUvarint(b, uint64(r.Size))
	if len(r.Chunks) > 1 {
		for _, c := range r.Chunks {
			b = append(b, c[:]...)
		}
	} else if len(r.Chunks) == 1 && r.Chunks[0] != r.SHA256 {
		return nil, fmt.Errorf("reference %s has one chunk with another hash", r)
	}
	return b, nil
}

var errForm = errors.New("not the compact form of a reference")

// UnmarshalBinary reads the compact form and nothing else.
func (r *Ref) UnmarshalBinary(b []byte) error {
	if len(b) < 34 || b[0] != refForm {
		return errForm
	}
	var out Ref
	copy(out.SHA256[:], b[1:33])
	size, n := binary.Uvarint(b[33:])
	if n <= 0 || size > 1<<62 || !bytes.Equal(binary.AppendUvarint(nil, size), b[33:33+n]) {
		return errForm
	}
	out.Size = int64(size)
	rest := b[33+n:]
	count := chunks(out.Size)
	if count == 1 {
		rest = out.SHA256[:]
		if len(b) != 33+n {
			return errForm
		}
	}
	if int64(len(rest))/32 != count || len(rest)%32 != 0 {
		return errForm
	}
	for ; len(rest) > 0; rest = rest[32:] {
		out.Chunks = append(out.Chunks, [32]byte(rest))
	}
	*r = out
	return nil
}
