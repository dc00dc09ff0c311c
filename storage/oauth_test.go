package storage_test

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/authz/oauth"
	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/storage"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

func openOAuth(t *testing.T) *storage.OAuth {
	t.Helper()
	db, err := storage.Open(t.Context(), storagetest.Postgres(t), storage.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return storage.NewOAuth(db)
}

func oauthClient(id, state string) oauth.Client {
	return oauth.Client{ID: id, Name: "An app", Method: oauth.MethodNone, State: state, Created: time.Now().UTC().Truncate(time.Microsecond)}
}

func oauthToken(kind oauth.Kind, signature, family string) oauth.Token {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return oauth.Token{Kind: kind, Signature: signature, Family: family, Client: "c", Account: "ada", Active: true, Issued: now, Expires: now.Add(time.Hour), Data: []byte(`{"v":1}`)}
}

func TestOAuthClients(t *testing.T) {
	t.Parallel()
	o := openOAuth(t)
	ctx := t.Context()
	if _, err := o.Client(ctx, "c"); fhir.CodeOf(err) != fhir.NotFound {
		t.Fatal(err)
	}
	c := oauth.Client{
		ID: "c", Name: "An app", Method: oauth.MethodKey, Secret: []byte{1}, Former: []byte{2}, Keys: []byte(`{"keys":[]}`), KeysURL: "https://a/k", Redirects: []string{"https://a/b"},
		LaunchURL: "https://a/l", Origins: []string{"https://a"}, Grants: []string{"authorization_code"}, Scopes: "openid", Introspects: true, State: oauth.Active,
		About: oauth.About{Logo: "https://a/logo", Contacts: []string{"x@a"}}, Registration: []byte{3}, Created: time.Now().UTC().Truncate(time.Microsecond),
	}
	for range 2 { // new and replaced
		if err := o.PutClient(ctx, c); err != nil {
			t.Fatal(err)
		}
		got, err := o.Client(ctx, "c")
		if err != nil || got.Name != c.Name || string(got.Keys) != string(c.Keys) || !slices.Equal(got.Redirects, c.Redirects) || got.About.Logo != c.About.Logo || !got.Created.Equal(c.Created) || !got.Introspects || got.State != c.State || string(got.Former) != "\x02" || string(got.Registration) != "\x03" {
			t.Fatal(got, err)
		}
		c.Name, c.State = "Another", oauth.Disabled
	}
	if known, err := o.Origin(ctx, "https://a"); err != nil || known {
		t.Error("origin of a disabled client: ", known, err)
	}
	c.State = oauth.Active
	if err := errors.Join(o.PutClient(ctx, c), o.PutClient(ctx, oauthClient("d", oauth.Draft))); err != nil {
		t.Fatal(err)
	}
	if known, err := o.Origin(ctx, "https://a"); err != nil || !known {
		t.Error(known, err)
	}
	if all, err := o.Clients(ctx); err != nil || len(all) != 2 || all[0].ID != "c" {
		t.Error(all, err)
	}
}

// TestOAuthTokens is the contract of oauth.Tokens.
func TestOAuthTokens(t *testing.T) {
	t.Parallel()
	o := openOAuth(t)
	ctx := t.Context()
	if err := o.PutClient(ctx, oauthClient("c", oauth.Active)); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []oauth.Kind{oauth.Code, oauth.Access, oauth.Refresh} {
		want := oauthToken(kind, "s", "f")
		want.Session = "login"
		if err := o.PutToken(ctx, want); err != nil {
			t.Fatal(err)
		}
		if err := o.PutToken(ctx, want); err == nil {
			t.Error("the same token twice")
		}
		got, err := o.Token(ctx, kind, "s")
		if err != nil || got.Family != "f" || got.Account != "ada" || got.Session != "login" || !got.Active || !got.Expires.Equal(want.Expires) || !got.Issued.Equal(want.Issued) || string(got.Data) != `{"v":1}` {
			t.Fatal(got, err)
		}
		if _, err := o.Token(ctx, kind, "x"); fhir.CodeOf(err) != fhir.NotFound {
			t.Error(err)
		}
		var won atomic.Int32
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				first, err := o.Spend(ctx, kind, "s")
				if err != nil {
					t.Error(err)
				}
				if first {
					won.Add(1)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("%s: %d won", kind, won.Load())
		}
		if got, err := o.Token(ctx, kind, "s"); err != nil || got.Active { // spent, and still known
			t.Error(got, err)
		}
	}
	if _, err := oauth.SetState(ctx, o, "c", oauth.Disabled); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Token(ctx, oauth.Access, "s"); fhir.CodeOf(err) != fhir.NotFound {
		t.Error("a token of a disabled client: ", err)
	}
	operator := oauthToken(oauth.Access, "operator", "g")
	operator.Client, operator.Account = "", ""
	if err := o.PutToken(ctx, operator); err != nil {
		t.Fatal(err)
	}
	if got, err := o.Token(ctx, oauth.Access, "operator"); err != nil || got.Client != "" {
		t.Error(got, err)
	}
}

// TestOAuthTransactions: what is rolled back was never there, and who spends
// in a transaction holds off those who come second until it has ended.
func TestOAuthTransactions(t *testing.T) {
	t.Parallel()
	o := openOAuth(t)
	ctx := t.Context()
	if err := errors.Join(o.PutClient(ctx, oauthClient("c", oauth.Active)), o.PutToken(ctx, oauthToken(oauth.Refresh, "old", "f"))); err != nil {
		t.Fatal(err)
	}
	tx, err := o.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Begin(tx); err == nil {
		t.Error("a transaction in a transaction")
	}
	if first, err := o.Spend(tx, oauth.Refresh, "old"); err != nil || !first {
		t.Fatal(first, err)
	}
	if err := o.PutToken(tx, oauthToken(oauth.Refresh, "new", "f")); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Token(ctx, oauth.Refresh, "new"); fhir.CodeOf(err) != fhir.NotFound {
		t.Error("seen before it was committed: ", err)
	}
	second := make(chan bool)
	go func() {
		first, err := o.Spend(ctx, oauth.Refresh, "old")
		second <- first && err == nil
	}()
	select {
	case <-second:
		t.Fatal("the second did not wait")
	case <-time.After(100 * time.Millisecond):
	}
	if err := o.Rollback(tx); err != nil {
		t.Fatal(err)
	}
	if !<-second {
		t.Error("after a rollback the second wins")
	}
	if _, err := o.Token(ctx, oauth.Refresh, "new"); fhir.CodeOf(err) != fhir.NotFound {
		t.Error(err)
	}
	if tx, err = o.Begin(ctx); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(o.PutToken(tx, oauthToken(oauth.Refresh, "new", "f")), o.Commit(tx), o.Rollback(tx)); err != nil {
		t.Error(err)
	}
	if _, err := o.Token(ctx, oauth.Refresh, "new"); err != nil {
		t.Error(err)
	}
	if o.Commit(ctx) == nil || o.Rollback(ctx) == nil {
		t.Error("the end of no transaction")
	}
}

func TestOAuthRevoke(t *testing.T) {
	t.Parallel()
	o := openOAuth(t)
	ctx := t.Context()
	for _, id := range []string{"c", "d"} {
		if err := o.PutClient(ctx, oauthClient(id, oauth.Active)); err != nil {
			t.Fatal(err)
		}
	}
	put := func(kind oauth.Kind, signature, family, client, account string) {
		t.Helper()
		tok := oauthToken(kind, signature, family)
		tok.Client, tok.Account = client, account
		if err := o.PutToken(ctx, tok); err != nil {
			t.Fatal(err)
		}
	}
	active := func(kind oauth.Kind, signature string) bool {
		t.Helper()
		tok, err := o.Token(ctx, kind, signature)
		if err != nil {
			t.Fatal(err)
		}
		return tok.Active
	}
	put(oauth.Access, "a1", "f1", "c", "ada")
	put(oauth.Refresh, "r1", "f1", "c", "ada")
	put(oauth.Access, "a2", "f2", "d", "ada")
	put(oauth.Access, "a3", "f3", "c", "ben")
	put(oauth.Access, "a4", "f4", "c", "")
	if apps, err := o.Apps(ctx, "ada"); err != nil || len(apps) != 2 {
		t.Fatal(apps, err)
	}
	if apps, err := o.Apps(ctx, ""); err != nil || len(apps) != 0 {
		t.Fatal("apps of nobody: ", apps, err)
	}
	if err := o.Revoke(ctx, "f1", oauth.Access); err != nil || active(oauth.Access, "a1") || !active(oauth.Refresh, "r1") {
		t.Error("one kind of a family: ", err)
	}
	if err := o.Revoke(ctx, "f1"); err != nil || active(oauth.Refresh, "r1") || !active(oauth.Access, "a2") {
		t.Error("a family: ", err)
	}
	put(oauth.Access, "a5", "f5", "c", "ada")
	if err := o.RevokeAccount(ctx, "ada", "c"); err != nil || active(oauth.Access, "a5") || !active(oauth.Access, "a2") || !active(oauth.Access, "a3") {
		t.Error("a client of an account: ", err)
	}
	if err := o.RevokeAccount(ctx, "ada", ""); err != nil || active(oauth.Access, "a2") || !active(oauth.Access, "a3") {
		t.Error("an account: ", err)
	}
	if err := o.RevokeAccount(ctx, "", ""); err != nil || !active(oauth.Access, "a4") || !active(oauth.Access, "a3") {
		t.Error("the account of nobody took others along: ", err)
	}
}

func TestOAuthOnce(t *testing.T) {
	t.Parallel()
	o := openOAuth(t)
	ctx := t.Context()
	for _, id := range []string{"c", "d"} {
		if err := o.PutClient(ctx, oauthClient(id, oauth.Active)); err != nil {
			t.Fatal(err)
		}
	}
	once := func(try func() bool) int32 {
		var won atomic.Int32
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if try() {
					won.Add(1)
				}
			})
		}
		wg.Wait()
		return won.Load()
	}
	soon := time.Now().Add(time.Minute)
	if n := once(func() bool { first, err := o.Assertion(ctx, "c", "jti", soon); return first && err == nil }); n != 1 {
		t.Errorf("an assertion counted %d times", n)
	}
	if first, err := o.Assertion(ctx, "d", "jti", soon); err != nil || !first {
		t.Error("of another client: ", first, err)
	}
	if err := o.PutLaunch(ctx, "l", "c", oauth.Launch{Account: "ada", Patient: "A", Expires: soon}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.TakeLaunch(ctx, "l", "d"); fhir.CodeOf(err) != fhir.NotFound {
		t.Error("another client's launch: ", err)
	}
	if n := once(func() bool { l, err := o.TakeLaunch(ctx, "l", "c"); return err == nil && l.Patient == "A" }); n != 1 {
		t.Errorf("a launch was taken %d times", n)
	}
	if err := o.PutAuthorization(ctx, oauth.Authorization{ID: "a", Client: "c", Expires: soon, Params: map[string]string{"state": "s"}, Asked: []string{"openid"}}); err != nil {
		t.Fatal(err)
	}
	done := errors.New("done")
	if n := once(func() bool {
		return o.UpdateAuthorization(ctx, "a", func(a *oauth.Authorization) error {
			if a.Done {
				return done
			}
			a.Done, a.Account = true, "ada"
			return nil
		}) == nil
	}); n != 1 {
		t.Errorf("a request was answered %d times", n)
	}
	if a, err := o.Authorization(ctx, "a"); err != nil || a.Account != "ada" || !a.Done || a.Params["state"] != "s" || a.ID != "a" || a.Client != "c" {
		t.Error(a, err)
	}
	// What has expired is neither found nor kept.
	past := time.Now().Add(-time.Minute)
	old := oauthToken(oauth.Access, "old", "f")
	old.Expires = past
	first, err := o.Assertion(ctx, "c", "old", past)
	if err := errors.Join(err, o.PutToken(ctx, old), o.PutLaunch(ctx, "old", "c", oauth.Launch{Expires: past}), o.PutAuthorization(ctx, oauth.Authorization{ID: "old", Client: "c", Expires: past})); err != nil || !first {
		t.Fatal(first, err)
	}
	if _, err := o.TakeLaunch(ctx, "old", "c"); fhir.CodeOf(err) != fhir.NotFound {
		t.Error(err)
	}
	if _, err := o.Authorization(ctx, "old"); fhir.CodeOf(err) != fhir.NotFound {
		t.Error(err)
	}
	if n, err := o.SweepOAuth(ctx); err != nil || n != 4 {
		t.Error(n, err)
	}
	if _, err := o.Token(ctx, oauth.Access, "old"); fhir.CodeOf(err) != fhir.NotFound {
		t.Error(err)
	}
	if _, err := o.Authorization(ctx, "a"); err != nil {
		t.Error("it swept too much: ", err)
	}
}

func TestOAuthKeys(t *testing.T) {
	t.Parallel()
	o := openOAuth(t)
	ctx := t.Context()
	now := time.Now().UTC().Truncate(time.Microsecond)
	var made atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := o.ChangeKeys(ctx, func(before []oauth.Key) ([]oauth.Key, error) {
				if len(before) > 0 {
					return before, nil
				}
				made.Add(1)
				return []oauth.Key{{ID: "k", State: oauth.KeyActive, Private: []byte{1}, Since: now}}, nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if keys, err := o.Keys(ctx); err != nil || len(keys) != 1 || made.Load() != 1 || keys[0].State != oauth.KeyActive || !keys[0].Since.Equal(now) {
		t.Error(keys, made.Load(), err)
	}
	if err := o.ChangeKeys(ctx, func(before []oauth.Key) ([]oauth.Key, error) {
		return append(before, oauth.Key{ID: "l", State: oauth.KeyActive, Private: []byte{2}, Since: now}), nil
	}); err == nil {
		t.Error("two keys sign")
	}
	if keys, err := o.Keys(ctx); err != nil || len(keys) != 1 {
		t.Error("a failed change left something: ", keys, err)
	}
}
