package clinic

import (
	models "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/webdoctor/webdoctor/fhir/r4"
)

// analyte is one laboratory test and what is normal for it.
type analyte struct {
	key, loinc, display string
	name                string // what the report calls it
	unit                r4.Unit
	men, women          r4.Range
}

func unit(ucum string, decimals int) r4.Unit {
	return r4.Unit{Name: ucum, UCUM: ucum, Decimals: decimals}
}

// alike makes an analyte whose range is the same for all.
func alike(key, loinc, display, name string, u r4.Unit, normal r4.Range) analyte {
	return analyte{key, loinc, display, name, u, normal, normal}
}

var analytes = []analyte{
	alike("glucose", "2345-7", "Glucose [Mass/volume] in Serum or Plasma", "Glucose", unit("mg/dL", 0), r4.Range{Low: 70, High: 99}),
	alike("urea-nitrogen", "3094-0", "Urea nitrogen [Mass/volume] in Serum or Plasma", "Urea nitrogen", unit("mg/dL", 0), r4.Range{Low: 7, High: 20}),
	{"creatinine", "2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "Creatinine", unit("mg/dL", 2), r4.Range{Low: .74, High: 1.35}, r4.Range{Low: .59, High: 1.04}},
	alike("egfr", "98979-8", "Glomerular filtration rate/1.73 sq M.predicted [Volume Rate/Area] in Serum, Plasma or Blood by Creatinine-based formula (CKD-EPI 2021)",
		"eGFR (CKD-EPI 2021)", r4.Unit{Name: "mL/min/1.73 m2", UCUM: "mL/min/{1.73_m2}"}, r4.Range{Low: 60}),
	alike("sodium", "2951-2", "Sodium [Moles/volume] in Serum or Plasma", "Sodium", unit("mmol/L", 0), r4.Range{Low: 135, High: 145}),
	alike("potassium", "2823-3", "Potassium [Moles/volume] in Serum or Plasma", "Potassium", unit("mmol/L", 1), r4.Range{Low: 3.5, High: 5.1}),
	alike("chloride", "2075-0", "Chloride [Moles/volume] in Serum or Plasma", "Chloride", unit("mmol/L", 0), r4.Range{Low: 98, High: 107}),
	alike("bicarbonate", "2028-9", "Carbon dioxide, total [Moles/volume] in Serum or Plasma", "Carbon dioxide", unit("mmol/L", 0), r4.Range{Low: 22, High: 29}),
	alike("calcium", "17861-6", "Calcium [Mass/volume] in Serum or Plasma", "Calcium", unit("mg/dL", 1), r4.Range{Low: 8.6, High: 10.2}),

	{"hemoglobin", "718-7", "Hemoglobin [Mass/volume] in Blood", "Hemoglobin", unit("g/dL", 1), r4.Range{Low: 13.5, High: 17.5}, r4.Range{Low: 12, High: 15.5}},
	{"hematocrit", "4544-3", "Hematocrit [Volume Fraction] of Blood by Automated count", "Hematocrit", unit("%", 1), r4.Range{Low: 38.8, High: 50}, r4.Range{Low: 34.9, High: 44.5}},
	{"erythrocytes", "789-8", "Erythrocytes [#/volume] in Blood by Automated count", "Red cells", unit("10*6/uL", 2), r4.Range{Low: 4.35, High: 5.65}, r4.Range{Low: 3.92, High: 5.13}},
	alike("mcv", "787-2", "MCV [Entitic volume] by Automated count", "Mean cell volume", unit("fL", 0), r4.Range{Low: 80, High: 100}),
	alike("leukocytes", "6690-2", "Leukocytes [#/volume] in Blood by Automated count", "White cells", unit("10*3/uL", 1), r4.Range{Low: 4, High: 11}),
	alike("platelets", "777-3", "Platelets [#/volume] in Blood by Automated count", "Platelets", unit("10*3/uL", 0), r4.Range{Low: 150, High: 400}),

	alike("cholesterol", "2093-3", "Cholesterol [Mass/volume] in Serum or Plasma", "Cholesterol", unit("mg/dL", 0), r4.Range{High: 200}),
	alike("triglycerides", "2571-8", "Triglyceride [Mass/volume] in Serum or Plasma", "Triglycerides", unit("mg/dL", 0), r4.Range{High: 150}),
	{"hdl", "2085-9", "Cholesterol in HDL [Mass/volume] in Serum or Plasma", "HDL cholesterol", unit("mg/dL", 0), r4.Range{Low: 40}, r4.Range{Low: 50}},
	alike("ldl", "13457-7", "Cholesterol in LDL [Mass/volume] in Serum or Plasma by calculation", "LDL cholesterol (calculated)", unit("mg/dL", 0), r4.Range{High: 130}),

	alike("hba1c", "4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "Hemoglobin A1c", unit("%", 1), r4.Range{High: 5.6}),
	alike("tsh", "3016-3", "Thyrotropin [Units/volume] in Serum or Plasma", "TSH", unit("m[IU]/L", 2), r4.Range{Low: .4, High: 4}),
	alike("free-t4", "3024-7", "Thyroxine (T4) free [Mass/volume] in Serum or Plasma", "Free T4", unit("ng/dL", 2), r4.Range{Low: .8, High: 1.8}),
	{"ferritin", "2276-4", "Ferritin [Mass/volume] in Serum or Plasma", "Ferritin", unit("ng/mL", 0), r4.Range{Low: 24, High: 336}, r4.Range{Low: 11, High: 307}},
	alike("crp", "1988-5", "C reactive protein [Mass/volume] in Serum or Plasma", "C-reactive protein", unit("mg/L", 1), r4.Range{High: 8}),
	alike("esr", "4537-7", "Erythrocyte sedimentation rate by Westergren method", "Sedimentation rate", unit("mm/h", 0), r4.Range{High: 20}),
	alike("nt-probnp", "33762-6", "Natriuretic peptide.B prohormone N-Terminal [Mass/volume] in Serum or Plasma", "NT-proBNP", unit("pg/mL", 0), r4.Range{High: 300}),
}

// panel is what one laboratory report holds.
type panel struct {
	key, loinc, display, title string
	tests                      []string
}

var panels = []panel{
	{"bmp", "24321-2", "Basic metabolic 2000 panel - Serum or Plasma", "Basic metabolic panel",
		[]string{"glucose", "urea-nitrogen", "creatinine", "egfr", "sodium", "potassium", "chloride", "bicarbonate", "calcium"}},
	{"cbc", "58410-2", "CBC panel - Blood by Automated count", "Complete blood count",
		[]string{"hemoglobin", "hematocrit", "erythrocytes", "mcv", "leukocytes", "platelets"}},
	{"lipid", "24331-1", "Lipid 1996 panel - Serum or Plasma", "Lipid panel", []string{"cholesterol", "triglycerides", "hdl", "ldl"}},
	{"hba1c", "4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "Hemoglobin A1c", []string{"hba1c"}},
	{"thyroid", "11502-2", "Laboratory report", "Thyroid function", []string{"tsh", "free-t4"}},
	{"iron", "11502-2", "Laboratory report", "Iron stores", []string{"ferritin"}},
	{"inflammation", "11502-2", "Laboratory report", "Inflammation markers", []string{"crp", "esr"}},
	{"bnp", "11502-2", "Laboratory report", "Heart failure marker", []string{"nt-probnp"}},
}

func test(key string) analyte {
	for _, a := range analytes {
		if a.key == key {
			return a
		}
	}
	panic("clinic: no test called " + key)
}

// normal is the range for a person.
func (a analyte) normal(p *person) r4.Range {
	if p.sex == 'm' {
		return a.men
	}
	return a.women
}

func (a analyte) concept() models.CodeableConcept {
	return r4.Concept(a.name, r4.Coding(r4.LOINC, a.loinc, a.display))
}

func (p panel) concept() models.CodeableConcept {
	return r4.Concept(p.title, r4.Coding(r4.LOINC, p.loinc, p.display))
}
