package accounts_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/authz/accounts"
)

// key is a security key with one credential, and the browser around it.
type key struct {
	t       testing.TB
	private *ecdsa.PrivateKey
	id      []byte
	user    []byte
	count   uint32
	origin  string
	flags   byte // of an assertion
}

const userPresent, userVerified, hasCredential = 1, 4, 64

func newKey(t testing.TB) *key {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k := &key{t: t, private: private, id: make([]byte, 16), origin: "https://clinic.example", flags: userPresent | userVerified}
	_, _ = rand.Read(k.id)
	return k
}

// options is what a page gets.
type options struct {
	PublicKey struct {
		Challenge        string
		UserVerification string
		User             struct{ ID string }
		AllowCredentials []struct{ ID string }
	}
}

var b64 = base64.RawURLEncoding

func (k *key) client(typ, challenge string) []byte {
	text, err := json.Marshal(map[string]any{"type": typ, "challenge": challenge, "origin": k.origin, "crossOrigin": false})
	if err != nil {
		k.t.Fatal(err)
	}
	return text
}

func (k *key) data(flags byte) []byte {
	rp := sha256.Sum256([]byte("clinic.example"))
	k.count++
	return binary.BigEndian.AppendUint32(append(rp[:], flags), k.count)
}

// cborBytes is a byte string of CBOR.
func cborBytes(b []byte) []byte {
	if len(b) < 256 {
		return append([]byte{0x58, byte(len(b))}, b...)
	}
	return append([]byte{0x59, byte(len(b) >> 8), byte(len(b))}, b...)
}

// make answers navigator.credentials.create.
func (k *key) make(c accounts.Challenge) []byte {
	var o options
	if err := json.Unmarshal(c.Options, &o); err != nil {
		k.t.Fatal(err)
	}
	k.user, _ = b64.DecodeString(o.PublicKey.User.ID)
	point, err := k.private.PublicKey.Bytes() // 4, x, y
	if err != nil {
		k.t.Fatal(err)
	}
	public := []byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21} // kty EC2, alg ES256, crv P-256, x
	public = append(public, cborBytes(point[1:33])...)
	public = append(public, 0x22) // y
	public = append(public, cborBytes(point[33:])...)
	data := append(k.data(userPresent|userVerified|hasCredential), make([]byte, 16)...) // no AAGUID
	data = binary.BigEndian.AppendUint16(data, uint16(len(k.id)))
	data = append(append(data, k.id...), public...)
	object := []byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData")
	object = append(object, cborBytes(data)...)
	return k.answer(map[string]string{
		"clientDataJSON":    b64.EncodeToString(k.client("webauthn.create", o.PublicKey.Challenge)),
		"attestationObject": b64.EncodeToString(object),
	})
}

// show answers navigator.credentials.get.
func (k *key) show(c accounts.Challenge) []byte {
	var o options
	if err := json.Unmarshal(c.Options, &o); err != nil {
		k.t.Fatal(err)
	}
	if o.PublicKey.UserVerification != "required" {
		k.t.Errorf("user verification is %q", o.PublicKey.UserVerification)
	}
	client, data := k.client("webauthn.get", o.PublicKey.Challenge), k.data(k.flags)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, k.private, digest[:])
	if err != nil {
		k.t.Fatal(err)
	}
	return k.answer(map[string]string{
		"clientDataJSON":    b64.EncodeToString(client),
		"authenticatorData": b64.EncodeToString(data),
		"signature":         b64.EncodeToString(signature),
		"userHandle":        b64.EncodeToString(k.user),
	})
}

