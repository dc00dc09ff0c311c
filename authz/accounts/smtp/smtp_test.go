package smtp_test

import (
	"bufio"
	"fmt"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"

	"io"

	"github.com/webdoctor/webdoctor/authz/accounts"
	"github.com/webdoctor/webdoctor/authz/accounts/smtp"
)

// catcher is a mail server that keeps the last letter. Refusing makes it
// refuse recipients.
func catcher(t *testing.T, refusing bool) (port int, caught <-chan string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	letters := make(chan string, 10)
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go converse(conn, refusing, letters)
		}
	}()
	return ln.Addr().(*net.TCPAddr).Port, letters
}

func converse(conn net.Conn, refusing bool, letters chan<- string) {
	defer conn.Close()
	say := func(line string) { fmt.Fprintf(conn, "%s\r\n", line) }
	say("220 catcher")
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		switch word, _, _ := strings.Cut(strings.ToUpper(lines.Text()), " "); {
		case word == "EHLO":
			say("250 catcher")
		case word == "RCPT" && refusing:
			say("550 no such mailbox")
		case word == "DATA":
			say("354 go on")
			var text strings.Builder
			for lines.Scan() && lines.Text() != "." {
				text.WriteString(lines.Text() + "\r\n")
			}
			letters <- text.String()
			say("250 taken")
		case word == "QUIT":
			say("221 bye")
			return
		default:
			say("250 fine")
		}
	}
}

func TestSend(t *testing.T) {
	t.Parallel()
	port, caught := catcher(t, false)
	s, err := smtp.New(smtp.Config{Host: "127.0.0.1", Port: port, From: "Clinic <noreply@clinic.example>"})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	text := "Hello Zoë,\n\n" + strings.Repeat("a long line ", 20) + "\n\nhttps://clinic.example/reset?token=abc=def\n"
	for range 2 {
		if err := s.Send(t.Context(), accounts.Mail{ID: "0b3c", To: "zoe@example.org", Subject: "Zoë:\r\nBcc: eve@example.org", Text: text, At: at}); err != nil {
			t.Fatal(err)
		}
	}
	m, err := mail.ReadMessage(strings.NewReader(<-caught))
	if err != nil {
		t.Fatal(err)
	}
	h := m.Header
	if h.Get("Message-Id") != "<0b3c@clinic.example>" || h.Get("To") != "<zoe@example.org>" || h.Get("Bcc") != "" || h.Get("Auto-Submitted") != "auto-generated" || !strings.Contains(h.Get("From"), "noreply@clinic.example") {
		t.Errorf("header %v", h)
	}
	if date, err := h.Date(); err != nil || !date.Equal(at) {
		t.Errorf("date %v, %v", date, err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil || strings.ReplaceAll(string(body), "\r\n", "\n") != text && strings.TrimSpace(strings.ReplaceAll(string(body), "\r\n", "\n")) != strings.TrimSpace(text) {
		t.Errorf("body %q, %v", body, err)
	}
}

func TestSendFails(t *testing.T) {
	t.Parallel()
	port, _ := catcher(t, true)
	for name, c := range map[string]smtp.Config{
		"refused":      {Host: "127.0.0.1", Port: port, From: "a@clinic.example"},
		"no TLS there": {Host: "127.0.0.1", Port: port, From: "a@clinic.example", TLS: true},
		"nobody there": {Host: "127.0.0.1", Port: 1, From: "a@clinic.example"},
	} {
		s, err := smtp.New(c)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Send(t.Context(), accounts.Mail{ID: "1", To: "ann@example.org", Subject: "x", Text: "y", At: time.Now()}); err == nil {
			t.Errorf("%s: it is said to be sent", name)
		}
	}
}
