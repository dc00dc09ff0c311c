package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/authz/accounts"
)

// standingColumns are what an account a is at the time $2. A suspended licence
// stops whatever else there is; one whose time is over opens nothing even
// before the daily job has seen it.
const standingColumns = `a.id::text, a.since, ` + accountRoles + `,
(SELECT CASE WHEN count(*) = 0 THEN '' WHEN bool_or(l.state = 'suspended') THEN 'suspended' WHEN bool_or(l.state = 'verified' AND l.expires > $2) THEN 'verified'
  WHEN bool_or(l.state = 'submitted') THEN 'submitted' ELSE 'expired' END FROM account_licence l WHERE l.account = a.id AND l.state <> 'refused'),
(SELECT json_agg(json_build_array(p.patient_type || '/' || p.patient_id, p.related_type || '/' || p.related_id, p.rights, p.until) ORDER BY p.id)::text
  FROM account_proxy p WHERE p.account = a.id AND p.revoked IS NULL AND p.until > $2)`

const sessionColumns = `s.id::text, s.hash, s.account::text, s.role, s.next, s.began, s.seen, s.until, s.idle, s.factor, s.fresh, s.address, s.agent`

// living is the condition of sessions that have not ended at $2.
const living = `s.until > $2 AND s.seen + s.idle * interval '1 second' > $2`

// standing is where the columns of a standing are scanned.
type standing struct {
	accounts.Standing
	held    []string
	proxies *string
}

func (s *standing) into() []any {
	return []any{&s.Account, &s.Since, &s.held, &s.Licence, &s.proxies}
}

func (s *standing) read() (accounts.Standing, error) {
	s.Since, s.Held = s.Since.UTC(), heldOf(s.held)
	if s.proxies == nil {
		return s.Standing, nil
	}
	var list []proxyRow
	if err := json.Unmarshal([]byte(*s.proxies), &list); err != nil {
		return s.Standing, fmt.Errorf("read the proxies of an account: %w", err)
	}
	for _, p := range list {
		s.Proxies = append(s.Proxies, authz.Proxy(p))
	}
	return s.Standing, nil
}

// proxyRow is a proxy as standingColumns write it.
type proxyRow authz.Proxy

func (p *proxyRow) UnmarshalJSON(text []byte) error {
	var patient, related string
	if err := json.Unmarshal(text, &[]any{&patient, &related, &p.Rights, &p.Until}); err != nil {
		return err
	}
	p.Patient, p.Related, p.Until = keyOfText(patient), keyOfText(related), p.Until.UTC()
	return nil
}

// session is where the columns of a session are scanned.
type session struct {
	accounts.Session
	idle   int
	factor *time.Time
}

func (s *session) into() []any {
	return []any{&s.ID, &s.Hash, &s.Account, &s.Role, &s.Next, &s.Began, &s.Seen, &s.Until, &s.idle, &s.factor, &s.Fresh, &s.Origin.Address, &s.Origin.Agent}
}

func (s *session) read() accounts.Session {
	s.Began, s.Seen, s.Until, s.Fresh, s.Factor = s.Began.UTC(), s.Seen.UTC(), s.Until.UTC(), s.Fresh.UTC(), utc(s.factor)
	s.Idle = time.Duration(s.idle) * time.Second
	return s.Session
}

func scanSession(row pgx.CollectableRow) (accounts.Session, error) {
	var s session
	err := row.Scan(s.into()...)
	return s.read(), err
}

// Session is one statement: two rows by their keys, and the few rows of
// roles, licences and proxies that belong to them.
func (a Accounts) Session(ctx context.Context, hash []byte, now time.Time) (accounts.Session, accounts.Standing, error) {
	var s session
	var st standing
	err := a.db.pool.QueryRow(ctx, `SELECT `+sessionColumns+`, `+standingColumns+` FROM account_session s JOIN account a ON a.id = s.account
WHERE s.hash = $1 AND `+living+` AND a.state = 'active'`, hash, now).Scan(append(s.into(), st.into()...)...)
	if err != nil {
		return accounts.Session{}, accounts.Standing{}, absent(err, "find a session")
	}
	read, err := st.read()
	return s.read(), read, err
}

// Standing is one statement.
func (a Accounts) Standing(ctx context.Context, account string, now time.Time) (accounts.Standing, error) {
	if !isID(account) {
		return accounts.Standing{}, accounts.ErrNone
	}
	var st standing
	err := a.db.pool.QueryRow(ctx, `SELECT `+standingColumns+` FROM account a WHERE a.id = $1 AND a.state = 'active'`, account, now).Scan(st.into()...)
	if err != nil {
		return accounts.Standing{}, absent(err, "find an account")
	}
	return st.read()
}

