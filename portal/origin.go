package portal

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/url"

	"github.com/webdoctor/webdoctor/fhir"
)

// originOf is the origin of a URL, and whether it is reached by https.
func originOf(base string) (origin string, secure bool, err error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", false, fmt.Errorf("portal: %q is not the public URL of a server", base)
	}
	return u.Scheme + "://" + u.Host, u.Scheme == "https", nil
}

// sameSite refuses what another site made a browser send, by the rules of
// http.CrossOriginProtection: Sec-Fetch-Site says so in every browser of
// today, Origin in those before. Neither comes from no browser, and then
// there is no cookie that somebody else could make use of. "same-site" is
// another host under the same domain, and so another site to us.
//
// GET and HEAD change nothing and come from everywhere: links in messages,
// and the way back from apps.
func (s *server) sameSite(r *request) error {
	if r.method == "GET" || r.method == "HEAD" {
		return nil
	}
	ok := false
	switch site := r.header("Sec-Fetch-Site"); site {
	case "same-origin", "none":
		ok = true
	case "":
		origin := r.header("Origin")
		ok = origin == "" || origin == s.origin || sameHost(origin, r.header("Host"))
	}
	if !ok {
		return fhir.Errorf(fhir.Forbidden, "the form was sent from another site")
	}
	return nil
}

func sameHost(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && host != "" && u.Host == host
}

// formToken is what the forms of a session carry. It is made of the secret in
// the cookie, which pages of other sites cannot read, so that nothing needs
// to be kept; the secret cannot be found from it.
func formToken(secret string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte("form"))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// genuine says whether a form comes from a page of this session.
func genuine(r *request) bool {
	return r.token != "" && subtle.ConstantTimeCompare([]byte(r.sent.Get("token")), []byte(r.token)) == 1
}

// random is 128 bits that nobody can guess.
func random() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it does not fail
	return base64.RawURLEncoding.EncodeToString(b[:])
}
