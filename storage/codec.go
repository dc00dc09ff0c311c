package storage

import (
	_ "embed"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// The first byte of version.content says how the rest is to be read.
const (
	encodingRaw  = 0 // the bytes themselves
	encodingZstd = 1 // zstd with a frame header, and dictionary 1 if that says so
)

// dictionary1 is what contents are compressed against: most resources are
// small and say the same words. It must never change, since what is stored
// cannot be read without it; storage/internal/dictionary makes the next one.
//
//go:embed dictionary_1.bin
var dictionary1 []byte

// codec turns the bytes of a resource into what is stored and back, without
// loss. It is safe for concurrent use.
type codec struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

// plainBelow is the size up to which compressing does not pay.
const plainBelow = 200

func newCodec() (*codec, error) {
	enc, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2), zstd.WithLowerEncoderMem(true),
		zstd.WithWindowSize(128<<10), zstd.WithEncoderCRC(true), zstd.WithSingleSegment(true), zstd.WithEncoderDictRaw(1, dictionary1))
	if err != nil {
		return nil, fmt.Errorf("prepare compression: %w", err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(1<<30),
		zstd.WithDecoderDictRaw(1, dictionary1))
	if err != nil {
		return nil, fmt.Errorf("prepare decompression: %w", err)
	}
	return &codec{enc: enc, dec: dec}, nil
}

// encode never fails; nil stays nil.
func (c *codec) encode(src []byte) []byte {
	if src == nil {
		return nil
	}
	if len(src) >= plainBelow {
		out := make([]byte, 1, 1+len(src)/2)
		out[0] = encodingZstd
		if out = c.enc.EncodeAll(src, out); len(out) < len(src) {
			return out
		}
	}
	return append(append(make([]byte, 0, 1+len(src)), encodingRaw), src...)
}

var errEncoding = errors.New("stored content has an unknown encoding")

// decode returns new bytes.
func (c *codec) decode(stored []byte) ([]byte, error) {
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
		out, err := c.dec.DecodeAll(stored[1:], nil)
		if err != nil {
			return nil, fmt.Errorf("decompress stored content: %w", err)
		}
		return out, nil
	}
	return nil, errEncoding
}
