package portal_test

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/authz/accounts"
	"github.com/webdoctor/webdoctor/portal"
	"github.com/webdoctor/webdoctor/storage"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// TestPasskey: an administrator signs in with a password, makes a passkey
// with our script and a real browser's authenticator, keeps the recovery
// codes, signs out, and comes back with the passkey alone. Accounts and
// database are the real ones.
func TestPasskey(t *testing.T) {
	ctx := chromium(t)
	if ctx == nil {
		return
	}
	ln, here := listen(t)
	db, err := storage.Open(t.Context(), storagetest.Postgres(t), storage.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	people, err := accounts.New(accounts.Config{Store: storage.NewAccounts(db), Key: make([]byte, accounts.KeySize), Base: here, Hashing: accounts.Hashing{Memory: 64, Time: 1, Threads: 1}})
	if err != nil {
		t.Fatal(err)
	}
	who := accounts.Person{Email: "boss@example.org", Name: "Boss", Held: []accounts.Held{{Role: authz.Administrator}}}
	if _, err := people.Create(t.Context(), authz.Principal{Operator: true}, who, rightPassword); err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, logged(t), func(c *portal.Config) { c.Base, c.Accounts, c.Now = here, people, time.Now })
	h.served(t, ln)

	authenticator := func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		if _, err := cdp.Call(ctx, t, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return chromedp.Void{}, err
		}
		_, err := cdp.Call(ctx, t, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
		return chromedp.Void{}, err
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(here+"/login"), authenticator); err != nil {
		t.Fatal(err)
	}
	defer console(ctx, t)()
	steps := []chromedp.Action[chromedp.Void]{
		chromedp.SendKeys(chromedp.CSS("#f-email"), "boss@example.org"),
		chromedp.SendKeys(chromedp.CSS("#f-password"), rightPassword),
		chromedp.Click(chromedp.CSS(`form[action="/login"] button[type=submit]`)),
		chromedp.WaitVisible(chromedp.CSS(`a[href="/account/factors/passkey"]`)),
		chromedp.Click(chromedp.CSS(`a[href="/account/factors/passkey"]`)),
		chromedp.WaitVisible(chromedp.CSS("#f-label")),
		chromedp.SendKeys(chromedp.CSS("#f-label"), "This machine"),
		chromedp.Click(chromedp.CSS(`form[action="/account/factors/passkey"] button[type=submit]`)),
		chromedp.WaitVisible(chromedp.CSS(".codes")), // the ceremony needed no click
		chromedp.Click(chromedp.CSS(`a[href^="/account/factors"].button`)),
		chromedp.WaitVisible(chromedp.CSS(".rows")),
		chromedp.Click(chromedp.CSS(`form[action="/logout"] button`)),
		chromedp.WaitVisible(chromedp.CSS(`form[action="/login/passkey"] button`)),
		chromedp.Click(chromedp.CSS(`form[action="/login/passkey"] button`)),
		chromedp.WaitVisible(chromedp.CSS(`a[href="/admin/accounts"]`)),
	}
	for i, step := range steps {
		limited, cancel := context.WithTimeout(ctx, 20*time.Second)
		err := chromedp.Do(limited, step)
		cancel()
		if err != nil {
			html, _ := chromedp.Run(ctx, chromedp.OuterHTML(chromedp.CSS("main")))
			t.Fatalf("step %d: %v\n%s", i, err, html)
		}
	}
}
