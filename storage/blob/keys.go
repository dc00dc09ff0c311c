package blob

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// Keys are the keys under which the keys of objects are kept. The first one
// seals; all of them open, so that what was sealed under an older one stays
// readable until Rewrap has been through.
type Keys []Key

// Key is an AES-256 key and its name.
type Key struct {
	id   [16]byte
	aead cipher.AEAD
}

// keySize is that of AES-256.
const keySize = 32

// ParseKeys reads keys as they stand in a file or a variable: base64 of 32
// bytes each, separated by white space or commas, the newest first.
func ParseKeys(text string) (Keys, error) {
	var keys Keys
	for i, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' || r == '\t' }) {
		secret, err := base64.StdEncoding.DecodeString(word)
		if err != nil || len(secret) != keySize {
			return nil, fmt.Errorf("key %d of the binaries is not the base64 of %d bytes", i+1, keySize)
		}
		keys = append(keys, newKey(secret))
	}
	if len(keys) == 0 {
		return nil, errors.New("there is no key for the binaries: it is the base64 of 32 random bytes")
	}
	return keys, nil
}

// newKey makes a key of its 32 bytes. Its name is a hash of them, so that
// nobody has to name keys.
func newKey(secret []byte) Key {
	sum := sha256.Sum256(append([]byte("webdoctor name of a key\x00"), secret...))
	return Key{id: [16]byte(sum[:16]), aead: gcm(secret)}
}

// gcm is AES-GCM under a key of 32 bytes.
func gcm(secret []byte) cipher.AEAD {
	block, err := aes.NewCipher(secret)
	if err != nil {
		panic(err) // the size is right
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has the block size of GCM
	}
	return aead
}

// The envelope at the start of a sealed object: the mark, the name of the
// key, a nonce, and the object's own key, sealed under the named one.
const (
	markAt     = 0
	keyIDAt    = 16
	nonceAt    = 32
	wrappedAt  = 44
	headerSize = wrappedAt + keySize + 16
)

// mark tells a sealed object from one that was stored before there was a key.
var mark = [16]byte{0xf3, 'w', 'd', 's', 'e', 'a', 'l', 'e', 'd', 1, 0x9c, 0x1e, 0x5b, 0xa7, 0x02, 0xd8}

// wrap makes the envelope of an object's own key.
func (k Keys) wrap(own []byte) []byte {
	header := make([]byte, wrappedAt, headerSize)
	copy(header[markAt:], mark[:])
	copy(header[keyIDAt:], k[0].id[:])
	_, _ = rand.Read(header[nonceAt:wrappedAt]) // never fails
	return k[0].aead.Seal(header, header[nonceAt:wrappedAt], own, header[:nonceAt])
}

// unwrap takes the object's own key out of the envelope, and tells whether it
// is sealed under the newest key.
func (k Keys) unwrap(header []byte) (own []byte, newest bool, err error) {
	for i, key := range k {
		if !bytes.Equal(header[keyIDAt:nonceAt], key.id[:]) {
			continue
		}
		own, err := key.aead.Open(nil, header[nonceAt:wrappedAt], header[wrappedAt:], header[:nonceAt])
		if err != nil {
			return nil, false, fmt.Errorf("%w: the envelope was changed", ErrCorrupt)
		}
		return own, i == 0, nil
	}
	return nil, false, &failure{ErrDenied, fmt.Errorf("sealed under a key that is not here, %x", header[keyIDAt:keyIDAt+4])}
}

// sealedAs tells a sealed object by its first bytes.
func sealedAs(header []byte) bool {
	return len(header) == headerSize && bytes.Equal(header[markAt:keyIDAt], mark[:])
}
