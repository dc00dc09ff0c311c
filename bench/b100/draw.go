package b100

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Seed is the seed of every stream.
const Seed = 42

// Rand is the stream of that number.
func Rand(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(Seed, stream)) }

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// UUID draws a version 4 UUID from the stream.
func UUID(r *rand.Rand) string {
	a, b := r.Uint64(), r.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x",
		uint32(a>>32), uint16(a>>16), uint16(a)&0xfff, uint16(b>>48)&0x3fff|0x8000, b&0xffffffffffff)
}

// moment draws a second from the first year on, the last year excluded.
func moment(r *rand.Rand, first, last int) time.Time {
	from := time.Date(first, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	to := time.Date(last, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	return time.Unix(from+r.Int64N(to-from), 0).UTC()
}

// care draws a moment of the decade that the records cover.
func care(r *rand.Rand) time.Time { return moment(r, 2014, 2024) }

func stamp(t time.Time) string { return t.Format(time.RFC3339) }

func period(from time.Time, d time.Duration) Object {
	return Object{{"start", stamp(from)}, {"end", stamp(from.Add(d))}}
}
