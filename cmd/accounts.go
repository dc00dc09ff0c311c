package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"

	"github.com/webdoctor/webdoctor/authz/accounts"
	"github.com/webdoctor/webdoctor/authz/accounts/smtp"
	"github.com/webdoctor/webdoctor/authz/oauth"
	"github.com/webdoctor/webdoctor/storage"
)

// openAccounts puts the accounts together on a database. What else they can
// have (a journal, records for newcomers, the operator's word on second
// factors) is filled in by whoever serves.
func openAccounts(ctx context.Context, db *storage.DB, base string, log *slog.Logger, more ...func(*accounts.Config)) (*accounts.Service, error) {
	key, err := db.Secret(ctx, "accounts", accounts.KeySize)
	if err != nil {
		return nil, err
	}
	mailer, err := mailer(osEnv)
	if err != nil {
		return nil, err
	}
	c := accounts.Config{Store: storage.NewAccounts(db), Key: key, Base: base, Mailer: mailer, Log: log}
	for _, f := range more {
		f(&c)
	}
	return accounts.New(c)
}

// mailer sends letters by the mail server that the environment names, nil
// without one. The errors name variables and never quote values.
func mailer(get getenv) (accounts.Mailer, error) {
	c := smtp.Config{Host: get("EMAIL_HOST"), User: get("EMAIL_HOST_USER"), Password: get("EMAIL_HOST_PASSWORD"), From: get("EMAIL_FROM"), TLS: true}
	if c.Host == "" {
		if get.any("EMAIL_PORT", "EMAIL_USE_TLS", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_FROM") {
			return nil, errors.New("EMAIL_HOST is missing although other EMAIL_ variables are set")
		}
		return nil, nil
	}
	if port := get("EMAIL_PORT"); port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return nil, errors.New("EMAIL_PORT is not a port number")
		}
		c.Port = int(n)
	}
	if tls := get("EMAIL_USE_TLS"); tls != "" {
		var err error
		if c.TLS, err = strconv.ParseBool(tls); err != nil {
			return nil, errors.New("EMAIL_USE_TLS is neither true nor false")
		}
	}
	if c.From == "" {
		return nil, errors.New("EMAIL_FROM is missing although EMAIL_HOST is set")
	}
	m, err := smtp.New(c)
	if err != nil {
		return nil, fmt.Errorf("the EMAIL_ variables: %w", err)
	}
	return m, nil
}

// people answers authz/oauth for the accounts.
type people struct{ *accounts.Service }

var _ oauth.People = people{}

// Signed is the session of a cookie, once nothing is lacking in it.
func (p people) Signed(ctx context.Context, cookie string) (oauth.Signed, error) {
	s, _, err := p.Session(ctx, cookie, accounts.Origin{})
	switch {
	case accounts.IsProblem(err, "session.none"), err == nil && s.Next != accounts.Whole:
		return oauth.Signed{}, nil
	case err != nil:
		return oauth.Signed{}, err
	}
	return oauth.Signed{Account: s.Account, Session: s.ID, At: s.Fresh, Factor: s.Factor}, nil
}
