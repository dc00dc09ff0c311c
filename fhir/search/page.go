package search

import (
	"bytes"
	"compress/flate"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/webdoctor/webdoctor/fhir"
)

// Pages makes the links of pages. A link is one parameter, _page, that holds
// the whole query and the position of the page, encrypted and authenticated
// (XChaCha20-Poly1305): nobody can read a search value in a log of URLs, nor
// change a position. The server keeps nothing, and a link is no permission:
// what it asks for is asked again, behind the fence of whoever follows it.
type Pages struct{ aead cipher.AEAD }

// PageKeySize is the length of a key in bytes.
const PageKeySize = chacha20poly1305.KeySize

// NewPages makes links under a key. Servers that share the key can follow each
// other's links.
func NewPages(key []byte) (*Pages, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, fmt.Errorf("page links: %w", err)
	}
	return &Pages{aead: aead}, nil
}

const (
	pageParam   = "_page"
	pageVersion = 1
	minDeflate  = 200 // bytes of a query from which compression pays
)

// Seal turns the raw query of a page into its link. The scope is what the
// query is about: a link is good for no other. How the answer is written,
// _format and _pretty, stays in the clear, as it is decided before the query
// is looked at. A nil Pages leaves the query as it is.
func (p *Pages) Seal(scope, query string) string {
	if p == nil || query == "" {
		return query
	}
	var hidden, clear []string
	for part := range strings.SplitSeq(query, "&") {
		if strings.HasPrefix(part, "_format=") || strings.HasPrefix(part, "_pretty=") {
			clear = append(clear, part)
		} else {
			hidden = append(hidden, part)
		}
	}
	text := pack(strings.Join(hidden, "&"))
	nonce := make([]byte, p.aead.NonceSize(), p.aead.NonceSize()+len(text)+p.aead.Overhead())
	_, _ = rand.Read(nonce) // never fails
	sealed := p.aead.Seal(nonce, nonce, text, []byte(scope))
	link := pageParam + "=" + base64.RawURLEncoding.EncodeToString(append([]byte{pageVersion}, sealed...))
	return strings.Join(append([]string{link}, clear...), "&")
}

// Open turns a raw query with a link into the query that was sealed; any other
// it returns as it is. A link stands alone but for _format, _pretty and _count,
// which some clients add, and which says how long the page is. A position in
// the clear is refused.
func (p *Pages) Open(scope, query string) (string, error) {
	if p == nil || !strings.Contains(query, pageParam) && !strings.Contains(query, "_cursor") {
		return query, nil
	}
	pairs, err := split(query)
	if err != nil {
		return "", err
	}
	var link string
	var others []string
	linked := false
	for _, one := range pairs {
		switch one.name {
		case pageParam:
			if linked {
				return "", fhir.Errorf(fhir.Value, "_page may be given once").At(pageParam)
			}
			link, linked = one.value, true
		case "_cursor":
			return "", fhir.Errorf(fhir.NotSupported, "pages are reached by their links").At(one.name)
		default:
			others = append(others, one.name)
		}
	}
	if !linked {
		return query, nil
	}
	for _, name := range others {
		if name != "_format" && name != "_pretty" && name != "_count" {
			return "", fhir.Errorf(fhir.Invalid, "a page link is followed as it stands").At(clip(name))
		}
	}
	text, ok := p.open(scope, link)
	if !ok {
		return "", fhir.Errorf(fhir.Value, "the page link is not one that this server gave out for this search").At(pageParam)
	}
	for _, one := range pairs {
		if one.name == "_count" {
			text = without(text, "_count=")
		}
		if one.name != pageParam {
			text += "&" + escapeQuery(one.name) + "=" + escapeQuery(one.value)
		}
	}
	return text, nil
}

// without is a raw query less the parameters that begin so.
func without(query, start string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(query, "&"), func(part string) bool { return strings.HasPrefix(part, start) }), "&")
}

func (p *Pages) open(scope, link string) (string, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(link)
	size := p.aead.NonceSize()
	if err != nil || len(raw) < 1+size || raw[0] != pageVersion {
		return "", false
	}
	text, err := p.aead.Open(nil, raw[1:1+size], raw[1+size:], []byte(scope))
	if err != nil {
		return "", false
	}
	return unpack(text)
}

// pack puts a byte before a text that says whether it is deflated.
func pack(text string) []byte {
	plain := append([]byte{0}, text...)
	if len(text) < minDeflate {
		return plain
	}
	var b bytes.Buffer
	b.WriteByte(1)
	w, _ := flate.NewWriter(&b, flate.BestCompression) // the level is valid
	_, _ = w.Write([]byte(text))                       // a Buffer takes everything
	_ = w.Close()
	if b.Len() >= len(plain) {
		return plain
	}
	return b.Bytes()
}

func unpack(packed []byte) (string, bool) {
	if len(packed) == 0 {
		return "", false
	}
	if packed[0] == 0 {
		return string(packed[1:]), true
	}
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed[1:])), maxQuery+1))
	return string(text), err == nil && len(text) <= maxQuery
}