func (k *key) answer(response map[string]string) []byte {
	text, err := json.Marshal(map[string]any{"id": b64.EncodeToString(k.id), "rawId": b64.EncodeToString(k.id), "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}})
	if err != nil {
		k.t.Fatal(err)
	}
	return text
}

// withKey gives an account a passkey.
func (c *clinic) withKey(cookie string) (*key, accounts.Entry, []string) {
	c.t.Helper()
	k := newKey(c.t)
	challenge, err := c.BeginPasskey(c.t.Context(), cookie)
	c.must(err)
	e, codes, err := c.FinishPasskey(c.t.Context(), cookie, challenge.ID, "key", k.make(challenge), home)
	c.must(err)
	return k, e, codes
}

func TestPasskeys(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	id := c.account("doc@example.org", doctor("1"))
	k, e, codes := c.withKey(c.login("doc@example.org", home).Cookie)
	if len(codes) != 10 || c.who(e.Cookie).Factor.IsZero() {
		t.Errorf("%d codes, %+v", len(codes), e.Session)
	}
	login := func() (accounts.Entry, error) {
		challenge, err := c.BeginPasskeyLogin(ctx, home)
		c.must(err)
		return c.PasskeyLogin(ctx, challenge.ID, k.show(challenge), home)
	}
	in, err := login()
	c.must(err)
	if p := c.who(in.Cookie); p.Account != id || p.Factor != c.now() {
		t.Errorf("got %+v", p)
	}
	// An answer works once, whoever has it.
	challenge, err := c.BeginPasskeyLogin(ctx, home)
	c.must(err)
	answer := k.show(challenge)
	if n := c.atOnce(6, func(int) error { _, err := c.PasskeyLogin(t.Context(), challenge.ID, answer, home); return err }, "passkey.refused"); n != 1 {
		t.Errorf("one answer opened %d sessions", n)
	}
	refuse := func(what string, change func(), answer func() ([]byte, string)) {
		t.Helper()
		was := *k
		change()
		text, ceremony := answer()
		_, err := c.PasskeyLogin(ctx, ceremony, text, home)
		if !accounts.IsProblem(err, "passkey.refused") {
			t.Errorf("%s: %v", what, err)
		}
		count := k.count
		*k = was
		k.count = max(count, was.count)
	}
	fresh := func() ([]byte, string) {
		challenge, err := c.BeginPasskeyLogin(ctx, home)
		c.must(err)
		return k.show(challenge), challenge.ID
	}
	refuse("without verification of the user", func() { k.flags = userPresent }, fresh)
	refuse("from another page", func() { k.origin = "https://clinic.example.evil.example" }, fresh)
	refuse("with another key", func() { k.private = newKey(t).private }, fresh)
	refuse("for another user", func() { k.user = []byte("00000000-0000-0000-0000-000000000000") }, fresh)
	refuse("of an unknown credential", func() { k.id = []byte("0123456789abcdef") }, fresh)
	refuse("by a copy of the key", func() { k.count = 0 }, fresh)
	refuse("too late", func() {}, func() ([]byte, string) {
		text, id := fresh()
		c.pass(6 * time.Minute)
		return text, id
	})
	refuse("of another ceremony", func() {}, func() ([]byte, string) {
		text, _ := fresh()
		_, id := fresh()
		return text, id
	})
	refuse("that is no answer", func() {}, func() ([]byte, string) {
		_, id := fresh()
		return []byte(`{"id":`), id
	})
	// As a second factor.
	half := c.login("doc@example.org", home)
	ch, err := c.BeginPasskeyFactor(ctx, half.Cookie)
	c.must(err)
	text := k.show(ch)
	elsewhere := c.login("doc@example.org", cafe)
	_, err = c.PasskeyFactor(ctx, elsewhere.Cookie, ch.ID, text, cafe) // of another session
	c.refused(err, "passkey.refused")
	ch, err = c.BeginPasskeyFactor(ctx, half.Cookie)
	c.must(err)
	done, err := c.PasskeyFactor(ctx, half.Cookie, ch.ID, k.show(ch), home)
	c.must(err)
	c.who(done.Cookie)
	c.dead(half.Cookie)
	// The same key is not taken twice.
	ch, err = c.BeginPasskey(ctx, done.Cookie)
	c.must(err)
	_, _, err = c.FinishPasskey(ctx, done.Cookie, ch.ID, "again", k.make(ch), home)
	c.refused(err, "passkey.refused")
	c.must(c.Disable(ctx, operator, id, ""))
	_, err = login()
	c.refused(err, "passkey.refused")
	if failed := len(c.happened(accounts.LoggedIn)); failed < 10 {
		t.Errorf("%d logins on record", failed)
	}
}

func TestNoPasskeysForNumbers(t *testing.T) {
	t.Parallel()
	c := open(t, func(config *accounts.Config) { config.Base = "http://127.0.0.1:8080" })
	_, err := c.BeginPasskeyLogin(t.Context(), home)
	c.refused(err, "passkey.refused")
	if c.HasPasskeys() {
		t.Error("passkeys are offered")
	}
}
