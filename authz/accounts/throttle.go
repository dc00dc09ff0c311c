package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"net/netip"
	"time"
)

// Guessing is slowed down in three ways, each by a counter that outlives the
// server: for one account from one place, for one account from everywhere,
// for one place. The second alone would let anybody lock anybody out; so it
// does not hold for places from which the account has logged in before, nor
// for one that its owner opens by a letter, nor for passkeys.
const (
	pairFree    = 5 // failures before there is a delay, which then doubles
	pairDelay   = time.Minute
	pairMost    = 15 * time.Minute
	accountFree = 20
	placeFree   = 100
	anHour      = time.Hour
	trustFor    = 30 * 24 * time.Hour // a place from which somebody logged in
	unlockFor   = 24 * time.Hour      // a place that a letter opened
)

// attempt is one try to prove something, which counts as failed until it has
// succeeded: of many at once no more than may fail are looked at.
type attempt struct {
	keys  [][]byte // pair, account, place, trust
	slow  time.Duration
	alarm bool // the account has just come under attack from everywhere
}

// counterKey names a counter without telling whose it is.
func (s *Service) counterKey(parts ...string) []byte {
	h := hmac.New(sha256.New, s.countKey)
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return h.Sum(nil)[:16]
}

// place is what one attacker has of addresses: one of IPv4, a /64 of IPv6.
func place(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if a = a.Unmap().WithZone(""); a.Is4() {
		return a.String()
	}
	p, _ := a.Prefix(64) // cannot fail
	return p.String()
}

// try begins an attempt of a kind. When slow is not 0 it must not be made.
func (s *Service) try(ctx context.Context, t Tx, kind, who string, o Origin) (*attempt, error) {
	from := place(o.Address)
	a := &attempt{keys: [][]byte{
		s.counterKey(kind, "pair", who, from), s.counterKey(kind, "account", who), s.counterKey(kind, "place", from), s.counterKey("trust", who, from),
	}}
	list, err := t.LockCounters(ctx, a.keys)
	if err != nil {
		return nil, err
	}
	now := s.now()
	pair, account, site, trust := &list[0], &list[1], &list[2], &list[3]
	if now.After(pair.Begun.Add(pairMost)) && !now.Before(pair.Until) {
		pair.Count = 0
	}
	for _, c := range []*Counter{account, site} {
		if now.After(c.Begun.Add(anHour)) {
			c.Count, c.Begun = 0, now
		}
	}
	switch {
	case now.Before(pair.Until):
		a.slow = pair.Until.Sub(now)
	case site.Count >= placeFree:
		a.slow = site.Begun.Add(anHour).Sub(now)
	case account.Count >= accountFree && !now.Before(trust.Until):
		a.slow = account.Begun.Add(anHour).Sub(now)
		if a.alarm = !now.Before(account.Until); a.alarm {
			account.Until = now.Add(anHour) // one letter in an hour
			return a, t.SetCounters(ctx, list[1:2])
		}
	}
	if a.slow > 0 {
		a.slow = max(a.slow, time.Second)
		return a, nil
	}
	pair.Begun = now
	if pair.Count++; pair.Count >= pairFree {
		pair.Until = now.Add(min(pairDelay<<min(pair.Count-pairFree, 10), pairMost))
	}
	account.Count++
	site.Count++
	return a, t.SetCounters(ctx, list[:3])
}

// won ends an attempt that succeeded, and trusts the place from now on.
func (s *Service) won(ctx context.Context, t Tx, a *attempt) error {
	list, err := t.LockCounters(ctx, a.keys)
	if err != nil {
		return err
	}
	list[0].Count, list[0].Until = 0, time.Time{}
	list[1].Count = max(0, list[1].Count-1)
	list[2].Count = max(0, list[2].Count-1)
	list[3].Begun, list[3].Until = s.now(), s.now().Add(trustFor)
	return t.SetCounters(ctx, list)
}

// trust lets an account be tried from a place although it is under attack.
func (s *Service) trust(ctx context.Context, t Tx, who string, o Origin) error {
	list, err := t.LockCounters(ctx, [][]byte{s.counterKey("trust", who, place(o.Address))})
	if err != nil {
		return err
	}
	now := s.now()
	list[0].Begun = now
	if until := now.Add(unlockFor); list[0].Until.Before(until) {
		list[0].Until = until
	}
	return t.SetCounters(ctx, list)
}

// ration is the number of letters that one place can cause in an hour.
const ration = 20

// rationed refuses when a place has caused too many letters.
func (s *Service) rationed(ctx context.Context, t Tx, o Origin) error {
	list, err := t.LockCounters(ctx, [][]byte{s.counterKey("letters", place(o.Address))})
	if err != nil {
		return err
	}
	c, now := &list[0], s.now()
	if now.After(c.Begun.Add(anHour)) {
		c.Count, c.Begun = 0, now
	}
	if c.Count >= ration {
		return &Problem{Key: "login.slow", RetryAfter: c.Begun.Add(anHour).Sub(now)}
	}
	c.Count++
	return t.SetCounters(ctx, list)
}
