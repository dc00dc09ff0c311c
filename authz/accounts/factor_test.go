package accounts_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/authz/accounts"
)

// app is an authenticator, as a phone has one.
type app struct{ secret []byte }

func (a app) code(at time.Time) string {
	h := hmac.New(sha1.New, a.secret)
	_ = binary.Write(h, binary.BigEndian, uint64(at.Unix()/30))
	sum := h.Sum(nil)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1000000)
}

// enrol sets an authenticator up.
func (c *clinic) enrol(cookie string) (app, accounts.Entry, []string) {
	c.t.Helper()
	e, err := c.BeginTOTP(c.t.Context(), cookie)
	c.must(err)
	u, err := url.Parse(e.URL)
	c.must(err)
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(u.Query().Get("secret"))
	c.must(err)
	if u.Scheme != "otpauth" || u.Host != "totp" || len(secret) != 20 || u.Query().Get("secret") != e.Secret {
		c.t.Fatalf("got %s", e.URL)
	}
	a := app{secret}
	entry, codes, err := c.ConfirmTOTP(c.t.Context(), cookie, e.ID, a.code(c.now()), "phone", home)
	c.must(err)
	return a, entry, codes
}

// The vectors of RFC 6238, appendix B, cut to six digits.
func TestAuthenticator(t *testing.T) {
	t.Parallel()
	a := app{[]byte("12345678901234567890")}
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got := a.code(time.Unix(at, 0)); got != want {
			t.Errorf("at %d: got %s, want %s", at, got, want)
		}
	}
}

func TestDoctorsNeedSecondFactor(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	c.account("doc@example.org", doctor("1"))
	first := c.login("doc@example.org", home)
	if first.Session.Next != accounts.Enrol {
		t.Fatalf("next is %q", first.Session.Next)
	}
	for name, err := range map[string]error{
		"change the password": func() error { _, err := c.ChangePassword(ctx, first.Cookie, good, better, home); return err }(),
		"renew the codes":     func() error { _, err := c.RenewRecoveryCodes(ctx, first.Cookie, home); return err }(),
		"list sessions":       func() error { _, err := c.Sessions(ctx, first.Cookie); return err }(),
		"switch the role":     func() error { _, err := c.SwitchRole(ctx, first.Cookie, "", home); return err }(),
		"show a code":         func() error { _, err := c.Code(ctx, first.Cookie, "123456", home); return err }(),
	} {
		if !accounts.IsProblem(err, "session.none") {
			t.Errorf("without a second factor one can %s: %v", name, err)
		}
	}
	phone, e, codes := c.enrol(first.Cookie)
	c.dead(first.Cookie)
	if len(codes) != 10 || c.who(e.Cookie).Factor != c.now() {
		t.Errorf("%d recovery codes, and %+v", len(codes), c.who(e.Cookie))
	}
	c.must(c.RevokeSession(ctx, e.Cookie, "", home))
	// The next login asks for a code, and somebody with the password alone can
	// neither get past it nor set up a factor of their own.
	c.pass(30 * time.Second)
	half := c.login("doc@example.org", home)
	if half.Session.Next != accounts.Factor || c.who(half.Cookie).Account != "" {
		t.Fatalf("next is %q", half.Session.Next)
	}
	_, err := c.BeginTOTP(ctx, half.Cookie)
	c.refused(err, "session.none")
	_, err = c.Code(ctx, half.Cookie, "000000", home)
	c.refused(err, "code.wrong")
	code := phone.code(c.now())
	if n := c.atOnce(8, func(int) error { _, err := c.Code(t.Context(), half.Cookie, code, cafe); return err }, "code.wrong", "session.none", "login.slow"); n != 1 {
		t.Errorf("one code opened %d sessions", n)
	}
	c.dead(half.Cookie)
	// The same code again, within its thirty seconds: somebody looked over the
	// shoulder.
	again := c.login("doc@example.org", home)
	_, err = c.Code(ctx, again.Cookie, code, home)
	c.refused(err, "code.wrong")
	_, err = c.Code(ctx, again.Cookie, phone.code(c.now().Add(-30*time.Second)), home) // an older one
	c.refused(err, "code.wrong")
	late, err := c.Code(ctx, again.Cookie, phone.code(c.now().Add(30*time.Second)), home) // a clock that is fast
	c.must(err)
	if list, n, err := c.Factors(ctx, late.Cookie); err != nil || n != 10 || len(list) != 1 || list[0].Name != "phone" || list[0].Secret != nil {
		t.Errorf("got %+v, %d, %v", list, n, err)
	}
}

func TestCodesAreNotGuessed(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	c.account("doc@example.org", doctor("1"))
	phone, _, codes := c.enrol(c.login("doc@example.org", home).Cookie)
	half := c.login("doc@example.org", cafe)
	for i := range 6 {
		_, err := c.Code(ctx, half.Cookie, fmt.Sprintf("%06d", i), cafe)
		if key := "code.wrong"; i < 5 {
			c.refused(err, key)
		} else {
			c.refused(err, "login.slow")
		}
	}
	c.pass(30 * time.Second)
	_, err := c.Code(ctx, half.Cookie, codes[0], cafe)
	c.refused(err, "login.slow")
	_, err = c.Code(ctx, c.login("doc@example.org", home).Cookie, phone.code(c.now()), home)
	c.must(err)
}

