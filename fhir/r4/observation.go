package r4

import (
	"strings"
	"time"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// Range is where a value is as it should be. A zero bound is open: no
// measurement here has a lower limit of zero that means anything.
type Range struct{ Low, High float64 }

// Judge is the code of v3-ObservationInterpretation for x: L, N or H, and ""
// when the range is open on both sides.
func (r Range) Judge(x float64) string {
	switch {
	case r == Range{}:
		return ""
	case r.Low != 0 && x < r.Low:
		return "L"
	case r.High != 0 && x > r.High:
		return "H"
	}
	return "N"
}

// NewObservation builds a final observation of one category.
func NewObservation(id, category string, code models.CodeableConcept, subject models.Reference, at time.Time) models.Observation {
	return models.Observation{
		Id: &id, Status: models.ObservationStatusFinal,
		Category: []models.CodeableConcept{Concept("", Coding(Terminology+"observation-category", category, categories[category]))},
		Code:     code, Subject: &subject, EffectiveDateTime: new(DateTime(at)),
	}
}

// categories are the displays of the observation categories we write.
var categories = map[string]string{
	"vital-signs": "Vital Signs",
	"laboratory":  "Laboratory",
	"procedure":   "Procedure",
}

// SetValue records a value, the range it is judged by, and the judgement.
func SetValue(o *models.Observation, value float64, unit Unit, normal Range) {
	o.ValueQuantity = new(unit.Quantity(value))
	o.ReferenceRange, o.Interpretation = judged(*o.ValueQuantity, unit, normal)
}

// judged compares the value as it is written, after rounding: a reader must
// not see 5.6 called high beside a limit of 5.6.
func judged(written models.Quantity, unit Unit, normal Range) ([]models.ObservationReferenceRange, []models.CodeableConcept) {
	value, err := written.Value.Float64()
	code := normal.Judge(value)
	if err != nil || code == "" {
		return nil, nil
	}
	limits := models.ObservationReferenceRange{}
	if normal.Low != 0 {
		limits.Low = new(unit.Quantity(normal.Low))
	}
	if normal.High != 0 {
		limits.High = new(unit.Quantity(normal.High))
	}
	judgement := Concept("", Coding(Terminology+"v3-ObservationInterpretation", code, map[string]string{"L": "Low", "N": "Normal", "H": "High"}[code]))
	return []models.ObservationReferenceRange{limits}, []models.CodeableConcept{judgement}
}

// Value is the result as people read it: "5.9 %", "128/79 mmHg", or the text
// of a coded or written one; "" when there is none.
func Value(o models.Observation) string {
	switch {
	case o.ValueQuantity != nil:
		return quantityText(*o.ValueQuantity)
	case o.ValueCodeableConcept != nil:
		return conceptText(*o.ValueCodeableConcept)
	case o.ValueString != nil:
		return *o.ValueString
	}
	var numbers []string
	unit := ""
	for _, c := range o.Component {
		if c.ValueQuantity != nil && c.ValueQuantity.Value != nil {
			numbers = append(numbers, c.ValueQuantity.Value.String())
			unit = unitText(*c.ValueQuantity)
		}
	}
	return strings.TrimSpace(strings.Join(numbers, "/") + " " + unit)
}

// Flag is the first interpretation code, "" for none.
func Flag(o models.Observation) string {
	for _, i := range o.Interpretation {
		for _, c := range i.Coding {
			if c.Code != nil {
				return *c.Code
			}
		}
	}
	return ""
}

// Limits is the first reference range as people read it: "3.5-5.1", "<200",
// ">60"; "" when there is none.
func Limits(o models.Observation) string {
	if len(o.ReferenceRange) == 0 {
		return ""
	}
	switch r := o.ReferenceRange[0]; {
	case r.Low != nil && r.High != nil:
		return r.Low.Value.String() + "-" + r.High.Value.String()
	case r.High != nil:
		return "<" + r.High.Value.String()
	case r.Low != nil:
		return ">" + r.Low.Value.String()
	}
	return ""
}

func quantityText(q models.Quantity) string {
	if q.Value == nil {
		return ""
	}
	return strings.TrimSpace(q.Value.String() + " " + unitText(q))
}

func unitText(q models.Quantity) string {
	switch {
	case q.Unit != nil:
		return *q.Unit
	case q.Code != nil:
		return *q.Code
	}
	return ""
}

func conceptText(c models.CodeableConcept) string {
	if c.Text != nil {
		return *c.Text
	}
	for _, coding := range c.Coding {
		if coding.Display != nil {
			return *coding.Display
		}
	}
	return ""
}
