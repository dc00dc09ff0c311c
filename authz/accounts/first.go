package accounts

import (
	"context"

	"github.com/webdoctor/webdoctor/authz"
)

// FirstLink is a link by which the first administrator makes an account, for a
// server to print when it starts; "" when there is an administrator. Each
// works for a day, and none when one of them was used.
func (s *Service) FirstLink(ctx context.Context) (link string, err error) {
	err = s.Store.Tx(ctx, func(t Tx) error {
		n, err := t.Holders(ctx, authz.Administrator, Active)
		if err != nil || n > 0 {
			link = ""
			return err
		}
		link, err = s.issue(ctx, t, FirstPath, Token{Purpose: ForFirst}, firstFor)
		return err
	})
	return link, err
}

// First makes the first administrator.
func (s *Service) First(ctx context.Context, token string, p Person, password string, o Origin) error {
	p.Held = []Held{{Role: authz.Administrator}}
	if err := p.check(); err != nil {
		return err
	}
	if _, err := s.Peek(ctx, ForFirst, token); err != nil {
		return err
	}
	_, err := s.create(ctx, p, password, func(t Tx) (string, error) {
		if _, err := s.take(ctx, t, ForFirst, token); err != nil {
			return "", err
		}
		n, err := t.Holders(ctx, authz.Administrator, Active)
		if err == nil && n > 0 {
			err = refuse("", "token.invalid")
		}
		if err != nil {
			return "", err
		}
		return "", t.DropTokens(ctx, "", ForFirst)
	}, o.Address)
	return err
}
