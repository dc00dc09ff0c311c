package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/authz/accounts"
	"github.com/webdoctor/webdoctor/authz/oauth"
	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/portal"
	"github.com/webdoctor/webdoctor/storage"
)

// Access is who may do what at a server.
type Access struct {
	Access       string `help:"Who may do what: open, everybody who reaches the server everything, on loopback addresses only; or accounts, which asks for accounts and access tokens." enum:"open,accounts" default:"open"`
	SingleFactor bool   `help:"Free practitioners and administrators from a second factor, for a demo."`
	Clinic       string `help:"Name of the clinic, in letters and on pages." default:"WebDoctor" placeholder:"NAME"`
	Gallery      bool   `help:"Show every page with prepared data at /gallery, for those who work on them."`
}

// guarded says whether somebody is asked who they are.
func (a Access) guarded() bool { return a.Access == "accounts" }

// Doors are the ways in of a guarded server.
type Doors struct {
	Gate   *authz.Gate
	Keeper *authz.Keeper
	People *accounts.Service
	OAuth  *oauth.Server

	settings Access
	base     string
	store    oauth.Store
	policies *storage.Policies
	sends    bool // letters go out by a mail server
	demo     bool // whoever comes may read the letters: nobody else is near
	records  *records
	told     func(context.Context, oauth.Event) // puts an event of an app on record, nil for nobody
}

// openDoors makes the doors of the server at base, and puts the policies in
// force.
func openDoors(ctx context.Context, b *Backends, base string, a Access, demo bool, log *slog.Logger) (*Doors, error) {
	d := &Doors{Gate: authz.NewGate(nil), settings: a, base: base, demo: demo, policies: storage.NewPolicies(b.DB), store: storage.NewOAuth(b.DB), records: &records{}}
	if !a.SingleFactor {
		d.Gate.Factor = factorLife
	}
	older, err := storage.NewRelations(b.DB).Older(ctx)
	if err == nil && older {
		err = errors.New("this database has resources from before care relations and security labels were kept beside them, " +
			"and fences would not know of theirs: start with an empty database and import what is in this one")
	}
	if err != nil {
		return nil, err
	}
	d.Keeper = &authz.Keeper{Gate: d.Gate, Kept: d.policies, Log: log}
	if err := d.Keeper.Load(ctx); err != nil {
		return nil, fmt.Errorf("policies: %w", err)
	}
	d.People, err = openAccounts(ctx, b.DB, base, log, func(c *accounts.Config) {
		c.Records, c.Name, c.SingleFactor, d.sends = d.records, a.Clinic, a.SingleFactor, c.Mailer != nil
	})
	if err != nil {
		return nil, err
	}
	secret, err := b.DB.Secret(ctx, oauthSecret, oauthSecretSize)
	if err != nil {
		return nil, err
	}
	d.OAuth, err = oauth.New(oauth.Config{
		Issuer: base, Base: base + "/fhir", Secret: secret, Store: d.store, People: people{d.People}, Patients: d.records,
		Pages: oauth.Pages{
			SignIn: func(id string, again bool) string {
				return portal.SignInFor(base, strings.TrimPrefix(d.OAuth.Continue(id), base), again)
			},
			Patient: func(id string) string { return portal.PatientFor(base, id) },
			Consent: func(id string) string { return portal.ConsentFor(base, id) },
			Manage:  base + portal.AppsPath,
		},
		Cookie: portal.CookieName(base), Log: log,
		Audit: func(ctx context.Context, e oauth.Event) {
			if d.told != nil {
				d.told(ctx, e)
			}
		},
	})
	return d, err
}

// factorLife is how long a second factor counts for roles that need one: as
// long as a session can last.
const factorLife = 12 * time.Hour

// record puts on record what happens at the doors; audit is nil where nothing
// is.
func (d *Doors) record(audit engine.Audit, log *slog.Logger) {
	if audit == nil {
		d.People.Journal = unrecorded{}
		return
	}
	j := journal{audit}
	d.People.Journal, d.told = j, j.app(log)
}

// mount hangs the doors before what they guard: the endpoints of OAuth, and
// the check of every request to the FHIR API.
func (d *Doors) mount(app fiber.Router) {
	oauth.Mount(app, d.OAuth)
	bearer := d.OAuth.Bearer(forStrangers)
	app.Use("/fhir", func(c *fiber.Ctx) error {
		if byOperator(c) {
			c.SetUserContext(authz.With(c.UserContext(), authz.Principal{Operator: true}))
			return c.Next()
		}
		err := bearer(c)
		if origin := strings.Clone(c.Get(fiber.HeaderOrigin)); err != nil && origin != "" && d.allows(c.UserContext(), origin) {
			c.Set(fiber.HeaderAccessControlAllowOrigin, origin) // so that a script can tell a token that has expired from a broken line
			c.Vary(fiber.HeaderOrigin)
		}
		return err
	})
}

// forStrangers says what a stranger may ask: what the server can do.
func forStrangers(c *fiber.Ctx) bool {
	if method := c.Method(); method == fiber.MethodOptions {
		return true
	} else if method != fiber.MethodGet && method != fiber.MethodHead {
		return false
	}
	return strings.TrimSuffix(c.Path(), "/") == "/fhir/metadata"
}

// pages hangs the portal behind everything else.
func (d *Doors) pages(app fiber.Router, svc fhir.Service, log *slog.Logger) error {
	d.records.service = svc
	return portal.Mount(app, portal.Config{
		Base: d.base, Accounts: d.People, Apps: apps{d.OAuth, d.store}, Service: svc,
		Mailbox: !d.sends, Demo: d.demo && !d.sends, Dev: d.settings.Gallery, Log: log,
	})
}

// first says how the first administrator comes in, and nothing when there is
// one.
func (d *Doors) first(ctx context.Context) (string, error) {
	link, err := d.People.FirstLink(ctx)
	if err != nil || link == "" {
		return "", err
	}
	return "There is no administrator yet. Whoever opens this link within a day becomes one: " + link + "\n", nil
}

// run does what the doors need done beside requests, until the context ends.
func (d *Doors) run(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { d.policies.Watch(ctx, d.Keeper.Watch) })
	all.Go(func() { d.People.Run(ctx) })
	all.Go(func() { d.OAuth.Run(ctx) })
	all.Wait()
}

// allows says whether scripts of an origin may use the API.
func (d *Doors) allows(ctx context.Context, origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && d.OAuth.Allows(ctx, origin)
}
