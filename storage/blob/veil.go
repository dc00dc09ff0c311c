package blob

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"io"
	"os"
)

// veiled is a file whose bytes on disk are encrypted under a key that only
// this process ever knows: uploads wait in it until their hash is known. It
// keeps a secret and vouches for nothing; the hashes of the chunks do that.
type veiled struct {
	file  *os.File
	block cipher.Block
	at    int64
	room  []byte
}

// veil makes an empty file a veiled one.
func veil(f *os.File) io.ReadWriteSeeker {
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the size is right
	}
	return &veiled{file: f, block: block}
}

// stream is the key stream from a position of the file on.
func (v *veiled) stream(at int64) cipher.Stream {
	var counter [aes.BlockSize]byte
	binary.BigEndian.PutUint64(counter[8:], uint64(at/aes.BlockSize))
	s := cipher.NewCTR(v.block, counter[:])
	var skip [aes.BlockSize]byte
	s.XORKeyStream(skip[:at%aes.BlockSize], skip[:at%aes.BlockSize])
	return s
}

func (v *veiled) Write(b []byte) (int, error) {
	v.room = append(v.room[:0], b...)
	v.stream(v.at).XORKeyStream(v.room, v.room)
	n, err := v.file.WriteAt(v.room, v.at)
	v.at += int64(n)
	return n, err
}

func (v *veiled) Read(b []byte) (int, error) {
	n, err := v.file.ReadAt(b, v.at)
	v.stream(v.at).XORKeyStream(b[:n], b[:n])
	v.at += int64(n)
	if n > 0 && err == io.EOF {
		err = nil
	}
	return n, err
}

func (v *veiled) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += v.at
	case io.SeekEnd:
		info, err := v.file.Stat()
		if err != nil {
			return 0, err
		}
		offset += info.Size()
	}
	v.at = offset
	return offset, nil
}
