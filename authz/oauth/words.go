package oauth

import (
	"encoding/json"
	"time"
)

// The states of a client. Only Active opens anything.
const (
	Draft    = "draft" // registered by itself, nobody has approved it yet
	Active   = "active"
	Disabled = "disabled"
)

// The ways in which clients prove who they are.
const (
	MethodNone   = "none" // public: nothing to prove it with
	MethodSecret = "client_secret_basic"
	MethodPost   = "client_secret_post" // accepted wherever MethodSecret is
	MethodKey    = "private_key_jwt"
)

// The grants that there are.
const (
	grantCode    = "authorization_code"
	grantRefresh = "refresh_token"
	grantClient  = "client_credentials"
)

// Client is an application.
type Client struct {
	ID           string
	Name         string
	Method       string
	Secret       []byte // SHA-256, nil for none
	Former       []byte // SHA-256 of the secret before it, while it is still good
	Keys         []byte // JWKS as JSON, nil for none
	KeysURL      string
	Redirects    []string
	LaunchURL    string
	Origins      []string
	Grants       []string
	Scopes       string // the most that it can be granted
	Introspects  bool   // may ask about the tokens of others
	State        string
	About        About
	Registration []byte // SHA-256 of the registration access token, nil for none
	Created      time.Time
}

// About is what people are shown of a client.
type About struct {
	Site     string   `json:"client_uri,omitempty"`
	Logo     string   `json:"logo_uri,omitempty"`
	Policy   string   `json:"policy_uri,omitempty"`
	Terms    string   `json:"tos_uri,omitempty"`
	Contacts []string `json:"contacts,omitempty"`
}

// Kind is what a token is for.
type Kind string

// The kinds of tokens.
const (
	Code    Kind = "code"
	Access  Kind = "access"
	Refresh Kind = "refresh"
)

// Token is a code or token as it is kept.
type Token struct {
	Kind      Kind
	Signature string
	Family    string // what one authorization led to
	Client    string // "" for the operator's
	Account   string // "" when no person is behind it
	Session   string // of the portal, when the token ends with it
	Active    bool
	Issued    time.Time
	Expires   time.Time
	Data      []byte // JSON
}

// App is a client that holds tokens of an account.
type App struct {
	Client Client
	Data   []byte // of its newest token
	Since  time.Time
	Until  time.Time
}

// Authorization is an authorization request that a person is answering.
type Authorization struct {
	ID       string            `json:"-"`
	Client   string            `json:"-"`
	Account  string            `json:"-"` // who answers, "" until somebody has signed in
	Expires  time.Time         `json:"-"`
	Created  time.Time         `json:"created"`
	Params   map[string]string `json:"params"`            // of the request, as far as we use them
	Asked    []string          `json:"asked"`             // scopes that may be granted
	Launch   *Launch           `json:"launch,omitempty"`  // what was open in the portal
	Session  string            `json:"session,omitempty"` // of the portal
	SignedIn time.Time         `json:"signedIn,omitzero"`
	Factor   time.Time         `json:"factor,omitzero"`   // when the person last showed a second factor
	Patient  string            `json:"patient,omitempty"` // id of the patient, chosen or known
	Chosen   []string          `json:"chosen,omitempty"`  // scopes that the person agreed to
	Decided  bool              `json:"decided,omitempty"`
	Refused  string            `json:"refused,omitempty"` // the error that the app will be told
	Reason   string            `json:"reason,omitempty"`  // and what it will be told of it
	Done     bool              `json:"done,omitempty"`    // the app has its answer
}

// Launch is what is open in the portal when an app is opened from it.
type Launch struct {
	Account   string          `json:"account"`
	Session   string          `json:"session"`
	Patient   string          `json:"patient,omitempty"`   // id
	Encounter string          `json:"encounter,omitempty"` // id
	Context   json.RawMessage `json:"context,omitempty"`   // fhirContext
	Intent    string          `json:"intent,omitempty"`
	Banner    bool            `json:"banner,omitempty"` // the app must show whose record it is
	Expires   time.Time       `json:"-"`
}

// Key signs identity tokens.
type Key struct {
	ID      string
	State   string // next, active, retired
	Private []byte // PKCS #8
	Since   time.Time
}

// The states of a key: published before it signs, signing, and published
// until the last token that it signed has expired.
const (
	KeyNext    = "next"
	KeyActive  = "active"
	KeyRetired = "retired"
)
