package portal

import (
	"strings"
	"time"

	"github.com/webdoctor/webdoctor/authz/accounts"
)

// MailboxPage shows the letters of a server that sends none.
type MailboxPage struct{ List []OneLetter }

// OneLetter is one of them.
type OneLetter struct {
	To, Subject, Text string
	Links             []string // of the text, so that they can be followed
	At                time.Time
}

func (*MailboxPage) name() string   { return "mailbox" }
func (*MailboxPage) Title() Message { return say("mailbox.title") }
func (*MailboxPage) wide()          {}

// mailboxLetters is how many letters are shown.
const mailboxLetters = 50

func (s *server) mailbox(r *request) (reply, error) {
	list, err := s.Accounts.Outbox(r.ctx, mailboxLetters)
	if err != nil {
		return reply{}, err
	}
	p := &MailboxPage{}
	for _, m := range list {
		p.List = append(p.List, s.letter(m))
	}
	return show(p)
}

// letter makes the links of a letter ones that can be followed: those that
// lead to us.
func (s *server) letter(m accounts.Mail) OneLetter {
	one := OneLetter{To: m.To, Subject: m.Subject, Text: m.Text, At: m.At}
	for _, word := range strings.Fields(m.Text) {
		if way, ours := strings.CutPrefix(word, s.origin+"/"); ours && local("/"+way) != "" {
			one.Links = append(one.Links, "/"+way)
		}
	}
	return one
}
