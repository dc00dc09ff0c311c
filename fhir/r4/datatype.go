package r4

import (
	"encoding/json"
	"strconv"
	"time"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// Ref is a relative reference: "Patient/7".
func Ref(typ, id string) models.Reference {
	return models.Reference{Reference: new(typ + "/" + id)}
}

// Coding is one code of one system. An empty display is left out.
func Coding(system, code, display string) models.Coding {
	c := models.Coding{System: &system, Code: &code}
	if display != "" {
		c.Display = &display
	}
	return c
}

// Concept is a thought in words and in the codes that stand for it. An empty
// text is left out.
func Concept(text string, codings ...models.Coding) models.CodeableConcept {
	c := models.CodeableConcept{Coding: codings}
	if text != "" {
		c.Text = &text
	}
	return c
}

// Unit is how a quantity is written: the word people read, the UCUM code that
// counts, and the number of decimals the measurement supports.
type Unit struct {
	Name     string
	UCUM     string
	Decimals int
}

// Quantity writes value in the unit, rounded to its decimals.
func (u Unit) Quantity(value float64) models.Quantity {
	return models.Quantity{
		Value: new(json.Number(strconv.FormatFloat(value, 'f', u.Decimals, 64))), Unit: new(u.Name),
		System: new(UCUM), Code: new(u.UCUM),
	}
}

// Days is a duration of whole days.
func Days(n int) *models.Duration {
	return &models.Duration{Value: new(json.Number(strconv.Itoa(n))), Unit: new("days"), System: new(UCUM), Code: new("d")}
}

// Date formats the calendar day of t (datatypes.html#date).
func Date(t time.Time) string { return t.Format(time.DateOnly) }

// DateTime formats t to the second with its offset (datatypes.html#dateTime);
// the form is an instant as well.
func DateTime(t time.Time) string { return t.Format(time.RFC3339) }

// Period spans from start to end.
func Period(start, end time.Time) *models.Period {
	return &models.Period{Start: new(DateTime(start)), End: new(DateTime(end))}
}
