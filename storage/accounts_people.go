package storage

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/authz/accounts"
	"github.com/webdoctor/webdoctor/fhir"
)

// accountRoles are the roles of an account a as texts: "practitioner
// Type/id", the person left out when there is none.
const accountRoles = `ARRAY(SELECT role || ' ' || coalesce(self_type || '/' || self_id, '') FROM account_role r WHERE r.account = a.id ORDER BY ordinal)`

const accountColumns = `SELECT a.id::text, a.email, a.state, a.name, a.language, a.password, a.created, a.since, a.profile, ` + accountRoles + ` FROM account a `

func scanAccount(row pgx.CollectableRow) (a accounts.Account, err error) {
	var created, since time.Time
	var held []string
	err = row.Scan(&a.ID, &a.Email, &a.State, &a.Name, &a.Language, &a.Password, &created, &since, &a.Profile, &held)
	a.Created, a.Since, a.Held = created.UTC(), since.UTC(), heldOf(held)
	return a, err
}

func heldOf(texts []string) (held []accounts.Held) {
	for _, text := range texts {
		role, self, _ := strings.Cut(text, " ")
		held = append(held, accounts.Held{Role: authz.Role(role), Self: keyOfText(self)})
	}
	return held
}

// keyOfText is the key of a reference Type/id.
func keyOfText(s string) fhir.Key {
	typ, id, _ := strings.Cut(s, "/")
	return fhir.Key{Type: typ, ID: id}
}

// mailbox is NULL for an account without an address.
func mailbox(email string) (any, error) {
	if email == "" {
		return nil, nil
	}
	return accounts.Mailbox(email)
}

func (t accountsTx) AddAccount(ctx context.Context, a accounts.Account) error {
	box, err := mailbox(a.Email)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, "add an account", `INSERT INTO account (id, email, mailbox, state, name, language, password, created, since, profile) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		a.ID, a.Email, box, a.State, a.Name, a.Language, a.Password, a.Created, a.Since, a.Profile)
	if err != nil {
		return err
	}
	return t.setRoles(ctx, a)
}

func (t accountsTx) setRoles(ctx context.Context, a accounts.Account) error {
	var roles []string
	var types, ids []*string
	for _, h := range a.Held {
		roles = append(roles, string(h.Role))
		var typ, id *string
		if h.Self != (fhir.Key{}) {
			typ, id = &h.Self.Type, &h.Self.ID
		}
		types, ids = append(types, typ), append(ids, id)
	}
	_, err := t.exec(ctx, "set the roles of an account", `INSERT INTO account_role (account, role, self_type, self_id, ordinal)
SELECT $1, role, type, id, n FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS u (role, type, id, n)`, a.ID, roles, types, ids)
	return err
}

func (t accountsTx) Account(ctx context.Context, id string) (accounts.Account, error) {
	if !isID(id) {
		return accounts.Account{}, accounts.ErrNone
	}
	return first(ctx, t, "find an account", scanAccount, accountColumns+`WHERE a.id = $1 FOR UPDATE OF a`, id)
}

func (t accountsTx) AccountAt(ctx context.Context, email string) (accounts.Account, error) {
	box, err := accounts.Mailbox(email)
	if err != nil {
		box = email // the mailbox of nobody, looked for all the same: it takes as long
	}
	return first(ctx, t, "find an account by its address", scanAccount, accountColumns+`WHERE a.mailbox = $1 FOR UPDATE OF a`, box)
}

func (t accountsTx) ChangeAccount(ctx context.Context, a accounts.Account) error {
	box, err := mailbox(a.Email)
	if err != nil {
		return err
	}
	err = t.one(ctx, "change an account", `UPDATE account SET email = $2, mailbox = $3, state = $4, name = $5, language = $6, password = $7, since = $8, profile = $9 WHERE id = $1`,
		a.ID, a.Email, box, a.State, a.Name, a.Language, a.Password, a.Since, a.Profile)
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, "change the roles of an account", `DELETE FROM account_role WHERE account = $1`, a.ID); err != nil {
		return err
	}
	return t.setRoles(ctx, a)
}

func (t accountsTx) Accounts(ctx context.Context, after string, n int) ([]accounts.Account, error) {
	if after == "" {
		after = "00000000-0000-0000-0000-000000000000"
	}
	if !isID(after) {
		return nil, nil
	}
	return all(ctx, t, "list accounts", scanAccount, accountColumns+`WHERE a.id > $1 AND a.state <> 'deleted' ORDER BY a.id LIMIT $2`, after, n)
}

func (t accountsTx) Holders(ctx context.Context, role authz.Role, state accounts.State) (n int, err error) {
	// The lock makes two who give up the role at once wait for one another.
	if _, err = t.exec(ctx, "lock the holders of a role", `SELECT pg_advisory_xact_lock(hashtext('account role ' || $1))`, role); err != nil {
		return 0, err
	}
	err = t.tx.QueryRow(ctx, `SELECT count(*) FROM account_role r JOIN account a ON a.id = r.account WHERE r.role = $1 AND a.state = $2`, role, state).Scan(&n)
	if err != nil {
		err = fmt.Errorf("count the holders of a role: %w", err)
	}
	return n, err
}
