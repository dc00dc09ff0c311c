package search

import (
	"crypto/sha256"
	"encoding/binary"
)

// Hash is the number of a text: the first eight bytes of SHA-256 over its
// concatenated parts. Equal texts have equal numbers in every database and
// every release; different ones share a number with a chance of 2^-64, which
// is taken, and cannot be made to share one at will.
func Hash(parts ...string) int64 {
	buffer := make([]byte, 0, 256)
	for _, p := range parts {
		buffer = append(buffer, p...)
	}
	sum := sha256.Sum256(buffer)
	return int64(binary.BigEndian.Uint64(sum[:8]))
}
