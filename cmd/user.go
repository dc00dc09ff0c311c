package cmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/authz/accounts"
	"github.com/webdoctor/webdoctor/fhir"
)

// User manages the accounts of people. Each command works beside a running
// server, takes effect there within a second, and is on record in the audit.
type User struct {
	Create  UserCreate  `cmd:"" help:"Make an account, with a password from standard input, or print a link by which the person chooses one."`
	List    UserList    `cmd:"" help:"List the accounts."`
	Disable UserDisable `cmd:"" help:"Shut an account out; its sessions and the tokens of its apps end."`
	Enable  UserEnable  `cmd:"" help:"Let a disabled account in again."`
	Roles   UserRoles   `cmd:"" help:"Give an account other roles."`
	Forget  UserForget  `cmd:"" name:"forget-factors" help:"Take the second factors of somebody who has lost them."`
	Letters UserLetters `cmd:"" help:"Show the letters that were not sent because no mail server is configured."`
}

// operatorPrincipal is the owner of the machine.
var operatorPrincipal = authz.Principal{Operator: true}

// accounts opens the accounts for a command and hands them to f.
func (d Data) accounts(ctx context.Context, base string, log *slog.Logger, f func(*accounts.Service) error) error {
	base, err := baseURL(base, localBase)
	if err != nil {
		return err
	}
	db, done, err := d.beside(ctx, "user", log)
	if err != nil {
		return err
	}
	defer done()
	s, err := openAccounts(ctx, db, base, log)
	if err != nil {
		return err
	}
	return plainly(f(s))
}

// plainly says a problem as a person would.
func plainly(err error) error {
	if p, ok := errors.AsType[*accounts.Problem](err); ok {
		e, _ := errors.AsType[*fhir.Error](p.Unwrap())
		return errors.New(e.Message)
	}
	return err
}

// held reads roles, each with its person: practitioner=Practitioner/3.
func held(texts []string) (list []accounts.Held, err error) {
	for _, text := range texts {
		role, self, has := strings.Cut(text, "=")
		h := accounts.Held{Role: authz.Role(role)}
		if has {
			typ, id, ok := strings.Cut(self, "/")
			if !ok || typ == "" || id == "" {
				return nil, fmt.Errorf("%q is not a role with a reference, such as practitioner=Practitioner/3", text)
			}
			h.Self = fhir.Key{Type: typ, ID: id}
		}
		list = append(list, h)
	}
	return list, nil
}

// UserCreate makes an account.
type UserCreate struct {
	Data `embed:""`

	Email         string   `help:"E-mail address." required:"" placeholder:"ADDRESS"`
	Name          string   `help:"Name, as letters address the person."`
	Admin         bool     `help:"The same as --role administrator."`
	Role          []string `help:"Roles: patient, practitioner, staff, administrator, each with the resource that is the person, if there is one." placeholder:"ROLE[=TYPE/ID],..."`
	PasswordStdin bool     `help:"Read the password from standard input, one line."`
	BaseURL       string   `help:"URL under which people reach the server, as for serve." default:"http://127.0.0.1:8080" placeholder:"URL"`
}

// Run prints the id of the account, and the link alone on the last line.
func (x *UserCreate) Run(ctx context.Context, std Streams, log *slog.Logger) error {
	if x.Admin {
		x.Role = append(x.Role, string(authz.Administrator))
	}
	roles, err := held(x.Role)
	if err != nil {
		return err
	}
	if len(roles) == 0 {
		return errors.New("which --role, or --admin?")
	}
	var password string
	if x.PasswordStdin {
		if password, err = readLine(os.Stdin); err != nil {
			return err
		}
	}
	p := accounts.Person{Email: x.Email, Name: x.Name, Held: roles}
	return x.accounts(ctx, x.BaseURL, log, func(s *accounts.Service) error {
		if x.PasswordStdin {
			id, err := s.Create(ctx, operatorPrincipal, p, password)
			if err == nil {
				fmt.Fprintf(std.Out, "account %s is active\n", id)
			}
			return err
		}
		id, link, err := s.Invite(ctx, operatorPrincipal, p)
		if err == nil {
			fmt.Fprintf(std.Out, "account %s waits for its password, which is chosen once and within seven days at\n%s\n", id, link)
		}
		return err
	})
}

