package storage

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/authz/oauth"
)

// PutToken stores a new token.
func (o *OAuth) PutToken(ctx context.Context, t oauth.Token) error {
	var client *string // NULL for the operator's
	if t.Client != "" {
		client = &t.Client
	}
	_, err := o.in(ctx).Exec(ctx, `INSERT INTO oauth_token (kind, signature, family, client, account, session, active, issued, expires, data)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		string(t.Kind), t.Signature, t.Family, client, t.Account, t.Session, t.Active, t.Issued, t.Expires, json.RawMessage(t.Data))
	if err != nil {
		return fmt.Errorf("write a token: %w", failure(err))
	}
	return nil
}

// Token finds a token of an active client or of the operator, spent or not.
// It is one prepared statement on the primary keys: every request whose token
// is not in the memory of this server runs it.
func (o *OAuth) Token(ctx context.Context, kind oauth.Kind, signature string) (oauth.Token, error) {
	t := oauth.Token{Kind: kind, Signature: signature}
	err := o.in(ctx).QueryRow(ctx, `SELECT t.family, coalesce(t.client, ''), t.account, t.session, t.active, t.issued, t.expires, t.data
FROM oauth_token t LEFT JOIN oauth_client c ON c.id = t.client
WHERE t.kind = $1 AND t.signature = $2 AND (t.client IS NULL OR c.state = 'active')`, string(kind), signature).
		Scan(&t.Family, &t.Client, &t.Account, &t.Session, &t.Active, &t.Issued, &t.Expires, &t.Data)
	if err != nil {
		return oauth.Token{}, gone("token", err)
	}
	return t, nil
}

// Spend makes a token inactive. Of two at once the second waits for the first
// and finds nothing to do.
func (o *OAuth) Spend(ctx context.Context, kind oauth.Kind, signature string) (bool, error) {
	tag, err := o.in(ctx).Exec(ctx, `UPDATE oauth_token SET active = false WHERE kind = $1 AND signature = $2 AND active`, string(kind), signature)
	if err != nil {
		return false, fmt.Errorf("spend a token: %w", failure(err))
	}
	return tag.RowsAffected() == 1, nil
}

// Revoke makes the tokens of a family inactive.
func (o *OAuth) Revoke(ctx context.Context, family string, kinds ...oauth.Kind) error {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	if _, err := o.in(ctx).Exec(ctx, `UPDATE oauth_token SET active = false WHERE family = $1 AND active AND (cardinality($2::text[]) = 0 OR kind = ANY ($2))`, family, names); err != nil {
		return fmt.Errorf("revoke tokens: %w", failure(err))
	}
	return nil
}

// RevokeAccount makes the tokens of an account inactive, and withdraws the
// requests it has begun to answer.
func (o *OAuth) RevokeAccount(ctx context.Context, account, client string) error {
	for _, sql := range []string{
		`UPDATE oauth_token SET active = false WHERE account = $1 AND account <> '' AND ($2 = '' OR client = $2) AND active`,
		`DELETE FROM oauth_authorization WHERE account = $1 AND account <> '' AND ($2 = '' OR client = $2)`,
	} {
		if _, err := o.in(ctx).Exec(ctx, sql, account, client); err != nil {
			return fmt.Errorf("revoke the tokens of an account: %w", failure(err))
		}
	}
	return nil
}

// Apps are the clients that hold an active token of the account.
func (o *OAuth) Apps(ctx context.Context, account string) ([]oauth.App, error) {
	rows, err := o.in(ctx).Query(ctx, `SELECT client, min(issued), max(expires), (array_agg(data ORDER BY issued DESC))[1]
FROM oauth_token WHERE account = $1 AND account <> '' AND active AND expires > now() AND kind IN ('access', 'refresh') AND client IS NOT NULL
GROUP BY client ORDER BY 2 DESC, client`, account)
	if err != nil {
		return nil, fmt.Errorf("read the apps of an account: %w", failure(err))
	}
	apps, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a oauth.App, err error) {
		err = row.Scan(&a.Client.ID, &a.Since, &a.Until, &a.Data)
		return a, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the apps of an account: %w", failure(err))
	}
	for i := range apps {
		if apps[i].Client, err = o.Client(ctx, apps[i].Client.ID); err != nil {
			return nil, err
		}
	}
	return apps, nil
}
