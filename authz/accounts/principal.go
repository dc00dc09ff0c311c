package accounts

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/fhir"
)

// principal of a standing, in one role or in all.
func (st *Standing) principal(role authz.Role) authz.Principal {
	p := authz.Principal{Account: st.Account}
	for _, h := range st.Held {
		if role != "" && h.Role != role {
			continue
		}
		p.Roles = append(p.Roles, h.Role)
		if h.Self != (fhir.Key{}) {
			p.Self = append(p.Self, h.Self)
		}
		if h.Role == authz.Practitioner {
			p.Licence = st.Licence
		}
	}
	if role == "" || role == authz.Patient { // who acts for a patient does so as one
		for _, proxy := range st.Proxies {
			p.Proxies = append(p.Proxies, proxy)
			p.Self = append(p.Self, proxy.Related)
		}
	}
	return p
}

// Principal is an account as access tokens act for it, in all of its roles.
// The caller adds what the token says: client, scopes, launch context, when a
// second factor was shown. It fails with Unauthorized when the account is not
// active. What other servers changed counts within half a second, what this
// one changed at once.
func (s *Service) Principal(ctx context.Context, account string) (authz.Principal, error) {
	return s.Vouch(ctx, account, time.Time{})
}

// Vouch is Principal for a token that was issued at a time: what was issued
// before the last change of the password, or before the account was disabled,
// is void. The zero time asks for no such thing.
func (s *Service) Vouch(ctx context.Context, account string, issued time.Time) (authz.Principal, error) {
	now := s.now()
	st, epoch, ok := s.standings.find(account, s.Now())
	if !ok {
		var err error
		if st, err = s.Store.Standing(ctx, account, now); err != nil && !errors.Is(err, ErrNone) {
			return authz.Principal{}, err
		}
		s.standings.keep(account, st, epoch, s.Now())
	}
	if st.Account == "" || !issued.IsZero() && issued.Before(st.Since) {
		return authz.Principal{}, fhir.Errorf(fhir.Unauthorized, "the account is not active")
	}
	return st.principal(""), nil
}

// standingAge is how long this server believes what it read when it cannot
// know of the changes of others.
const standingAge = 500 * time.Millisecond

// mostStandings is how many accounts are remembered at once.
const mostStandings = 10_000

// standings remembers accounts that many requests are made for. The zero
// value remembers none.
type standings struct {
	mu    sync.Mutex
	epoch int
	known map[string]knownStanding
}

type knownStanding struct {
	Standing
	read time.Time
}

func (k *standings) find(account string, now time.Time) (Standing, int, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	s, ok := k.known[account]
	age := now.Sub(s.read)
	return s.Standing, k.epoch, ok && age >= 0 && age < standingAge
}

// keep remembers what was read since the epoch began; there may have been a
// change meanwhile.
func (k *standings) keep(account string, s Standing, epoch int, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if epoch != k.epoch {
		return
	}
	if k.known == nil || len(k.known) >= mostStandings {
		k.known = map[string]knownStanding{}
	}
	k.known[account] = knownStanding{s, now}
}

// forget is called after every change that this server made.
func (k *standings) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.epoch++
	clear(k.known)
}
