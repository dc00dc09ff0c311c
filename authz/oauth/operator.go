package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/ory/fosite"

	"github.com/webdoctor/webdoctor/authz"
)

// OperatorMost is the longest life of an operator's token.
const OperatorMost = 12 * time.Hour

// OperatorToken makes an access token for the owner of the machine, who has
// the data anyway. It has no client and no account; what it opens is its
// scopes, all of level system. The secret is the one the servers of the
// database have. It returns the token and what records may say of it.
func OperatorToken(ctx context.Context, store Tokens, secret []byte, scope string, life time.Duration) (token, mark string, err error) {
	scopes, err := authz.ParseScopes(scope)
	if err != nil {
		return "", "", err
	}
	if len(scopes) == 0 || len(scopes) != len(strings.Fields(scope)) || len(scopes.Level("system")) != len(scopes) {
		return "", "", errors.New("the scope must be a list of scopes such as system/*.cruds or system/Observation.rs")
	}
	if life <= 0 || life > OperatorMost {
		return "", "", errors.New("the token may live for 12 hours at most")
	}
	st := newStrategy(&fosite.Config{GlobalSecret: secret})
	token, signature, err := st.GenerateAccessToken(ctx, nil)
	if err != nil {
		return "", "", err
	}
	now := time.Now()
	known := newSession("")
	known.Operator, known.Whole = true, words(scopes)
	known.SetExpiresAt(fosite.AccessToken, now.Add(life))
	data, err := json.Marshal(record{Version: recordVersion, Asked: known.Whole, Granted: known.Whole, Session: known, Requested: now})
	if err != nil {
		return "", "", err
	}
	err = store.PutToken(ctx, Token{Kind: Access, Signature: signature, Family: random(18), Active: true, Issued: now, Expires: now.Add(life), Data: data})
	return token, shown(signature), err
}
