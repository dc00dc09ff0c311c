package storage

import (
	"bytes"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
)

// own is what the row of a version says that its content says again, because
// the server wrote it there: id and time of the last change. Neither can be
// compressed, and the content holds one byte for each.
type own struct {
	id      string
	updated time.Time
}

// The bytes that stand for them. JSON has no such bytes.
var (
	markID   = []byte{1}
	markTime = []byte{2}
)

// plainID is the length up to which an id stays as it is: a short one would be
// found everywhere in the text.
const plainID = 8

// marked says whether a text has marks of its own.
func marked(text []byte) bool { return bytes.Contains(text, markID) || bytes.Contains(text, markTime) }

// shorten puts the marks into a text that has none.
func (o own) shorten(text []byte) []byte {
	text = bytes.ReplaceAll(text, []byte(fhir.Instant(o.updated)), markTime)
	if len(o.id) > plainID {
		text = bytes.ReplaceAll(text, []byte(o.id), markID)
	}
	return text
}

// restore is the inverse of shorten.
func (o own) restore(text []byte) []byte {
	text = bytes.ReplaceAll(text, markID, []byte(o.id))
	return bytes.ReplaceAll(text, markTime, []byte(fhir.Instant(o.updated)))
}
