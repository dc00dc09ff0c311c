package accounts

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// phc is a hash as the PHC string format writes it:
// $argon2id$v=19$m=65536,t=2,p=1$salt$hash, in base64 without padding
// (github.com/P-H-C/phc-string-format).
type phc struct {
	Hashing
	salt, hash []byte
}

func (p phc) String() string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.Memory, p.Time, p.Threads, b.EncodeToString(p.salt), b.EncodeToString(p.hash))
}

// Bounds of what is computed because a row says so.
const (
	mostMemory  = 1 << 20 // KiB
	mostTime    = 64
	mostThreads = 64
)

var errPHC = errors.New("accounts: a stored password is not an argon2id hash")

// parsePHC reads exactly what String writes.
func parsePHC(s string) (p phc, err error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return p, errPHC
	}
	costs := strings.Split(parts[3], ",")
	if len(costs) != 3 {
		return p, errPHC
	}
	var n [3]uint64
	for i, bound := range []struct {
		name string
		most uint64
	}{{"m=", mostMemory}, {"t=", mostTime}, {"p=", mostThreads}} {
		digits, ok := strings.CutPrefix(costs[i], bound.name)
		if n[i], err = strconv.ParseUint(digits, 10, 32); !ok || err != nil || n[i] == 0 || n[i] > bound.most || strconv.FormatUint(n[i], 10) != digits {
			return p, errPHC
		}
	}
	p.Memory, p.Time, p.Threads = uint32(n[0]), uint32(n[1]), uint8(n[2])
	strict := base64.RawStdEncoding.Strict()
	if p.salt, err = strict.DecodeString(parts[4]); err != nil || len(p.salt) < 8 || len(p.salt) > 64 {
		return phc{}, errPHC
	}
	if p.hash, err = strict.DecodeString(parts[5]); err != nil || len(p.hash) < 16 || len(p.hash) > 64 {
		return phc{}, errPHC
	}
	if p.String() != s { // base64 decoders pass over line ends
		return phc{}, errPHC
	}
	return p, nil
}
