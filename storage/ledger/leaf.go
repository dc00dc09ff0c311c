package ledger

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/webdoctor/webdoctor/fhir"
)

// Leaf is what the tree holds of an event.
type Leaf struct {
	Seq     int64     // its number, without gaps from 0
	Logged  time.Time // when it got its number; never before that of an earlier one
	Event   fhir.Event
	Actor   Pseudonym // who did it
	Patient Pseudonym // whose record it was
	Private []byte    // the private part, as Private makes it
}

// Pseudonym stands for a person. It is random: what it stands for is written
// down in one place and can be forgotten there. The zero one is nobody.
type Pseudonym [16]byte

func (p Pseudonym) String() string {
	if p == (Pseudonym{}) {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(p[:])
}

// ParsePseudonym is the inverse of String.
func ParsePseudonym(text string) (p Pseudonym, err error) {
	if text == "" {
		return p, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != len(p) {
		return p, fmt.Errorf("%q is not a pseudonym", text)
	}
	return Pseudonym(b), nil
}

// Append writes the canonical form: members in the order of their names, empty
// ones left out, no spaces, the escapes of RFC 8785.
func (l Leaf) Append(dst []byte) []byte {
	e := &l.Event
	dst = append(dst, '{')
	dst = member(dst, "actor", l.Actor.String())
	dst = member(dst, "at", fhir.Instant(e.At))
	dst = member(dst, "client", e.Actor.Client)
	dst = member(dst, "deed", e.Deed)
	dst = member(dst, "failure", string(e.Failure))
	dst = member(dst, "id", e.ID)
	dst = member(dst, "logged", fhir.Instant(l.Logged))
	dst = member(dst, "name", e.Name)
	dst = member(dst, "patient", l.Patient.String())
	dst = member(dst, "private", Commitment(l.Private))
	dst = append(dst, `"seq":`...)
	dst = append(strconv.AppendInt(dst, l.Seq, 10), ',')
	dst = member(dst, "type", e.Type)
	dst[len(dst)-1] = '}'
	return dst
}

// Commitment is what a leaf holds of a private part.
func Commitment(private []byte) string {
	sum := sha256.Sum256(private)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Private is the canonical form of what a leaf commits to and does not say.
// The nonce keeps it from being guessed.
func Private(dst []byte, e *fhir.Event, nonce [16]byte) []byte {
	dst = append(dst, '{')
	dst = member(dst, "about", e.Account)
	dst = member(dst, "account", e.Request.Account)
	dst = member(dst, "address", e.Request.Address)
	dst = member(dst, "behalf", e.Actor.OnBehalfOf)
	dst = member(dst, "detail", e.Detail)
	if e.Entity != (fhir.Key{}) {
		dst = member(dst, "entity", e.Entity.String())
	}
	dst = member(dst, "nonce", base64.RawURLEncoding.EncodeToString(nonce[:]))
	dst = member(dst, "purpose", e.Request.Purpose)
	dst = member(dst, "query", e.Query)
	dst = member(dst, "reasons", strings.Join(e.Reasons, " "))
	dst = member(dst, "request", e.Request.ID)
	dst = member(dst, "token", e.Request.Token)
	dst[len(dst)-1] = '}'
	return dst
}

// Hash is the hash of a leaf in the tree.
func Hash(leaf []byte) tlog.Hash { return tlog.RecordHash(leaf) }

// member writes a member and a comma, nothing for an empty value.
func member(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	dst = append(append(append(dst, '"'), name...), `":`...)
	return append(text(dst, value), ',')
}

// text writes a string as RFC 8785 section 3.2.2.2 does.
func text(dst []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	dst = append(dst, '"')
	if !strings.ContainsFunc(s, special) {
		return append(append(dst, s...), '"')
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, `\b`...)
		case '\t':
			dst = append(dst, `\t`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\r':
			dst = append(dst, `\r`...)
		default:
			if c < 0x20 {
				dst = fmt.Appendf(dst, `\u%04x`, c)
			} else {
				dst = append(dst, c)
			}
		}
	}
	return append(dst, '"')
}

// special says whether a character is escaped.
func special(c rune) bool { return c < 0x20 || c == '"' || c == '\\' }
