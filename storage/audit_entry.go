package storage

import (
	"encoding/binary"
	"errors"
	"strings"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
)

// The bounds of what a caller chooses, so that no event is longer than a row
// may be.
const (
	maxQuery = 4 << 10
	maxWord  = 256
	maxRow   = 7 << 10 // of entries in a row
)

// entryVersion is the first byte of an event that waits for its number. Events
// of other versions may be there after an update of the programme.
const entryVersion = 1

// appendEvent writes an event as it waits for its number: its texts, each
// behind its length.
func appendEvent(dst []byte, e *fhir.Event) []byte {
	dst = append(dst, entryVersion)
	dst = binary.AppendVarint(dst, e.At.UnixMilli())
	for _, s := range [...]string{
		e.ID, e.Deed, e.Name, string(e.Failure), e.Type,
		e.Actor.Reference, e.Actor.Client, e.Actor.OnBehalfOf,
		e.Request.ID, e.Request.Address, e.Request.Account, e.Request.Token, e.Request.Purpose, strings.Join(e.Reasons, " "),
		e.Account, e.Detail,
	} {
		dst = appendText(dst, s, maxWord)
	}
	dst = appendText(dst, e.Query, maxQuery)
	return appendKey(appendKey(dst, e.Patient), e.Entity)
}

func appendText(dst []byte, s string, most int) []byte {
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "")
	}
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendKey(dst []byte, k fhir.Key) []byte {
	return binary.AppendUvarint(appendText(appendText(dst, k.Type, maxWord), k.ID, maxWord), uint64(max(0, k.Version)))
}

var errEntry = errors.New("an event that waits for its number cannot be read")

// readEvents is the inverse of appendEvent, for all events of a row.
func readEvents(row []byte) ([]fhir.Event, error) {
	var list []fhir.Event
	r := entries{row}
	for len(r.rest) > 0 {
		e, ok := r.event()
		if !ok {
			return nil, errEntry
		}
		list = append(list, e)
	}
	return list, nil
}

// entries is a row being read.
type entries struct{ rest []byte }

func (r *entries) event() (e fhir.Event, ok bool) {
	if r.rest[0] != entryVersion {
		return e, false
	}
	at, n := binary.Varint(r.rest[1:])
	if n <= 0 {
		return e, false
	}
	r.rest = r.rest[1+n:]
	e.At = time.UnixMilli(at).UTC()
	var failure, reasons string
	for _, s := range [...]*string{
		&e.ID, &e.Deed, &e.Name, &failure, &e.Type,
		&e.Actor.Reference, &e.Actor.Client, &e.Actor.OnBehalfOf,
		&e.Request.ID, &e.Request.Address, &e.Request.Account, &e.Request.Token, &e.Request.Purpose, &reasons,
		&e.Account, &e.Detail,
		&e.Query,
	} {
		if !r.text(s) {
			return e, false
		}
	}
	e.Failure, e.Reasons = fhir.Code(failure), strings.Fields(reasons)
	return e, r.key(&e.Patient) && r.key(&e.Entity)
}

func (r *entries) text(s *string) bool {
	size, n := binary.Uvarint(r.rest)
	if n <= 0 || size > uint64(len(r.rest)-n) {
		return false
	}
	*s = string(r.rest[n : n+int(size)])
	r.rest = r.rest[n+int(size):]
	return true
}

func (r *entries) key(k *fhir.Key) bool {
	if !r.text(&k.Type) || !r.text(&k.ID) {
		return false
	}
	version, n := binary.Uvarint(r.rest)
	if n <= 0 || version > 1<<31 {
		return false
	}
	k.Version = int(version)
	r.rest = r.rest[n:]
	return true
}

// eventRows are events as rows of audit_pending.
func eventRows(events []fhir.Event) [][]byte {
	var out [][]byte
	var row, one []byte
	for i := range events {
		one = appendEvent(one[:0], &events[i])
		if len(row)+len(one) > maxRow {
			out = append(out, row)
			row = nil
		}
		row = append(row, one...)
	}
	return append(out, row)
}
