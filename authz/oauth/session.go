package oauth

import (
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/ory/fosite"
	"github.com/ory/fosite/handler/openid"
	"github.com/ory/fosite/token/jwt"
)

// session is what a token knows besides its scopes.
type session struct {
	*openid.DefaultSession
	Login     string          `json:"login,omitempty"`     // session of the portal that the person consented in
	Patient   string          `json:"patient,omitempty"`   // launch context
	Encounter string          `json:"encounter,omitempty"` // launch context
	Context   json.RawMessage `json:"context,omitempty"`   // fhirContext
	Intent    string          `json:"intent,omitempty"`
	Banner    *bool           `json:"banner,omitempty"`   // need_patient_banner
	Whole     []string        `json:"whole,omitempty"`    // scopes of the authorization, of which this token may have fewer
	Began     time.Time       `json:"began,omitzero"`     // when the person consented
	Factor    time.Time       `json:"factor,omitzero"`    // when the person had last shown a second factor
	Operator  bool            `json:"operator,omitempty"` // made by a command beside the data
}

var _ openid.Session = (*session)(nil)

func newSession(account string) *session {
	return &session{DefaultSession: &openid.DefaultSession{
		Subject: account,
		Claims:  &jwt.IDTokenClaims{Subject: account, Extra: map[string]any{}},
		Headers: &jwt.Headers{},
	}}
}

// Clone is deep: fosite changes what it cloned.
func (s *session) Clone() fosite.Session {
	c := *s
	c.DefaultSession = s.DefaultSession.Clone().(*openid.DefaultSession)
	return &c
}

// record is a request of fosite as it is kept in Token.Data. Fields that a
// newer release added are passed over by an older one.
type record struct {
	Version   int        `json:"v"`
	Asked     []string   `json:"asked"`
	Granted   []string   `json:"granted"`
	Audience  []string   `json:"audience,omitempty"`
	Form      url.Values `json:"form,omitempty"`
	Session   *session   `json:"session"`
	Requested time.Time  `json:"requested"`
}

const recordVersion = 1

// readRecord reads Token.Data. What cannot be read is an error and never an
// empty session.
func readRecord(data []byte) (record, error) {
	var r record
	if err := json.Unmarshal(data, &r); err != nil {
		return record{}, fmt.Errorf("read a token: %w", err)
	}
	if r.Version != recordVersion || r.Session == nil || r.Session.DefaultSession == nil {
		return record{}, fmt.Errorf("read a token: its version %d is not one we know", r.Version)
	}
	return r, nil
}
