package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/webdoctor/webdoctor/migrations"
)

// Migrate brings the schema up to date without serving. serve does it too;
// this is for those who want it to happen at a time of their choice.
type Migrate struct {
	Data   `embed:""`
	Status bool `help:"Only show the state of the schema."`
}

// Run applies what is pending and prints where the schema stands.
func (m *Migrate) Run(ctx context.Context, s Streams, log *slog.Logger) error {
	services, err := services(osEnv)
	if err != nil {
		return err
	}
	b := &Backends{DatabaseURL: services.Database, log: log}
	defer b.Close(context.WithoutCancel(ctx))
	if b.DatabaseURL == "" {
		c, err := claim(m.Dir, "migrate")
		if err != nil {
			return err
		}
		defer c.Release()
		if err := b.startPostgres(ctx, m.Dir); err != nil {
			return err
		}
	}
	if !m.Status {
		if err := migrations.Up(ctx, b.DatabaseURL); err != nil {
			return err
		}
	}
	status, err := migrations.Check(ctx, b.DatabaseURL)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "schema: %d steps applied, %d pending\n", len(status.Applied), len(status.Pending))
	for _, name := range status.Pending {
		fmt.Fprintln(s.Out, "  pending", name)
	}
	return schemaProblem(status)
}

// schemaProblem says in words what is wrong with a schema that should be up
// to date; nil if nothing is.
func schemaProblem(s migrations.Status) error {
	switch {
	case len(s.Unknown) > 0:
		return fmt.Errorf("the database was migrated by a newer WebDoctor (step %s is unknown here): run that version, or restore a backup from before the upgrade", s.Unknown[0])
	case len(s.Pending) > 0:
		return nil
	case s.Fingerprint != s.Recorded:
		return errors.New("the schema was changed by hand since the last migration: compare it with a fresh database and undo the difference")
	}
	return nil
}
