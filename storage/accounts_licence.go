package storage

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/authz/accounts"
	"github.com/webdoctor/webdoctor/fhir"
)

const licenceColumns = `SELECT id::text, account::text, number, issuer, region, expires, state, sent, evidence, reason, reviewer, reviewed, notified FROM account_licence `

func scanLicence(row pgx.CollectableRow) (l accounts.Licence, err error) {
	var reviewed *time.Time
	err = row.Scan(&l.ID, &l.Account, &l.Number, &l.Issuer, &l.Region, &l.Expires, &l.State, &l.Sent, &l.Evidence, &l.Reason, &l.Reviewer, &reviewed, &l.Notified)
	l.Expires, l.Sent, l.Reviewed = l.Expires.UTC(), l.Sent.UTC(), utc(reviewed)
	return l, err
}

func (t accountsTx) AddLicence(ctx context.Context, l accounts.Licence) error {
	_, err := t.exec(ctx, "add a licence", `INSERT INTO account_licence (id, account, number, issuer, region, expires, state, sent, evidence, reason, reviewer, reviewed, notified) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		l.ID, l.Account, l.Number, l.Issuer, l.Region, l.Expires, l.State, l.Sent, l.Evidence, l.Reason, l.Reviewer, never(l.Reviewed), l.Notified)
	return err
}

func (t accountsTx) Licence(ctx context.Context, id string) (accounts.Licence, error) {
	if !isID(id) {
		return accounts.Licence{}, accounts.ErrNone
	}
	return first(ctx, t, "find a licence", scanLicence, licenceColumns+`WHERE id = $1 FOR UPDATE`, id)
}

func (t accountsTx) ChangeLicence(ctx context.Context, l accounts.Licence) error {
	return t.one(ctx, "change a licence", `UPDATE account_licence SET state = $2, evidence = $3, reason = $4, reviewer = $5, reviewed = $6, notified = $7 WHERE id = $1`,
		l.ID, l.State, l.Evidence, l.Reason, l.Reviewer, never(l.Reviewed), l.Notified)
}

func (t accountsTx) LicencesOf(ctx context.Context, account string) ([]accounts.Licence, error) {
	if !isID(account) {
		return nil, nil
	}
	return all(ctx, t, "list licences", scanLicence, licenceColumns+`WHERE account = $1 ORDER BY sent, id`, account)
}

func (t accountsTx) LicencesIn(ctx context.Context, state accounts.LicenceState, before time.Time, n int) ([]accounts.Licence, error) {
	return all(ctx, t, "list licences", scanLicence, licenceColumns+`WHERE state = $1 AND ($2::timestamptz IS NULL OR expires <= $2) ORDER BY expires, id LIMIT $3 FOR UPDATE SKIP LOCKED`, state, never(before), n)
}

const proxyColumns = `SELECT id::text, account::text, patient_type, patient_id, related_type, related_id, rights, until, by, granted, revoked FROM account_proxy `

func scanProxy(row pgx.CollectableRow) (p accounts.Proxy, err error) {
	var revoked *time.Time
	err = row.Scan(&p.ID, &p.Account, &p.Patient.Type, &p.Patient.ID, &p.Related.Type, &p.Related.ID, &p.Rights, &p.Until, &p.By, &p.Granted, &revoked)
	p.Until, p.Granted, p.Revoked = p.Until.UTC(), p.Granted.UTC(), utc(revoked)
	return p, err
}

func (t accountsTx) AddProxy(ctx context.Context, p accounts.Proxy) error {
	_, err := t.exec(ctx, "add a proxy", `INSERT INTO account_proxy (id, account, patient_type, patient_id, related_type, related_id, rights, until, by, granted, revoked) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		p.ID, p.Account, p.Patient.Type, p.Patient.ID, p.Related.Type, p.Related.ID, p.Rights, p.Until, p.By, p.Granted, never(p.Revoked))
	return err
}

func (t accountsTx) Proxy(ctx context.Context, id string) (accounts.Proxy, error) {
	if !isID(id) {
		return accounts.Proxy{}, accounts.ErrNone
	}
	return first(ctx, t, "find a proxy", scanProxy, proxyColumns+`WHERE id = $1 FOR UPDATE`, id)
}

func (t accountsTx) ChangeProxy(ctx context.Context, p accounts.Proxy) error {
	return t.one(ctx, "change a proxy", `UPDATE account_proxy SET rights = $2, until = $3, revoked = $4 WHERE id = $1`, p.ID, p.Rights, p.Until, never(p.Revoked))
}

func (t accountsTx) ProxiesOf(ctx context.Context, account string) ([]accounts.Proxy, error) {
	if !isID(account) {
		return nil, nil
	}
	return all(ctx, t, "list proxies", scanProxy, proxyColumns+`WHERE account = $1 ORDER BY granted, id`, account)
}

func (t accountsTx) ProxiesFor(ctx context.Context, patient fhir.Key) ([]accounts.Proxy, error) {
	return all(ctx, t, "list proxies", scanProxy, proxyColumns+`WHERE patient_type = $1 AND patient_id = $2 ORDER BY granted, id`, patient.Type, patient.ID)
}