func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	c.account("ann@example.org")
	_, e, codes := c.enrol(c.login("ann@example.org", home).Cookie)
	var halves []string
	for i := range 4 {
		halves = append(halves, c.login("ann@example.org", accounts.Origin{Address: fmt.Sprintf("192.0.2.%d", i)}).Cookie)
	}
	var won accounts.Entry
	n := c.atOnce(4, func(i int) error {
		e, err := c.Code(t.Context(), halves[i], codes[3], accounts.Origin{Address: fmt.Sprintf("192.0.2.%d", i)})
		if err == nil {
			won = e
		}
		return err
	}, "code.wrong")
	if n != 1 {
		t.Fatalf("one recovery code opened %d sessions", n)
	}
	if p := c.who(won.Cookie); len(p.Roles) != 1 {
		t.Errorf("got %+v", p)
	}
	if m := c.post("ann@example.org"); m.Text == "" {
		t.Error("no notice")
	}
	half := c.login("ann@example.org", home)
	if _, err := c.Code(ctx, half.Cookie, " "+codes[4][:4]+codes[4][5:]+" ", home); err != nil {
		t.Errorf("without the first dash: %v", err)
	}
	fresh, err := c.RenewRecoveryCodes(ctx, e.Cookie, home)
	c.must(err)
	half = c.login("ann@example.org", home)
	_, err = c.Code(ctx, half.Cookie, codes[5], home)
	c.refused(err, "code.wrong")
	_, err = c.Code(ctx, half.Cookie, fresh[5], home)
	c.must(err)
	if got := c.column("SELECT count(*)::text FROM account_recovery_code WHERE encode(hash, 'escape') LIKE '" + fresh[0][:4] + "%'"); got != "0" {
		t.Error("recovery codes are stored")
	}
}

func TestFactorsAreRemovedWithCare(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	doc := c.account("doc@example.org", doctor("1"))
	phone, e, _ := c.enrol(c.login("doc@example.org", home).Cookie)
	list, _, err := c.Factors(ctx, e.Cookie)
	c.must(err)
	c.refused(c.RemoveFactor(ctx, e.Cookie, list[0].ID, home), "factor.needed")
	c.refused(c.RemoveFactor(ctx, e.Cookie, "another", home), "factor.unknown")
	c.pass(accounts.FreshFor)
	_, err = c.BeginTOTP(ctx, e.Cookie)
	c.refused(err, "session.stale")
	_, err = c.Reauthenticate(ctx, e.Cookie, good, home) // the password is not enough for whoever has more
	c.refused(err, "session.stale")
	e, err = c.Code(ctx, e.Cookie, phone.code(c.now()), home)
	c.must(err)
	c.pass(30 * time.Second)
	_, e, codes := c.enrol(e.Cookie)
	if codes != nil {
		t.Error("recovery codes are given out again")
	}
	c.must(c.RemoveFactor(ctx, e.Cookie, list[0].ID, home))
	// Two administrators, or the owner of the machine.
	by := func(email string) authz.Principal {
		return authz.Principal{Account: c.account(email, chief), Roles: []authz.Role{authz.Administrator}}
	}
	one, two := by("one@example.org"), by("two@example.org")
	for range 2 {
		if done, err := c.ForgetFactors(ctx, one, doc); err != nil || done {
			t.Fatalf("one administrator alone: %v %v", done, err)
		}
	}
	c.who(e.Cookie)
	if done, err := c.ForgetFactors(ctx, two, doc); err != nil || !done {
		t.Fatalf("two administrators: %v %v", done, err)
	}
	c.dead(e.Cookie)
	if next := c.login("doc@example.org", home).Session.Next; next != accounts.Enrol {
		t.Errorf("next is %q", next)
	}
	// A patient may do without.
	c.account("ann@example.org")
	_, e, _ = c.enrol(c.login("ann@example.org", home).Cookie)
	list, _, err = c.Factors(ctx, e.Cookie)
	c.must(err)
	c.must(c.RemoveFactor(ctx, e.Cookie, list[0].ID, home))
	if next := c.login("ann@example.org", home).Session.Next; next != accounts.Whole {
		t.Errorf("next is %q", next)
	}
}

// A session of a time when one factor was enough counts for nothing when two
// are asked for.
func TestOperatorTurnsSecondFactorOnAgain(t *testing.T) {
	t.Parallel()
	c := open(t)
	demo := c.node(func(config *accounts.Config) { config.SingleFactor = true })
	c.account("doc@example.org", doctor("1"))
	e, err := demo.Login(t.Context(), "doc@example.org", good, home)
	c.must(err)
	if _, p, err := demo.Session(t.Context(), e.Cookie, home); err != nil || p.Account == "" {
		t.Errorf("in the demo: %+v %v", p, err)
	}
	c.dead(e.Cookie)
}
