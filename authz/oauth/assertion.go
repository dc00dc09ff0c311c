package oauth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v3"
)

const (
	assertionType  = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	assertionLife  = 5 * time.Minute
	assertionSkew  = time.Minute // clocks differ
	assertionBytes = 8 << 10
)

// claims are what an assertion says (RFC 7523, and SMART backend services).
type claims struct {
	Issuer   string          `json:"iss"`
	Subject  string          `json:"sub"`
	Audience json.RawMessage `json:"aud"`
	Expires  *float64        `json:"exp"`
	Before   *float64        `json:"nbf"`
	Issued   *float64        `json:"iat"`
	ID       string          `json:"jti"`
}

// prove finds the client that an assertion was made by. fosite's own way is
// not taken: it accepts any lifetime, audiences that name other servers, one
// algorithm per client and an id twice at once. Errors are for the log.
func (s *Server) prove(ctx context.Context, assertion, clientID string) (Client, error) {
	if len(assertion) > assertionBytes || strings.Count(assertion, ".") != 2 {
		return Client{}, errors.New("the assertion is not a compact JWT")
	}
	signed, err := jose.ParseSigned(assertion)
	if err != nil || len(signed.Signatures) != 1 {
		return Client{}, errors.New("the assertion is not a JWT")
	}
	header := signed.Signatures[0].Protected
	if _, known := algorithms[header.Algorithm]; !known {
		return Client{}, errors.New("the assertion is not signed by RS384 or ES384")
	}
	if header.KeyID == "" {
		return Client{}, errors.New("the assertion has no kid")
	}
	if typ, set := header.ExtraHeaders[jose.HeaderType]; set {
		if text, ok := typ.(string); !ok || !strings.EqualFold(text, "JWT") {
			return Client{}, errors.New("the assertion is of another type")
		}
	}
	// What it says is read before it is verified only to find whose key to
	// verify it with.
	var c claims
	if err := strict(signed.UnsafePayloadWithoutVerification(), &c); err != nil {
		return Client{}, err
	}
	if c.Issuer == "" || c.Issuer != c.Subject || clientID != "" && clientID != c.Issuer {
		return Client{}, errors.New("iss, sub and the client differ")
	}
	client, err := s.client(ctx, c.Issuer)
	if err != nil {
		return Client{}, err
	}
	if client.Method != MethodKey {
		return Client{}, errors.New("the client does not prove itself by a key")
	}
	if jku, set := header.ExtraHeaders["jku"]; set && (client.KeysURL == "" || jku != client.KeysURL) {
		return Client{}, errors.New("jku is not the address that is registered") // and is never fetched
	}
	if err := s.checkClaims(c); err != nil { // before an address is asked
		return Client{}, err
	}
	key, err := s.clientKey(ctx, client, header.KeyID, header.Algorithm)
	if err != nil {
		return Client{}, err
	}
	if _, err := signed.Verify(key); err != nil {
		return Client{}, errors.New("the signature is wrong")
	}
	until := time.Unix(int64(*c.Expires), 0).Add(assertionSkew)
	first, err := s.store.Assertion(ctx, client.ID, c.ID, until)
	if err != nil {
		return Client{}, err
	}
	if !first {
		return Client{}, errors.New("the assertion was used before")
	}
	return client, nil
}

func (s *Server) clientKey(ctx context.Context, c Client, kid, alg string) (any, error) {
	if c.KeysURL != "" {
		return s.fetched.key(ctx, c.KeysURL, kid, alg)
	}
	keys, err := ParseKeys(c.Keys)
	if err != nil {
		return nil, err
	}
	return choose(keys, kid, alg)
}

// checkClaims looks at the times and at whom the assertion was made for: us
// and nobody else, because another server that got it could use it here.
func (s *Server) checkClaims(c claims) error {
	now := s.now()
	at := func(seconds *float64) (time.Time, bool) {
		if seconds == nil || math.IsNaN(*seconds) || *seconds < 0 || *seconds > 1<<40 {
			return time.Time{}, false
		}
		return time.Unix(int64(*seconds), 0), true
	}
	expires, ok := at(c.Expires)
	switch {
	case !ok || now.After(expires.Add(assertionSkew)):
		return errors.New("the assertion has expired")
	case expires.After(now.Add(assertionLife + assertionSkew)):
		return errors.New("the assertion is good for too long")
	case c.ID == "" || len(c.ID) > 1024:
		return errors.New("the assertion has no jti")
	}
	for _, from := range []*float64{c.Before, c.Issued} {
		if from == nil {
			continue
		}
		if t, ok := at(from); !ok || t.After(now.Add(assertionSkew)) {
			return errors.New("the assertion is not good yet")
		}
	}
	var one string
	if json.Unmarshal(c.Audience, &one) != nil {
		var list []string
		if json.Unmarshal(c.Audience, &list) != nil || len(list) != 1 {
			return errors.New("the assertion is not for this server alone")
		}
		one = list[0]
	}
	if one != s.tokenURL() && one != s.issuer {
		return errors.New("the assertion is not for this server")
	}
	return nil
}

// strict reads a JSON object and refuses what readers take in different ways:
// names twice or in another case, and anything after it.
func strict(text []byte, into *claims) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.New("the claims are not an object")
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return errors.New("the claims cannot be read")
		}
		name := strings.ToLower(t.(string))
		if seen[name] {
			return errors.New("the claims say something twice")
		}
		seen[name] = true
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return errors.New("the claims cannot be read")
		}
	}
	if err := json.Unmarshal(text, into); err != nil {
		return errors.New("the claims cannot be read")
	}
	return nil
}
