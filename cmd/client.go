package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/webdoctor/webdoctor/authz/oauth"
	"github.com/webdoctor/webdoctor/storage"
)

// Client registers applications and says which there are. Each command works
// beside a running server, and takes effect there within seconds.
type Client struct {
	Create  ClientCreate  `cmd:"" help:"Register an application and print its client_id, and its client_secret if it has one, as JSON."`
	List    ClientList    `cmd:"" help:"List the applications, drafts among them."`
	Approve ClientApprove `cmd:"" help:"Approve an application that registered itself, or that was disabled."`
	Disable ClientDisable `cmd:"" help:"Disable an application: none of its tokens works any more."`
}

// ClientCreate registers an application. Without --public and --jwks it gets
// a secret.
type ClientCreate struct {
	Data `embed:""`

	Name       string   `arg:"" help:"What people are shown."`
	Scope      string   `help:"The most that the application can be granted, separated by blanks." placeholder:"SCOPES"`
	Redirect   []string `help:"Address that authorization codes may be sent to." placeholder:"URL,..."`
	Launch     string   `help:"Address that opens the application from the portal (EHR launch)." placeholder:"URL"`
	Origin     []string `help:"Web origins whose scripts may call the server, besides those of the redirect addresses." placeholder:"ORIGIN,..."`
	Public     bool     `help:"The application runs where it can keep no secret: in a browser or on a phone."`
	JWKS       string   `name:"jwks" help:"File with the public keys of the application, or their https address." placeholder:"FILE|URL"`
	Introspect bool     `help:"The application is a resource server and may ask about the tokens of others."`
	Logo       string   `help:"Address of a picture to show beside the name." placeholder:"URL"`
}

// Run prints what the developer of the application needs.
func (x *ClientCreate) Run(ctx context.Context, std Streams, log *slog.Logger) error {
	c := oauth.Client{
		Name: x.Name, Method: oauth.MethodSecret, Redirects: x.Redirect, LaunchURL: x.Launch, Origins: x.Origin, Scopes: strings.Join(strings.Fields(x.Scope), " "),
		Introspects: x.Introspect, State: oauth.Active, About: oauth.About{Logo: x.Logo}, Created: time.Now(),
	}
	switch {
	case x.Public && x.JWKS != "":
		return errors.New("an application is public or has keys, not both")
	case x.Public:
		c.Method = oauth.MethodNone
	case strings.Contains(x.JWKS, "://"):
		c.Method, c.KeysURL = oauth.MethodKey, x.JWKS
	case x.JWKS != "":
		text, err := os.ReadFile(x.JWKS)
		if err != nil {
			return err
		}
		c.Method, c.Keys = oauth.MethodKey, text
	}
	c, secret, err := oauth.NewClient(c, false)
	if err != nil {
		return err
	}
	store, done, err := openClients(ctx, x.Data, log)
	if err != nil {
		return err
	}
	defer done()
	if err := store.PutClient(ctx, c); err != nil {
		return err
	}
	said := struct {
		ID        string   `json:"client_id"`
		Secret    string   `json:"client_secret,omitempty"`
		Name      string   `json:"client_name"`
		Method    string   `json:"token_endpoint_auth_method"`
		Grants    []string `json:"grant_types"`
		Redirects []string `json:"redirect_uris,omitempty"`
		Scope     string   `json:"scope"`
	}{c.ID, secret, c.Name, c.Method, c.Grants, c.Redirects, c.Scopes}
	e := json.NewEncoder(std.Out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(said)
}

// ClientList lists the applications.
type ClientList struct {
	Data `embed:""`
}

// Run prints a line for each.
func (x *ClientList) Run(ctx context.Context, std Streams, log *slog.Logger) error {
	store, done, err := openClients(ctx, x.Data, log)
	if err != nil {
		return err
	}
	defer done()
	all, err := store.Clients(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(std.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CLIENT\tSTATE\tPROOF\tSINCE\tNAME")
	for _, c := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%q\n", c.ID, c.State, c.Method, c.Created.UTC().Format(time.DateOnly), c.Name)
	}
	return w.Flush()
}

// ClientApprove opens the door to a draft.
type ClientApprove struct {
	Data `embed:""`
	ID   string `arg:"" name:"client" help:"The client_id."`
}

// Run makes it active.
func (x *ClientApprove) Run(ctx context.Context, std Streams, log *slog.Logger) error {
	return setClient(ctx, std, x.Data, x.ID, oauth.Active, log)
}

// ClientDisable closes it.
type ClientDisable struct {
	Data `embed:""`
	ID   string `arg:"" name:"client" help:"The client_id."`
}

// Run makes it disabled.
func (x *ClientDisable) Run(ctx context.Context, std Streams, log *slog.Logger) error {
	return setClient(ctx, std, x.Data, x.ID, oauth.Disabled, log)
}

func setClient(ctx context.Context, std Streams, d Data, id, state string, log *slog.Logger) error {
	store, done, err := openClients(ctx, d, log)
	if err != nil {
		return err
	}
	defer done()
	c, err := oauth.SetState(ctx, store, id, state)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.Out, "%s (%q) is %s\n", c.ID, c.Name, c.State)
	return nil
}

func openClients(ctx context.Context, d Data, log *slog.Logger) (*storage.OAuth, func(), error) {
	db, done, err := d.beside(ctx, "client", log)
	if err != nil {
		return nil, nil, err
	}
	return storage.NewOAuth(db), done, nil
}
