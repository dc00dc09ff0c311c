package accounts_test

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/authz/accounts"
	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/storage"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// cheap makes passwords cost nothing where the cost is not what is tested.
var cheap = accounts.Hashing{Memory: 64, Time: 1, Threads: 1}

// clinic is a Service on a database of its own, with a clock that the test
// moves, and the world around it.
type clinic struct {
	t   testing.TB
	url string
	*accounts.Service

	mu      sync.Mutex
	clock   time.Time
	mails   []accounts.Mail
	down    error // what the mail server answers
	events  []accounts.Event
	deaf    error // what the journal answers
	log     strings.Builder
	records int
}

var (
	operator = authz.Principal{Operator: true}
	home     = accounts.Origin{Address: "203.0.113.7", Agent: "Browser/1"}
	cafe     = accounts.Origin{Address: "198.51.100.9", Agent: "Browser/2"}
)

const (
	good    = "apfelkuchen mit senf" // passwords that are accepted
	better  = "drei graue regenwolken"
	another = "ein langer weg nach oben"
)

func open(t testing.TB, change ...func(*accounts.Config)) *clinic {
	t.Helper()
	c := &clinic{t: t, url: storagetest.Postgres(t), clock: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	c.Service = c.node(change...)
	return c
}

// node is another server of the same database.
func (c *clinic) node(change ...func(*accounts.Config)) *accounts.Service {
	c.t.Helper()
	db, err := storage.Open(context.Background(), c.url, storage.Config{})
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(db.Close)
	key, err := db.Secret(context.Background(), "accounts", accounts.KeySize)
	if err != nil {
		c.t.Fatal(err)
	}
	config := accounts.Config{
		Store: storage.NewAccounts(db), Key: key, Base: "https://clinic.example/", Name: "Clinic Example", Hashing: cheap,
		Mailer: mailer{c}, Journal: journal{c}, Records: records{c}, Now: c.now, Log: slog.New(slog.NewTextHandler(locked{c}, nil)),
	}
	for _, f := range change {
		f(&config)
	}
	s, err := accounts.New(config)
	if err != nil {
		c.t.Fatal(err)
	}
	return s
}

func (c *clinic) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.clock
}

func (c *clinic) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clock = c.clock.Add(d)
}

type locked struct{ *clinic }

func (l locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.log.Write(b)
}

type mailer struct{ *clinic }

func (m mailer) Send(_ context.Context, mail accounts.Mail) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down != nil {
		return m.down
	}
	m.mails = append(m.mails, mail)
	return nil
}

type journal struct{ *clinic }

func (j journal) Record(_ context.Context, e accounts.Event) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.deaf != nil {
		return j.deaf
	}
	j.events = append(j.events, e)
	return nil
}

type records struct{ *clinic }

func (r records) Open(_ context.Context, account string, role authz.Role, p accounts.Profile) (fhir.Key, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.Family == "" || role != authz.Patient {
		return fhir.Key{}, errors.New("no such person")
	}
	r.records++
	return fhir.Key{Type: "Patient", ID: "of-" + account}, nil
}

// post delivers what is due and returns the newest letter to an address.
func (c *clinic) post(to string) accounts.Mail {
	c.t.Helper()
	c.must(c.Deliver(c.t.Context()))
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := len(c.mails) - 1; i >= 0; i-- {
		if c.mails[i].To == to {
			return c.mails[i]
		}
	}
	c.t.Fatalf("no letter to %s among %d", to, len(c.mails))
	return accounts.Mail{}
}

// letters is how many letters were sent to an address.
func (c *clinic) letters(to string) (n int) {
	c.t.Helper()
	c.must(c.Deliver(c.t.Context()))
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.mails {
		if m.To == to {
			n++
		}
	}
	return n
}

var linkPattern = regexp.MustCompile(`https://clinic\.example(/[a-z]+)\?token=([\w-]+)`)

// token is the token of the link in a letter, which leads to a path.
func token(t testing.TB, text, path string) string {
	t.Helper()
	m := linkPattern.FindStringSubmatch(text)
	if m == nil || m[1] != path {
		t.Fatalf("no link to %s in:\n%s", path, text)
	}
	return m[2]
}

func (c *clinic) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// refused fails unless the error is the problem of that key.
func (c *clinic) refused(err error, key string) {
	c.t.Helper()
	if !accounts.IsProblem(err, key) {
		c.t.Fatalf("got %v, want the problem %s", err, key)
	}
}

// account makes an active account with the password good.
func (c *clinic) account(email string, held ...accounts.Held) string {
	c.t.Helper()
	if held == nil {
		held = []accounts.Held{{Role: authz.Patient, Self: fhir.Key{Type: "Patient", ID: strings.NewReplacer("@", "-", ".", "-").Replace(email)}}}
	}
	id, err := c.Create(c.t.Context(), operator, accounts.Person{Email: email, Name: "Somebody", Held: held}, good)
	c.must(err)
	return id
}

func doctor(id string) accounts.Held {
	return accounts.Held{Role: authz.Practitioner, Self: fhir.Key{Type: "Practitioner", ID: id}}
}

var chief = accounts.Held{Role: authz.Administrator}

func (c *clinic) login(email string, o accounts.Origin) accounts.Entry {
	c.t.Helper()
	e, err := c.Login(c.t.Context(), email, good, o)
	c.must(err)
	return e
}

// who is the principal of a cookie.
func (c *clinic) who(cookie string) authz.Principal {
	c.t.Helper()
	_, p, err := c.Session(c.t.Context(), cookie, home)
	c.must(err)
	return p
}

// dead fails if the cookie opens anything.
func (c *clinic) dead(cookie string) {
	c.t.Helper()
	_, p, err := c.Session(c.t.Context(), cookie, home)
	c.refused(err, "session.none")
	if p.Account != "" {
		c.t.Fatal("a dead session has a principal")
	}
}

// happened are the events of a kind, after the journal has been told.
func (c *clinic) happened(what accounts.What) (list []accounts.Event) {
	c.t.Helper()
	c.must(c.Tell(c.t.Context()))
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.events {
		if e.What == what {
			list = append(list, e)
		}
	}
	return list
}

// atOnce calls f many times at once and returns how many calls succeeded. The
// others must be refused with one of the keys.
func (c *clinic) atOnce(n int, f func(i int) error, keys ...string) (won int) {
	c.t.Helper()
	var wg sync.WaitGroup
	var mu sync.Mutex
	begin := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-begin
			err := f(i)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
				return
			}
			for _, key := range keys {
				if accounts.IsProblem(err, key) {
					return
				}
			}
			c.t.Errorf("call %d: %v", i, err)
		})
	}
	close(begin)
	wg.Wait()
	return won
}

// column is the text that a query finds.
func (c *clinic) column(sql string) (text string) {
	c.t.Helper()
	conn, err := pgx.Connect(context.Background(), c.url)
	c.must(err)
	defer conn.Close(context.Background())
	c.must(conn.QueryRow(context.Background(), sql).Scan(&text))
	return text
}
