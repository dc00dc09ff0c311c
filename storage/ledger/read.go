package ledger

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
)

// Read is the event of a leaf. Whom the pseudonyms stand for is not in it, and
// without the private part, nil, neither is what that says.
func Read(leaf, private []byte) (Leaf, error) {
	var l struct {
		Actor, At, Client, Deed, Failure, ID, Logged, Name, Patient, Type string
		Seq                                                               int64
	}
	if err := json.Unmarshal(leaf, &l); err != nil {
		return Leaf{}, fmt.Errorf("read a leaf: %w", err)
	}
	out := Leaf{Seq: l.Seq, Private: private}
	e := &out.Event
	e.ID, e.Deed, e.Name, e.Failure, e.Type, e.Actor.Client = l.ID, l.Deed, l.Name, fhir.Code(l.Failure), l.Type, l.Client
	var err error
	if e.At, err = time.Parse(time.RFC3339, l.At); err != nil {
		return Leaf{}, fmt.Errorf("read a leaf: %w", err)
	}
	if out.Logged, err = time.Parse(time.RFC3339, l.Logged); err != nil {
		return Leaf{}, fmt.Errorf("read a leaf: %w", err)
	}
	if out.Actor, err = ParsePseudonym(l.Actor); err != nil {
		return Leaf{}, fmt.Errorf("read a leaf: %w", err)
	}
	if out.Patient, err = ParsePseudonym(l.Patient); err != nil {
		return Leaf{}, fmt.Errorf("read a leaf: %w", err)
	}
	if private == nil {
		return out, nil
	}
	var p struct{ About, Account, Address, Behalf, Detail, Entity, Purpose, Query, Reasons, Request, Token string }
	if err := json.Unmarshal(private, &p); err != nil {
		return Leaf{}, fmt.Errorf("read the private part of leaf %d: %w", l.Seq, err)
	}
	e.Actor.OnBehalfOf, e.Entity, e.Query, e.Reasons = p.Behalf, ParseKey(p.Entity), p.Query, strings.Fields(p.Reasons)
	e.Account, e.Detail = p.About, p.Detail
	e.Request = fhir.Request{ID: p.Request, Address: p.Address, Account: p.Account, Purpose: p.Purpose, Token: p.Token}
	return out, nil
}

// ParseKey is the inverse of Key.String.
func ParseKey(text string) fhir.Key {
	typ, rest, _ := strings.Cut(text, "/")
	id, version, _ := strings.Cut(rest, "/_history/")
	n, _ := strconv.Atoi(version)
	return fhir.Key{Type: typ, ID: id, Version: n}
}
