package r4

import (
	"time"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// VitalSign is what is fixed about a vital sign: its code, its unit, what a
// value can be at all and what is usual in adults
// (observation-vitalsigns.html).
type VitalSign struct {
	Name      string // what a page calls it
	LOINC     string
	Display   string
	Profile   string // the last part of the profile's URL; "" for a component
	Also      string // a second LOINC code, for the kind of device
	AlsoName  string
	Unit      Unit
	Plausible Range // values outside are mistakes of typing
	Adult     Range // the usual range of adults; open when there is none
}

// The vital signs. Oxygen saturation carries two codes because the R4 profile
// asks for the one and US Core for both.
var (
	BloodPressure    = VitalSign{Name: "Blood pressure", LOINC: "85354-9", Display: "Blood pressure panel with all children optional", Profile: "bp", Unit: Unit{"mmHg", "mm[Hg]", 0}}
	Systolic         = VitalSign{Name: "Systolic pressure", LOINC: "8480-6", Display: "Systolic blood pressure", Unit: Unit{"mmHg", "mm[Hg]", 0}, Plausible: Range{40, 300}, Adult: Range{90, 129}}
	Diastolic        = VitalSign{Name: "Diastolic pressure", LOINC: "8462-4", Display: "Diastolic blood pressure", Unit: Unit{"mmHg", "mm[Hg]", 0}, Plausible: Range{20, 200}, Adult: Range{60, 84}}
	HeartRate        = VitalSign{Name: "Heart rate", LOINC: "8867-4", Display: "Heart rate", Profile: "heartrate", Unit: Unit{"/min", "/min", 0}, Plausible: Range{20, 300}, Adult: Range{60, 100}}
	RespiratoryRate  = VitalSign{Name: "Respiratory rate", LOINC: "9279-1", Display: "Respiratory rate", Profile: "resprate", Unit: Unit{"/min", "/min", 0}, Plausible: Range{3, 80}, Adult: Range{12, 20}}
	Temperature      = VitalSign{Name: "Temperature", LOINC: "8310-5", Display: "Body temperature", Profile: "bodytemp", Unit: Unit{"°C", "Cel", 1}, Plausible: Range{25, 45}, Adult: Range{36.1, 37.8}}
	OxygenSaturation = VitalSign{Name: "Oxygen saturation", LOINC: "2708-6", Display: "Oxygen saturation in Arterial blood", Profile: "oxygensat",
		Also: "59408-5", AlsoName: "Oxygen saturation in Arterial blood by Pulse oximetry", Unit: Unit{"%", "%", 0}, Plausible: Range{40, 100}, Adult: Range{95, 100}}
	Weight = VitalSign{Name: "Weight", LOINC: "29463-7", Display: "Body weight", Profile: "bodyweight", Unit: Unit{"kg", "kg", 1}, Plausible: Range{0.2, 650}}
	Height = VitalSign{Name: "Height", LOINC: "8302-2", Display: "Body height", Profile: "bodyheight", Unit: Unit{"cm", "cm", 1}, Plausible: Range{20, 275}}
	BMI    = VitalSign{Name: "Body mass index", LOINC: "39156-5", Display: "Body mass index (BMI) [Ratio]", Profile: "bmi", Unit: Unit{"kg/m2", "kg/m2", 1}, Plausible: Range{5, 200}, Adult: Range{18.5, 24.9}}
)

// VitalSigns lists them all, components included.
func VitalSigns() []VitalSign {
	return []VitalSign{BloodPressure, Systolic, Diastolic, HeartRate, RespiratoryRate, Temperature, OxygenSaturation, Weight, Height, BMI}
}

// Vital finds the vital sign of a LOINC code.
func Vital(loinc string) (VitalSign, bool) {
	for _, v := range VitalSigns() {
		if v.LOINC == loinc || v.Also == loinc {
			return v, true
		}
	}
	return VitalSign{}, false
}

// NewVital builds the observation of one value. The adult range is shown, and
// the value judged by it, only when adult is set: ours has no bands of age.
func NewVital(id string, v VitalSign, subject models.Reference, at time.Time, value float64, adult bool) models.Observation {
	o := v.observation(id, subject, at)
	normal := Range{}
	if adult {
		normal = v.Adult
	}
	SetValue(&o, value, v.Unit, normal)
	return o
}

// NewBloodPressure builds the panel with its two components.
func NewBloodPressure(id string, subject models.Reference, at time.Time, systolic, diastolic float64, adult bool) models.Observation {
	o := BloodPressure.observation(id, subject, at)
	o.Component = []models.ObservationComponent{Systolic.component(systolic, adult), Diastolic.component(diastolic, adult)}
	return o
}

func (v VitalSign) observation(id string, subject models.Reference, at time.Time) models.Observation {
	o := NewObservation(id, "vital-signs", v.code(), subject, at)
	o.Meta = &models.Meta{Profile: []string{"http://hl7.org/fhir/StructureDefinition/" + v.Profile}}
	return o
}

func (v VitalSign) component(value float64, adult bool) models.ObservationComponent {
	c := models.ObservationComponent{Code: v.code(), ValueQuantity: new(v.Unit.Quantity(value))}
	if adult {
		c.ReferenceRange, c.Interpretation = judged(*c.ValueQuantity, v.Unit, v.Adult)
	}
	return c
}

func (v VitalSign) code() models.CodeableConcept {
	codings := []models.Coding{Coding(LOINC, v.LOINC, v.Display)}
	if v.Also != "" {
		codings = append(codings, Coding(LOINC, v.Also, v.AlsoName))
	}
	return Concept(v.Name, codings...)
}
