package storage

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
)

// failure turns an error of the database into one the engine understands:
// ErrRace when trying again makes sense at once, Unavailable when the
// database is away or out of room, TooCostly when a statement ran over its
// time. Everything else stays what it is and is "internal" to the caller.
//
// An error during COMMIT is Unavailable too: the outcome is unknown, so it
// is never reported as success and never tried again by us.
func failure(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fhir.Error](err); ok {
		return err
	}
	if taken := keyTaken(err); taken != nil {
		return taken
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch code := pg.Code; {
		case code == "40001", code == "40P01", code == "55P03":
			return errors.Join(engine.ErrRace, err)
		case code == "23505" && (pg.ConstraintName == "version_no_twin" || pg.ConstraintName == "resource_one_per_identity"):
			return errors.Join(engine.ErrRace, err)
		case code == "57014":
			return &fhir.Error{Code: fhir.TooCostly, Message: "the request took too long; narrow it", RetryAfter: 5 * time.Second, Err: err}
		case strings.HasPrefix(code, "57"), strings.HasPrefix(code, "53"), strings.HasPrefix(code, "08"), code == "25P03", code == "58030":
			return away(err)
		}
		return err
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return away(err)
	}
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "closed pool") {
		return away(err)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &fhir.Error{Code: fhir.Timeout, Message: "the request ran out of time", RetryAfter: 2 * time.Second, Err: err}
	}
	return err
}

func away(err error) error {
	return &fhir.Error{Code: fhir.Unavailable, Message: "the database is not available at the moment", RetryAfter: 2 * time.Second, Err: err}
}
