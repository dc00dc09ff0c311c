// Package smtp sends the letters of accounts by a mail server.
package smtp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/webdoctor/webdoctor/authz/accounts"
)

// Config is how the mail server is reached.
type Config struct {
	Host     string
	Port     int    // 0: 587 with TLS, 25 without
	TLS      bool   // required; from the first byte at port 465, else by STARTTLS
	User     string // "" for no authentication
	Password string
	From     string // address of the sender, also with a name: Clinic <noreply@clinic.example>
}

// timeout bounds the sending of one letter.
const timeout = 30 * time.Second

// Sender sends letters. One is enough for a server.
type Sender struct {
	client *mail.Client
	from   string
	domain string // of Message-IDs
}

var _ accounts.Mailer = (*Sender)(nil)

// New makes a Sender. It does not talk to the mail server yet.
func New(c Config) (*Sender, error) {
	if c.User != "" && !c.TLS && c.Host != "localhost" && !strings.HasPrefix(c.Host, "127.") {
		return nil, errors.New("smtp: a password is not sent without TLS")
	}
	if err := mail.NewMsg().From(c.From); err != nil {
		return nil, errors.New("smtp: the sender is not an e-mail address")
	}
	s := &Sender{from: c.From}
	_, domain, _ := strings.Cut(c.From, "@")
	s.domain = cmp.Or(strings.Trim(domain, "<> "), "localhost")
	options := []mail.Option{mail.WithTimeout(timeout)}
	switch {
	case c.TLS && c.Port == 465:
		options = append(options, mail.WithSSL(), mail.WithPort(465))
	case c.TLS:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory), mail.WithPort(cmp.Or(c.Port, 587)))
	default:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS), mail.WithPort(cmp.Or(c.Port, 25)))
	}
	if c.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(c.User), mail.WithPassword(c.Password))
	}
	var err error
	if s.client, err = mail.NewClient(c.Host, options...); err != nil {
		return nil, fmt.Errorf("smtp: %w", err)
	}
	return s, nil
}

// Send sends a letter. The Message-ID is made of its ID, so that a mail
// server can see that it has it already.
func (s *Sender) Send(ctx context.Context, m accounts.Mail) error {
	msg := mail.NewMsg()
	if err := msg.From(s.from); err != nil {
		return fmt.Errorf("smtp: sender: %w", err)
	}
	if err := msg.To(m.To); err != nil {
		return fmt.Errorf("smtp: recipient: %w", err)
	}
	msg.SetMessageIDWithValue(m.ID + "@" + s.domain)
	msg.SetDateWithValue(m.At)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no holiday answers
	msg.Subject(strings.Join(strings.Fields(m.Subject), " "))
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := s.client.DialAndSendWithContext(ctx, msg); err != nil {
		return fmt.Errorf("smtp: %w", err)
	}
	return nil
}
