package storage

import (
	"bytes"

	"github.com/webdoctor/webdoctor/fhir"
)

// EncodeEvents and DecodeEvents are how events wait for their numbers.
func EncodeEvents(list []fhir.Event) []byte { return bytes.Join(eventRows(list), nil) }

func DecodeEvents(row []byte) ([]fhir.Event, error) { return readEvents(row) }
