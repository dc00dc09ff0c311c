package cmd

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/webdoctor/webdoctor/authz/oauth"
	"github.com/webdoctor/webdoctor/storage"
)

// Token makes a bearer token for the owner of the machine: for scripts, for
// tests and for the first steps, before there are accounts and clients. It
// needs no running server and works beside one.
type Token struct {
	Data `embed:""`

	Scope string        `help:"Scopes of level system that the token opens, separated by blanks." required:"" placeholder:"SCOPES"`
	TTL   time.Duration `name:"ttl" help:"How long the token lives, 12h at most." default:"1h"`
}

// Run prints the token alone on the last line.
func (t *Token) Run(ctx context.Context, std Streams, log *slog.Logger) error {
	db, done, err := t.beside(ctx, "token", log)
	if err != nil {
		return err
	}
	defer done()
	secret, err := db.Secret(ctx, oauthSecret, oauthSecretSize)
	if err != nil {
		return err
	}
	token, mark, err := oauth.OperatorToken(ctx, storage.NewOAuth(db), secret, t.Scope, t.TTL)
	if err != nil {
		return err
	}
	log.Info("a token was made for the operator", "token", mark, "scope", t.Scope, "ttl", t.TTL.String())
	fmt.Fprintln(std.Out, token)
	return nil
}
