package r4

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// Marshal writes a newly built resource, with resourceType first.
//
// The structs know a mandatory choice element as two mandatory fields and
// write the unused one as an empty object or string, which FHIR forbids
// (json.html#null). For the types we build that have one, the unused field is
// covered by a field of the same name that is left out.
func Marshal(resource any) ([]byte, error) {
	switch r := resource.(type) {
	case models.MedicationRequest:
		resource = struct {
			models.OtherMedicationRequest
			MedicationReference *models.Reference `json:"medicationReference,omitempty"`
			ResourceType        string            `json:"resourceType"`
		}{OtherMedicationRequest: models.OtherMedicationRequest(r), ResourceType: "MedicationRequest"}
	case models.Immunization:
		resource = struct {
			models.OtherImmunization
			OccurrenceString *string `json:"occurrenceString,omitempty"`
			ResourceType     string  `json:"resourceType"`
		}{OtherImmunization: models.OtherImmunization(r), ResourceType: "Immunization"}
	}
	b, err := json.Marshal(resource)
	if err != nil {
		return nil, fmt.Errorf("marshal %T: %w", resource, err)
	}
	cut := bytes.LastIndex(b, []byte(`,"resourceType":"`))
	if cut < 0 {
		return nil, fmt.Errorf("marshal %T: not a resource with an element of its own", resource)
	}
	first := make([]byte, 0, len(b))
	first = append(first, '{')
	first = append(first, b[cut+1:len(b)-1]...)
	first = append(first, ',')
	first = append(first, b[1:cut]...)
	return append(first, '}'), nil
}

// View lists the resources that have a reading view.
type View interface {
	models.Patient | models.Practitioner | models.Appointment |
		models.Observation | models.DiagnosticReport | models.MedicationRequest
}

// Read parses stored bytes for display. It fails when they are of another
// type, and when a required code is not one the struct knows, which a lenient
// server may have stored: show the bare resource then.
func Read[T View](stored []byte) (T, error) {
	var view T
	var head struct {
		ResourceType string `json:"resourceType"`
	}
	want := reflect.TypeFor[T]().Name()
	if err := json.Unmarshal(stored, &head); err != nil {
		return view, fmt.Errorf("read %s: %w", want, err)
	}
	if head.ResourceType != want {
		return view, fmt.Errorf("read %s: the resource is of type %q", want, head.ResourceType)
	}
	if err := json.Unmarshal(stored, &view); err != nil {
		return view, fmt.Errorf("read %s: %w", want, err)
	}
	return view, nil
}
