package accounts

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
	"errors"
)

// sealer keeps what is stored from those who can read the table but not the
// key. What something is for is sealed along with it, so that no row can be
// put in the place of another.
type sealer struct{ aead cipher.AEAD }

func newSealer(key []byte) (*sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &sealer{aead}, err
}

// seal is the sealed JSON of a value.
func (s *sealer) seal(what string, v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return s.aead.Seal(nil, nil, text, []byte(what)), nil
}

// open reads a value that was sealed for the same.
func (s *sealer) open(what string, sealed []byte, v any) error {
	text, err := s.aead.Open(nil, nil, sealed, []byte(what))
	if err != nil {
		return errors.New("accounts: what is stored was sealed with another key")
	}
	return json.Unmarshal(text, v)
}
