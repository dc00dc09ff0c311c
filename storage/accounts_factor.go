package storage

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/authz/accounts"
)

const factorColumns = `SELECT id::text, account::text, kind, name, secret, credential, confirmed, created, used FROM account_factor `

func scanFactor(row pgx.CollectableRow) (f accounts.SecondFactor, err error) {
	var used *time.Time
	err = row.Scan(&f.ID, &f.Account, &f.Kind, &f.Name, &f.Secret, &f.Credential, &f.Confirmed, &f.Created, &used)
	f.Created, f.Used = f.Created.UTC(), utc(used)
	return f, err
}

func (t accountsTx) AddFactor(ctx context.Context, f accounts.SecondFactor) error {
	_, err := t.exec(ctx, "add a factor", `INSERT INTO account_factor (id, account, kind, name, secret, credential, confirmed, created, used) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		f.ID, f.Account, f.Kind, f.Name, f.Secret, f.Credential, f.Confirmed, f.Created, never(f.Used))
	return err
}

func (t accountsTx) FactorsOf(ctx context.Context, account string) ([]accounts.SecondFactor, error) {
	return all(ctx, t, "list factors", scanFactor, factorColumns+`WHERE account = $1 ORDER BY created, id FOR UPDATE`, account)
}

func (t accountsTx) FactorOf(ctx context.Context, credential []byte) (accounts.SecondFactor, error) {
	return first(ctx, t, "find a passkey", scanFactor, factorColumns+`WHERE credential = $1`, credential)
}

func (t accountsTx) ChangeFactor(ctx context.Context, f accounts.SecondFactor) error {
	return t.one(ctx, "change a factor", `UPDATE account_factor SET name = $2, secret = $3, confirmed = $4, used = $5 WHERE id = $1`, f.ID, f.Name, f.Secret, f.Confirmed, never(f.Used))
}

func (t accountsTx) DropFactor(ctx context.Context, account, id string) error {
	if !isID(id) {
		return accounts.ErrNone
	}
	return t.one(ctx, "drop a factor", `DELETE FROM account_factor WHERE account = $1 AND id = $2`, account, id)
}

func (t accountsTx) StepForward(ctx context.Context, id string, step int64) (bool, error) {
	n, err := t.exec(ctx, "use a code up", `UPDATE account_factor SET step = $2 WHERE id = $1 AND step < $2`, id, step)
	return n == 1, err
}

func (t accountsTx) SetRecoveryCodes(ctx context.Context, account string, hashes [][]byte) error {
	if _, err := t.exec(ctx, "drop recovery codes", `DELETE FROM account_recovery_code WHERE account = $1`, account); err != nil {
		return err
	}
	_, err := t.exec(ctx, "set recovery codes", `INSERT INTO account_recovery_code (account, hash) SELECT $1, unnest($2::bytea[])`, account, hashes)
	return err
}

func (t accountsTx) TakeRecoveryCode(ctx context.Context, account string, hash []byte) (bool, error) {
	n, err := t.exec(ctx, "use a recovery code up", `DELETE FROM account_recovery_code WHERE account = $1 AND hash = $2`, account, hash)
	return n == 1, err
}

func (t accountsTx) RecoveryCodes(ctx context.Context, account string) (n int, err error) {
	err = t.tx.QueryRow(ctx, `SELECT count(*) FROM account_recovery_code WHERE account = $1`, account).Scan(&n)
	return n, none(err, "count recovery codes")
}

func (t accountsTx) AddCeremony(ctx context.Context, c accounts.Ceremony) error {
	_, err := t.exec(ctx, "add a ceremony", `INSERT INTO account_ceremony (hash, account, session, kind, data, expires) VALUES ($1, $2, $3, $4, $5, $6)`,
		c.Hash, nullable(c.Account), nullable(c.Session), c.Kind, c.Data, c.Expires)
	return err
}

func (t accountsTx) TakeCeremony(ctx context.Context, hash []byte, now time.Time) (accounts.Ceremony, error) {
	return first(ctx, t, "end a ceremony", func(row pgx.CollectableRow) (c accounts.Ceremony, err error) {
		err = row.Scan(&c.Hash, &c.Account, &c.Session, &c.Kind, &c.Data, &c.Expires)
		c.Expires = c.Expires.UTC()
		return c, err
	}, `DELETE FROM account_ceremony WHERE hash = $1 AND expires > $2 RETURNING hash, coalesce(account::text, ''), coalesce(session::text, ''), kind, data, expires`, hash, now)
}
