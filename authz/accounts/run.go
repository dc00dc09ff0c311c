package accounts

import (
	"context"
	"time"
)

// How often the loop looks. A letter is on its way within a second of what
// caused it.
const (
	lookForLetters  = time.Second
	lookForLicences = time.Hour
)

// Run sends letters, hands events to the Journal, tells of licences that end,
// and drops what has ended, until the context is done. Several servers may do
// it at once.
func (s *Service) Run(ctx context.Context) {
	letters, licences := time.NewTicker(lookForLetters), time.NewTicker(lookForLicences)
	defer letters.Stop()
	defer licences.Stop()
	s.hourly(ctx)
	for {
		s.log(ctx, "send letters", s.Deliver(ctx))
		s.log(ctx, "hand events to the journal", s.Tell(ctx))
		select {
		case <-ctx.Done():
			return
		case <-letters.C:
		case <-licences.C:
			s.hourly(ctx)
		}
	}
}

func (s *Service) hourly(ctx context.Context) {
	s.log(ctx, "check licences", s.CheckLicences(ctx))
	s.log(ctx, "drop what has ended", s.Store.Tx(ctx, func(t Tx) error { return t.DropEnded(ctx, s.now()) }))
}

func (s *Service) log(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		s.Log.WarnContext(ctx, "accounts: could not "+what, "error", err.Error())
	}
}

// Tell hands the Journal what happened, in order, until nothing is left.
func (s *Service) Tell(ctx context.Context) error {
	if s.Journal == nil {
		return nil
	}
	for {
		n := 0
		err := s.Store.Tx(ctx, func(t Tx) error {
			events, err := t.TakeEvents(ctx, 100)
			n = len(events)
			for _, e := range events {
				if err == nil {
					err = s.Journal.Record(ctx, e)
				}
			}
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
}
