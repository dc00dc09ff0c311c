package accounts

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Codes of RFC 6238 as every authenticator makes them: SHA-1, six digits,
// thirty seconds.
const (
	totpStep   = 30
	totpDigits = 6
	totpSecret = 20 // bytes, the length of the hash (RFC 4226, 4)
	totpSkew   = 1  // steps that a clock may be wrong by
)

var base32Plain = base32.StdEncoding.WithPadding(base32.NoPadding)

func newSecret() []byte {
	secret := make([]byte, totpSecret)
	_, _ = rand.Read(secret) // never fails
	return secret
}

// totpURL is what a QR code for an authenticator says.
func totpURL(issuer, account string, secret []byte) string {
	q := url.Values{"secret": {base32Plain.EncodeToString(secret)}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
	// Authenticators do not read + as a space.
	return "otpauth://totp/" + url.PathEscape(issuer+":"+account) + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

// hotp is the code of a counter (RFC 4226, 5.3).
func hotp(secret []byte, counter int64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(counter))
	h := hmac.New(sha1.New, secret)
	h.Write(b[:])
	sum := h.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%0*d", totpDigits, (binary.BigEndian.Uint32(sum[at:])&0x7fffffff)%1e6)
}

// totpAt finds the step that a code is of, near a time.
func totpAt(secret []byte, code string, now time.Time) (step int64, ok bool) {
	code = strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(code)
	middle := now.Unix() / totpStep
	for s := middle - totpSkew; s <= middle+totpSkew; s++ {
		if subtle.ConstantTimeCompare([]byte(hotp(secret, s)), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}
