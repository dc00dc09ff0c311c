package cmd

import (
	"context"
	"net/url"

	"github.com/webdoctor/webdoctor/authz/oauth"
	"github.com/webdoctor/webdoctor/portal"
)

// apps answers the pages of the portal about apps.
type apps struct {
	*oauth.Server
	store oauth.Store
}

var _ portal.Apps = apps{}

func answers(who portal.Signed) oauth.Signed {
	return oauth.Signed{Account: who.Account, Session: who.Session, At: who.At}
}

// Pending is a request that a person is to answer.
func (a apps) Pending(ctx context.Context, id string, who portal.Signed) (portal.Pending, error) {
	q, err := a.Next(ctx, id, answers(who))
	if err != nil {
		return portal.Pending{}, err
	}
	return portal.Pending{
		Step: string(q.Step), App: q.Client.Name, Site: site(q.Authorization.Params["redirect_uri"]),
		Patient: q.Authorization.Patient, Own: q.Own, Asked: q.Authorization.Asked,
	}, nil
}

// Target is the origin that a request leads to in the end.
func (a apps) Target(ctx context.Context, id string) string {
	pending, err := a.store.Authorization(ctx, id)
	if err != nil {
		return ""
	}
	return site(pending.Params["redirect_uri"])
}

// ChoosePatient says whose record the app will see.
func (a apps) ChoosePatient(ctx context.Context, id string, who portal.Signed, patient string) error {
	return a.Server.ChoosePatient(ctx, id, answers(who), patient)
}

// Decide agrees to some scopes, or to none and so to nothing.
func (a apps) Decide(ctx context.Context, id string, who portal.Signed, scopes []string) error {
	return a.Server.Decide(ctx, id, answers(who), oauth.Decision{Approve: len(scopes) > 0, Scopes: scopes})
}

// Granted are the apps that an account has let in.
func (a apps) Granted(ctx context.Context, account string) ([]portal.Granted, error) {
	all, err := a.Server.Granted(ctx, account)
	if err != nil {
		return nil, err
	}
	var list []portal.Granted
	for _, g := range all {
		list = append(list, portal.Granted{Client: g.Client.ID, Name: g.Client.Name, Scopes: g.Scopes, Since: g.Since, Until: g.Until, Offline: g.Offline})
	}
	return list, nil
}

// Clients are the registered apps.
func (a apps) Clients(ctx context.Context) ([]portal.Client, error) {
	all, err := a.store.Clients(ctx)
	if err != nil {
		return nil, err
	}
	var list []portal.Client
	for _, c := range all {
		list = append(list, portal.Client{ID: c.ID, Name: c.Name, Site: c.About.Site, State: c.State, Method: c.Method, Redirects: c.Redirects, Scopes: c.Scopes, Created: c.Created})
	}
	return list, nil
}

// SetState approves or disables an app.
func (a apps) SetState(ctx context.Context, client, state string) error {
	_, err := oauth.SetState(ctx, a.store, client, state)
	return err
}

// site is the origin of an address, "" for none.
func site(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
