package b100

import (
	"math/rand/v2"
	"time"
)

const visit = "General examination of patient (procedure)"

func encounter(r *rand.Rand) Object {
	t := care(r)
	return Object{
		{"resourceType", "Encounter"},
		profile(usCore + "us-core-encounter"),
		{"identifier", Array{Object{{"use", "official"}, {"system", synthea}, {"value", UUID(r)}}}},
		{"status", "finished"},
		{"class", Object{{"system", hl7 + "v3-ActCode"}, {"code", pick(r, []string{"AMB", "EMER", "IMP", "HH"})}}},
		{"type", Array{codeable(SNOMED, "162673000", visit)}},
		{"subject", labelled(patientAt, "Patient")},
		{"participant", Array{Object{
			{"type", Array{codeable(hl7+"v3-ParticipationType", "PPRF", "primary performer")}},
			{"period", period(t, 30*time.Minute)},
			{"individual", reference(practitionerAt)},
		}}},
		{"period", period(t, 30*time.Minute)},
		{"serviceProvider", labelled(organizationAt, "Hospital")},
	}
}

// observation draws the k-th observation of a patient: a blood pressure panel
// for every eighth, else one of the [Measurements].
func observation(r *rand.Rand, enc Ref, k int) Object {
	if k%8 == 7 {
		return bloodPressure(r, enc)
	}
	m := pick(r, Measurements)
	prof := usCore + "us-core-observation-lab"
	if m.Category == "vital-signs" {
		prof = "http://hl7.org/fhir/StructureDefinition/vitalsigns"
	}
	o := observationHead(r, prof, m.Category, codeable(LOINC, m.Code, m.Display), enc)
	return append(o, Member{"valueQuantity", quantity(tenths(m.Low+r.IntN(m.High-m.Low)), m.Unit)})
}

func bloodPressure(r *rand.Rand, enc Ref) Object {
	o := observationHead(r, usCore+"us-core-blood-pressure", "vital-signs",
		codeable(LOINC, "85354-9", "Blood pressure panel with all children optional"), enc)
	return append(o, Member{"component", Array{
		Object{{"code", codeable(LOINC, "8462-4", "Diastolic Blood Pressure")}, {"valueQuantity", quantity(60+r.IntN(50), "mm[Hg]")}},
		Object{{"code", codeable(LOINC, "8480-6", "Systolic Blood Pressure")}, {"valueQuantity", quantity(90+r.IntN(90), "mm[Hg]")}},
	}})
}

func observationHead(r *rand.Rand, prof, category string, code Object, enc Ref) Object {
	t := care(r)
	return Object{
		{"resourceType", "Observation"},
		profile(prof),
		{"status", "final"},
		{"category", Array{Object{{"coding", Array{coding(hl7+"observation-category", category, category)}}}}},
		{"code", code},
		{"subject", reference(patientAt)},
		{"encounter", reference(enc)},
		{"effectiveDateTime", stamp(t)},
		{"issued", t.Format(instant3)},
	}
}

func quantity(value any, unit string) Object {
	return Object{{"value", value}, {"unit", unit}, {"system", UCUM}, {"code", unit}}
}

func condition(r *rand.Rand, enc Ref) Object {
	t := stamp(care(r))
	return Object{
		{"resourceType", "Condition"},
		profile(usCore + "us-core-condition-encounter-diagnosis"),
		{"clinicalStatus", codeable(hl7+"condition-clinical", "active", "Active")},
		{"verificationStatus", codeable(hl7+"condition-ver-status", "confirmed", "Confirmed")},
		{"category", Array{codeable(hl7+"condition-category", "encounter-diagnosis", "Encounter Diagnosis")}},
		{"code", pick(r, diagnoses).in(SNOMED)},
		{"subject", reference(patientAt)},
		{"encounter", reference(enc)},
		{"onsetDateTime", t},
		{"recordedDate", t},
	}
}

func medicationRequest(r *rand.Rand, enc Ref) Object {
	return Object{
		{"resourceType", "MedicationRequest"},
		profile(usCore + "us-core-medicationrequest"),
		{"status", pick(r, []string{"active", "completed", "stopped"})},
		{"intent", "order"},
		{"medicationCodeableConcept", pick(r, medications).in(RxNorm)},
		{"subject", reference(patientAt)},
		{"encounter", reference(enc)},
		{"authoredOn", stamp(care(r))},
		{"requester", reference(practitionerAt)},
		{"dosageInstruction", Array{Object{
			{"sequence", 1},
			{"timing", Object{{"repeat", Object{{"frequency", 1}, {"period", 1}, {"periodUnit", "d"}}}}},
			{"asNeededBoolean", false},
			{"doseAndRate", Array{Object{
				{"type", codeable(hl7+"dose-rate-type", "ordered", "Ordered")},
				{"doseQuantity", Object{{"value", 1}}},
			}}},
		}}},
	}
}

func procedure(r *rand.Rand, enc Ref) Object {
	return Object{
		{"resourceType", "Procedure"},
		{"status", "completed"},
		{"code", codeable(SNOMED, "430193006", "Medication Reconciliation (procedure)")},
		{"subject", reference(patientAt)},
		{"encounter", reference(enc)},
		{"performedPeriod", period(care(r), 15*time.Minute)},
	}
}

func immunization(r *rand.Rand, enc Ref) Object {
	return Object{
		{"resourceType", "Immunization"},
		{"status", "completed"},
		{"vaccineCode", codeable("http://hl7.org/fhir/sid/cvx", "140", "Influenza, seasonal, injectable, preservative free")},
		{"patient", reference(patientAt)},
		{"encounter", reference(enc)},
		{"occurrenceDateTime", stamp(care(r))},
		{"primarySource", true},
	}
}

// diagnosticReport draws a report with eight results among the patient's
// observations.
func diagnosticReport(r *rand.Rand, enc Ref) Object {
	t := care(r)
	var results Array
	for range 8 {
		results = append(results, labelled(observationAt+Ref(r.IntN(observations)), "Result"))
	}
	return Object{
		{"resourceType", "DiagnosticReport"},
		{"status", "final"},
		{"category", Array{codeable(hl7+"v2-0074", "LAB", "Laboratory")}},
		{"code", codeable(LOINC, "51990-0", "Basic Metabolic Panel")},
		{"subject", reference(patientAt)},
		{"encounter", reference(enc)},
		{"effectiveDateTime", stamp(t)},
		{"issued", t.Format(instant3)},
		{"performer", Array{reference(organizationAt)}},
		{"result", results},
	}
}
