package accounts

import (
	"errors"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
)

// Problem is why something was refused, for a form: the field it is about and
// the key of a message. Unwrapped it is a *fhir.Error with the message in
// English.
type Problem struct {
	Field      string // "email", "password", …; "" when it is about the whole
	Key        string // of the message in a catalogue
	RetryAfter time.Duration
}

// said is what the keys mean.
var said = map[string]struct {
	code fhir.Code
	text string
}{
	"email.invalid":       {fhir.Value, "this is not an e-mail address"},
	"email.taken":         {fhir.Conflict, "there is an account with this e-mail address"},
	"email.same":          {fhir.Value, "this is the address the account has"},
	"name.required":       {fhir.Required, "a name is required"},
	"name.long":           {fhir.Value, "the name is too long"},
	"profile.birth":       {fhir.Value, "this is not a date of the past"},
	"password.short":      {fhir.Value, "the password is too short"},
	"password.long":       {fhir.Value, "the password is too long"},
	"password.characters": {fhir.Value, "the password has characters that cannot be typed"},
	"password.common":     {fhir.Value, "the password is one of those that are tried first"},
	"password.personal":   {fhir.Value, "the password is made of your name, your address or the name of this service"},
	"password.same":       {fhir.Value, "this is the password the account has"},
	"password.wrong":      {fhir.Unauthorized, "the password is wrong"},
	"login.failed":        {fhir.Unauthorized, "e-mail address and password do not fit"},
	"login.slow":          {fhir.Unauthorized, "too many attempts, try again later"},
	"login.unverified":    {fhir.Unauthorized, "the e-mail address has to be verified first; a new letter is on its way"},
	"session.none":        {fhir.Unauthorized, "not logged in"},
	"session.stale":       {fhir.Unauthorized, "say again who you are"},
	"token.invalid":       {fhir.Invalid, "this link is not valid any more"},
	"code.wrong":          {fhir.Unauthorized, "the code is wrong"},
	"passkey.refused":     {fhir.Unauthorized, "the passkey was not accepted"},
	"factor.unknown":      {fhir.NotFound, "there is no such second factor"},
	"factor.needed":       {fhir.BusinessRule, "the last second factor of this account cannot be removed"},
	"factor.limit":        {fhir.BusinessRule, "the account has as many second factors as it can have"},
	"factor.second":       {fhir.BusinessRule, "another administrator has to ask for the same"},
	"account.unknown":     {fhir.NotFound, "there is no such account"},
	"account.state":       {fhir.BusinessRule, "the account is not in a state for this"},
	"account.last":        {fhir.BusinessRule, "this is the last administrator"},
	"account.self":        {fhir.BusinessRule, "nobody can do this to their own account"},
	"role.unknown":        {fhir.Value, "there is no such role"},
	"role.self":           {fhir.Value, "the resource does not fit the role"},
	"role.taken":          {fhir.Conflict, "another account is this person"},
	"licence.unknown":     {fhir.NotFound, "there is no such licence"},
	"licence.state":       {fhir.BusinessRule, "the licence is not in a state for this"},
	"licence.number":      {fhir.Required, "the number of the licence is required"},
	"licence.issuer":      {fhir.Required, "who issued the licence is required"},
	"licence.expires":     {fhir.Value, "the licence has to end in the future"},
	"licence.evidence":    {fhir.Required, "what was looked at is required"},
	"licence.self":        {fhir.BusinessRule, "nobody can verify their own licence"},
	"proxy.unknown":       {fhir.NotFound, "there is no such proxy"},
	"proxy.rights":        {fhir.Value, "there is no such right"},
	"proxy.until":         {fhir.Value, "the right has to end in the future"},
	"proxy.person":        {fhir.Value, "a proxy is an active account that acts for somebody else"},
	"admin.only":          {fhir.Forbidden, "only administrators can do this"},
}

// refuse makes a Problem of a field, "" for none.
func refuse(field, key string) *Problem { return &Problem{Field: field, Key: key} }

func (p *Problem) Error() string { return p.known().Error() }

// Unwrap is the same problem for those who know no forms.
func (p *Problem) Unwrap() error { return p.known() }

func (p *Problem) known() *fhir.Error {
	what, ok := said[p.Key]
	if !ok {
		what.code, what.text = fhir.Internal, "refused"
	}
	return &fhir.Error{Code: what.code, Message: what.text, Expression: p.Field, RetryAfter: p.RetryAfter}
}

// IsProblem says whether the error is the problem of that key.
func IsProblem(err error, key string) bool {
	p, ok := errors.AsType[*Problem](err)
	return ok && p.Key == key
}
