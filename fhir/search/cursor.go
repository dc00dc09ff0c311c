package search

import (
	"encoding/base64"
	"encoding/json"
	"unicode/utf8"

	"github.com/webdoctor/webdoctor/fhir"
)

// Cursor is a position in the order of a query, opaque to clients: the page
// begins after it.
type Cursor struct {
	Keys     []string // values of the sort keys
	ID       int64    // the last resort of every order
	Backward bool     // the page ends before it
}

// maxCursor is the longest text of a cursor that is looked at.
const maxCursor = 4096

// Encode is the cursor as the value of the parameter _cursor. Whoever changes
// one gets another page of the same search, behind the same fence.
func (c *Cursor) Encode() string {
	text, err := json.Marshal(c)
	if err != nil {
		panic("search: a cursor is strings and numbers: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// DecodeCursor reads what Encode wrote.
func DecodeCursor(s string) (*Cursor, error) {
	bad := fhir.Errorf(fhir.Value, "the page link is not one that this server gave out").At("_cursor")
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(s) > maxCursor || !utf8.Valid(text) {
		return nil, bad
	}
	var c Cursor
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, bad
	}
	for _, key := range c.Keys {
		if !plain(key) {
			return nil, bad
		}
	}
	return &c, nil
}