// Alive is one statement.
func (a Accounts) Alive(ctx context.Context, id string, now time.Time) (alive bool, err error) {
	if !isID(id) {
		return false, nil
	}
	err = a.db.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM account_session s JOIN account a ON a.id = s.account WHERE s.id = $1 AND `+living+` AND a.state = 'active')`, id, now).Scan(&alive)
	if err != nil {
		return false, absent(err, "find a session")
	}
	return alive, nil
}

// absent is none for what is not in a transaction.
func absent(err error, what string) error {
	if err = none(err, what); errors.Is(err, accounts.ErrNone) {
		return err
	}
	return failure(err)
}

func (t accountsTx) AddSession(ctx context.Context, s accounts.Session) error {
	_, err := t.exec(ctx, "add a session", `INSERT INTO account_session (id, hash, account, role, next, began, seen, until, idle, factor, fresh, address, agent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		s.ID, s.Hash, s.Account, s.Role, s.Next, s.Began, s.Seen, s.Until, int(s.Idle.Seconds()), never(s.Factor), s.Fresh, s.Origin.Address, s.Origin.Agent)
	return err
}

// LockSession locks the account, under whose lock all its sessions change, and
// only then looks whether the session is still there.
func (t accountsTx) LockSession(ctx context.Context, hash []byte, now time.Time) (accounts.Session, error) {
	if _, err := t.exec(ctx, "lock a session", `SELECT FROM account WHERE id = (SELECT account FROM account_session WHERE hash = $1) FOR UPDATE`, hash); err != nil {
		return accounts.Session{}, err
	}
	return first(ctx, t, "find a session", scanSession, `SELECT `+sessionColumns+` FROM account_session s WHERE s.hash = $1 AND `+living, hash, now)
}

func (t accountsTx) ChangeSession(ctx context.Context, s accounts.Session) error {
	return t.one(ctx, "change a session", `UPDATE account_session SET hash = $2, role = $3, next = $4, seen = $5, until = $6, idle = $7, factor = $8, fresh = $9 WHERE id = $1`,
		s.ID, s.Hash, s.Role, s.Next, s.Seen, s.Until, int(s.Idle.Seconds()), never(s.Factor), s.Fresh)
}

func (t accountsTx) SessionsOf(ctx context.Context, account string, now time.Time) ([]accounts.Session, error) {
	return all(ctx, t, "list sessions", scanSession, `SELECT `+sessionColumns+` FROM account_session s WHERE s.account = $1 AND `+living+` ORDER BY s.began, s.id`, account, now)
}

func (t accountsTx) DropSession(ctx context.Context, account, id string) error {
	if !isID(id) {
		return accounts.ErrNone
	}
	return t.one(ctx, "end a session", `DELETE FROM account_session WHERE account = $1 AND id = $2`, account, id)
}

func (t accountsTx) DropSessions(ctx context.Context, account, except string) error {
	_, err := t.exec(ctx, "end sessions", `DELETE FROM account_session WHERE account = $1 AND id IS DISTINCT FROM $2`, account, nullable(except))
	return err
}

// DropEnded removes what has ended on its own. Rows that somebody is just
// using are passed over.
func (t accountsTx) DropEnded(ctx context.Context, now time.Time) error {
	for what, sql := range map[string]string{
		"sessions":   `DELETE FROM account_session WHERE id IN (SELECT id FROM account_session s WHERE s.until <= $1 OR s.seen + s.idle * interval '1 second' <= $1::timestamptz FOR UPDATE SKIP LOCKED)`,
		"tokens":     `DELETE FROM account_token WHERE hash IN (SELECT hash FROM account_token WHERE expires <= $1 FOR UPDATE SKIP LOCKED)`,
		"ceremonies": `DELETE FROM account_ceremony WHERE hash IN (SELECT hash FROM account_ceremony WHERE expires <= $1 FOR UPDATE SKIP LOCKED)`,
		"counters":   `DELETE FROM account_counter WHERE key IN (SELECT key FROM account_counter WHERE begun < $1::timestamptz - interval '1 day' AND (until IS NULL OR until <= $1) FOR UPDATE SKIP LOCKED)`,
		"letters":    `DELETE FROM account_letter WHERE state <> 'queued' AND created < $1::timestamptz - interval '30 days'`,
	} {
		if _, err := t.exec(ctx, "drop "+what+" that have ended", sql, now); err != nil {
			return err
		}
	}
	return nil
}
