package storage

import (
	_ "embed"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// The first byte of version.content says how the rest is to be read.
const (
	encodingRaw   = 0 // the bytes themselves
	encodingZstd  = 1 // zstd with a frame header, and dictionary 1 if that says so
	encodingShort = 2 // shortened, then zstd with dictionary 2 and a frame header that lacks its four bytes of magic
)

// A dictionary is what contents are compressed against: most resources are
// small and say the same words. It must never change, since what is stored
// cannot be read without it; storage/internal/dictionary makes the next one.
// New contents are written with the last one.
var (
	//go:embed dictionary_1.bin
	dictionary1 []byte

	//go:embed dictionary_2.bin
	dictionary2 []byte
)

// codec turns the bytes of a resource into what is stored and back, without
// loss. It is safe for concurrent use.
type codec struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

// plainBelow is the size up to which compressing does not pay.
const plainBelow = 64

// magic is what every frame of zstd begins with.
const magic = "\x28\xb5\x2f\xfd"

func newCodec() (*codec, error) {
	enc, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2), zstd.WithLowerEncoderMem(true),
		zstd.WithWindowSize(128<<10), zstd.WithEncoderCRC(true), zstd.WithSingleSegment(true), zstd.WithEncoderDict(dictionary2))
	if err != nil {
		return nil, fmt.Errorf("prepare compression: %w", err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(1<<30),
		zstd.WithDecoderDictRaw(1, dictionary1), zstd.WithDecoderDicts(dictionary2))
	if err != nil {
		return nil, fmt.Errorf("prepare decompression: %w", err)
	}
	return &codec{enc: enc, dec: dec}, nil
}

// encode never fails; nil stays nil. What it returns is to be decoded with the
// same row.
func (c *codec) encode(src []byte, row own) []byte {
	if src == nil {
		return nil
	}
	if len(src) >= plainBelow && !marked(src) {
		// The magic makes room for the byte that takes its place.
		out := c.enc.EncodeAll(row.shorten(src), make([]byte, 0, len(magic)+len(src)/2))
		if out = out[len(magic)-1:]; len(out) < len(src) {
			out[0] = encodingShort
			return out
		}
	}
	return append(append(make([]byte, 0, 1+len(src)), encodingRaw), src...)
}

var errEncoding = errors.New("stored content has an unknown encoding")

// decode returns new bytes.
func (c *codec) decode(stored []byte, row own) ([]byte, error) {
	if stored == nil {
		return nil, nil
	}
	if len(stored) == 0 {
		return nil, errEncoding
	}
	switch stored[0] {
	case encodingRaw:
		return append([]byte{}, stored[1:]...), nil
	case encodingZstd:
		return c.decompress(stored[1:])
	case encodingShort:
		frame := append(append(make([]byte, 0, len(magic)+len(stored)), magic...), stored[1:]...)
		short, err := c.decompress(frame)
		if err != nil {
			return nil, err
		}
		return row.restore(short), nil
	}
	return nil, errEncoding
}

func (c *codec) decompress(frame []byte) ([]byte, error) {
	out, err := c.dec.DecodeAll(frame, nil)
	if err != nil {
		return nil, fmt.Errorf("decompress stored content: %w", err)
	}
	return out, nil
}