// readLine reads a password. Nobody types 4096 bytes.
func readLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// UserList lists the accounts.
type UserList struct {
	Data `embed:""`
}

// Run prints a line for each.
func (x *UserList) Run(ctx context.Context, std Streams, log *slog.Logger) error {
	return x.accounts(ctx, localBase, log, func(s *accounts.Service) error {
		w := tabwriter.NewWriter(std.Out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ACCOUNT\tSTATE\tSINCE\tROLES\tE-MAIL\tNAME")
		for after := ""; ; {
			page, err := s.List(ctx, operatorPrincipal, after, 500)
			if err != nil {
				return err
			}
			for _, a := range page {
				var roles []string
				for _, h := range a.Held {
					text := string(h.Role)
					if h.Self.ID != "" {
						text += "=" + h.Self.String()
					}
					roles = append(roles, text)
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%q\n", a.ID, a.State, a.Created.Format(time.DateOnly), strings.Join(roles, ","), a.Email, a.Name)
				after = a.ID
			}
			if len(page) < 500 {
				return w.Flush()
			}
		}
	})
}

// localBase is good for commands that make no links.
const localBase = "http://127.0.0.1:8080"

// who is an account that a command is about.
type who struct {
	Data    `embed:""`
	Account string `arg:"" help:"E-mail address or id of the account."`
}

// do hands the id of the account to f.
func (x who) do(ctx context.Context, log *slog.Logger, f func(s *accounts.Service, id string) error) error {
	return x.accounts(ctx, localBase, log, func(s *accounts.Service) error {
		if !strings.Contains(x.Account, "@") {
			return f(s, x.Account)
		}
		a, err := s.Find(ctx, operatorPrincipal, x.Account)
		if err != nil {
			return err
		}
		return f(s, a.ID)
	})
}

// UserDisable shuts an account out.
type UserDisable struct {
	who    `embed:""`
	Reason string `help:"What the audit says."`
}

// Run disables it.
func (x *UserDisable) Run(ctx context.Context, log *slog.Logger) error {
	return x.do(ctx, log, func(s *accounts.Service, id string) error {
		return s.Disable(ctx, operatorPrincipal, id, x.Reason)
	})
}

// UserEnable lets an account in.
type UserEnable struct {
	who `embed:""`
}

// Run enables it.
func (x *UserEnable) Run(ctx context.Context, log *slog.Logger) error {
	return x.do(ctx, log, func(s *accounts.Service, id string) error { return s.Enable(ctx, operatorPrincipal, id) })
}

// UserRoles gives an account other roles.
type UserRoles struct {
	who   `embed:""`
	Roles []string `arg:"" help:"All the roles it shall have: patient, practitioner, staff, administrator, each with its resource, if there is one." placeholder:"ROLE[=TYPE/ID]"`
}

// Run sets them. The person has to log in again.
func (x *UserRoles) Run(ctx context.Context, log *slog.Logger) error {
	roles, err := held(x.Roles)
	if err != nil {
		return err
	}
	return x.do(ctx, log, func(s *accounts.Service, id string) error { return s.SetRoles(ctx, operatorPrincipal, id, roles) })
}

// UserForget takes second factors away.
type UserForget struct {
	who `embed:""`
}

// Run takes all of them, and ends the sessions.
func (x *UserForget) Run(ctx context.Context, log *slog.Logger) error {
	return x.do(ctx, log, func(s *accounts.Service, id string) error {
		_, err := s.ForgetFactors(ctx, operatorPrincipal, id)
		return err
	})
}

// UserLetters shows what was not sent.
type UserLetters struct {
	Data `embed:""`
	Last int `help:"How many, the newest first." default:"10"`
}

// Run prints them.
func (x *UserLetters) Run(ctx context.Context, std Streams, log *slog.Logger) error {
	return x.accounts(ctx, localBase, log, func(s *accounts.Service) error {
		list, err := s.Outbox(ctx, x.Last)
		for _, m := range list {
			fmt.Fprintf(std.Out, "To: %s\nDate: %s\nSubject: %s\n\n%s\n", m.To, m.At.Format(time.RFC1123Z), m.Subject, m.Text)
		}
		return err
	})
}
