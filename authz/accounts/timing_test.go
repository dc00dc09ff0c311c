package accounts_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/authz/accounts"
)

// X03: whether there is an account does not show in how long an answer takes.
// The bound is generous, since other tests run at the same time; without the
// hash of nobody, an unknown address would be ten times as fast.
func TestStrangersMeasureNothing(t *testing.T) {
	c := open(t, func(config *accounts.Config) {
		config.Hashing = accounts.Hashing{Memory: 32 << 10, Time: 1, Threads: 1}
	})
	ctx := t.Context()
	c.account("known@example.org")
	const rounds = 15
	for name, ask := range map[string]func(email string, o accounts.Origin){
		"login":    func(email string, o accounts.Origin) { _, _ = c.Login(ctx, email, "a wrong guess", o) },
		"reset":    func(email string, o accounts.Origin) { _ = c.ForgotPassword(ctx, email, o) },
		"register": func(email string, o accounts.Origin) { _ = c.Register(ctx, newcomer(email), o) },
	} {
		took := map[string][]time.Duration{}
		for i := range rounds {
			emails := []string{"known@example.org", "unknown@example.org"}
			if i%2 == 1 {
				slices.Reverse(emails)
			}
			for _, email := range emails {
				o := accounts.Origin{Address: fmt.Sprintf("2001:db8:0:%x::", i)}
				begun := time.Now()
				ask(email, o)
				took[email] = append(took[email], time.Since(begun))
			}
			c.pass(time.Hour + time.Second)
		}
		median := func(email string) float64 {
			slices.Sort(took[email])
			return took[email][rounds/2].Seconds() * 1000
		}
		known, unknown := median("known@example.org"), median("unknown@example.org")
		t.Logf("%s: %.2f ms known, %.2f ms unknown", name, known, unknown)
		if r := known / unknown; math.Abs(known-unknown) > 10 && (r > 2 || r < 0.5) {
			t.Errorf("%s: %.2f ms known, %.2f ms unknown", name, known, unknown)
		}
	}
}
