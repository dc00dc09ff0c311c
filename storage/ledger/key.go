package ledger

import (
	"crypto/rand"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Signer signs checkpoints, Verifier says whether it did.
type (
	Signer   = note.Signer
	Verifier = note.Verifier
)

// NewKey makes a pair of keys in their text forms. The name is part of both.
func NewKey(name string) (secret, public string, err error) {
	return note.GenerateKey(rand.Reader, name)
}

// ReadSigner reads the text of a key that signs.
func ReadSigner(text string) (Signer, error) {
	s, err := note.NewSigner(strings.TrimSpace(text))
	if err != nil {
		return nil, fmt.Errorf("not a key that signs: %w", err)
	}
	return s, nil
}

// ReadVerifiers reads keys that verify, one a line.
func ReadVerifiers(text string) ([]Verifier, error) {
	var keys []Verifier
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		k, err := note.NewVerifier(line)
		if err != nil {
			return nil, fmt.Errorf("not a key that verifies: %w", err)
		}
		keys = append(keys, k)
	}
	return keys, nil
}
