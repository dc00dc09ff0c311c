package clinic

import (
	models "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/webdoctor/webdoctor/fhir/r4"
)

// problem is a disease or complaint: its codes, who looks after it, what is
// prescribed and measured for it, and what it does to the body untreated.
type problem struct {
	key                string
	snomed, snomedName string
	icd, icdName       string
	specialty          string
	years              [2]int     // how long ago it may have begun; zero for an acute one
	drugs              [][]string // each a line of therapy whose steps replace one another
	panels             []string   // laboratory panels and studies that follow it
	effect             effect
}

// effect shifts measurements from the ordinary; controlled is the share of the
// shift that treatment takes away in half a year.
type effect struct {
	systolic, diastolic, heartRate, respRate, spo2, temperature, bmi float64
	controlled                                                       float64
}

var problems = []problem{
	{"hypertension", "59621000", "Essential hypertension", "I10", "Essential (primary) hypertension", "family", [2]int{1, 12},
		[][]string{{"lisinopril-10", "lisinopril-20"}, {"amlodipine-5"}}, []string{"bmp"}, effect{systolic: 27, diastolic: 14, controlled: .8}},
	{"hyperlipidemia", "55822004", "Hyperlipidemia", "E78.5", "Hyperlipidemia, unspecified", "family", [2]int{1, 9},
		[][]string{{"atorvastatin-20"}}, []string{"lipid"}, effect{}},
	{"diabetes-2", "44054006", "Diabetes mellitus type 2", "E11.9", "Type 2 diabetes mellitus without complications", "endocrinology", [2]int{1, 11},
		[][]string{{"metformin-500"}}, []string{"hba1c", "bmp"}, effect{bmi: 4, systolic: 4}},
	{"diabetes-1", "46635009", "Diabetes mellitus type 1", "E10.9", "Type 1 diabetes mellitus without complications", "endocrinology", [2]int{4, 9},
		[][]string{{"insulin-glargine"}}, []string{"hba1c"}, effect{}},
	{"prediabetes", "15777000", "Prediabetes", "R73.03", "Prediabetes", "family", [2]int{1, 3},
		nil, []string{"hba1c"}, effect{bmi: 3}},
	{"obesity", "414916001", "Obesity", "E66.9", "Obesity, unspecified", "family", [2]int{2, 10},
		nil, []string{"lipid"}, effect{bmi: 9, systolic: 5}},
	{"coronary", "53741008", "Coronary arteriosclerosis", "I25.10", "Atherosclerotic heart disease of native coronary artery without angina pectoris", "cardiology", [2]int{1, 8},
		[][]string{{"aspirin-81"}, {"atorvastatin-20"}, {"metoprolol-50"}}, []string{"lipid", "ecg"}, effect{}},
	{"atrial-fibrillation", "49436004", "Atrial fibrillation", "I48.91", "Unspecified atrial fibrillation", "cardiology", [2]int{1, 5},
		[][]string{{"apixaban-5"}, {"metoprolol-50"}}, []string{"ecg", "bmp"}, effect{heartRate: 26, controlled: .6}},
	{"heart-failure", "84114007", "Heart failure", "I50.9", "Heart failure, unspecified", "cardiology", [2]int{1, 4},
		[][]string{{"furosemide-40"}, {"carvedilol-6"}, {"lisinopril-10"}}, []string{"bnp", "bmp", "ecg", "chest"}, effect{respRate: 4, spo2: -3, heartRate: 8, controlled: .5}},
	{"asthma", "195967001", "Asthma", "J45.909", "Unspecified asthma, uncomplicated", "pulmonology", [2]int{2, 12},
		[][]string{{"fluticasone-44"}, {"albuterol"}}, []string{"spirometry"}, effect{respRate: 2, spo2: -1.5, controlled: .6}},
	{"copd", "13645005", "Chronic obstructive lung disease", "J44.9", "Chronic obstructive pulmonary disease, unspecified", "pulmonology", [2]int{3, 10},
		[][]string{{"fluticasone-salmeterol"}, {"albuterol"}}, []string{"spirometry", "chest"}, effect{respRate: 5, spo2: -5, heartRate: 5, controlled: .3}},
	{"hypothyroidism", "40930008", "Hypothyroidism", "E03.9", "Hypothyroidism, unspecified", "endocrinology", [2]int{1, 8},
		[][]string{{"levothyroxine-75"}}, []string{"thyroid"}, effect{heartRate: -7, bmi: 2, controlled: .7}},
	{"kidney-disease-3", "433144002", "Chronic kidney disease stage 3", "N18.30", "Chronic kidney disease, stage 3 unspecified", "family", [2]int{1, 5},
		nil, []string{"bmp"}, effect{systolic: 4}},
	{"depression", "35489007", "Depressive disorder", "F32.A", "Depression, unspecified", "psychiatry", [2]int{1, 6},
		[][]string{{"sertraline-25", "sertraline-50"}}, nil, effect{}},
	{"anxiety", "21897009", "Generalized anxiety disorder", "F41.1", "Generalized anxiety disorder", "psychiatry", [2]int{1, 6},
		[][]string{{"escitalopram-10"}}, nil, effect{heartRate: 6, controlled: .5}},
	{"migraine", "37796009", "Migraine", "G43.909", "Migraine, unspecified, not intractable, without status migrainosus", "neurology", [2]int{2, 12},
		[][]string{{"propranolol-40"}}, nil, effect{}},
	{"epilepsy", "84757009", "Epilepsy", "G40.909", "Epilepsy, unspecified, not intractable, without status epilepticus", "neurology", [2]int{3, 9},
		[][]string{{"levetiracetam-500"}}, nil, effect{}},
	{"knee-osteoarthritis", "239873007", "Osteoarthritis of knee", "M17.9", "Osteoarthritis of knee, unspecified", "orthopedics", [2]int{1, 8},
		[][]string{{"acetaminophen-500"}}, []string{"knee"}, effect{}},
	{"low-back-pain", "279039007", "Low back pain", "M54.50", "Low back pain, unspecified", "orthopedics", [2]int{1, 3},
		[][]string{{"naproxen-500"}}, nil, effect{}},
	{"rheumatoid-arthritis", "69896004", "Rheumatoid arthritis", "M06.9", "Rheumatoid arthritis, unspecified", "rheumatology", [2]int{1, 9},
		[][]string{{"methotrexate-10"}, {"prednisone-5"}}, []string{"inflammation", "cbc"}, effect{}},
	{"osteoporosis", "64859006", "Osteoporosis", "M81.0", "Age-related osteoporosis without current pathological fracture", "rheumatology", [2]int{1, 6},
		[][]string{{"alendronate-10"}}, nil, effect{}},
	{"psoriasis", "9014002", "Psoriasis", "L40.9", "Psoriasis, unspecified", "dermatology", [2]int{2, 12},
		[][]string{{"hydrocortisone-cream"}}, nil, effect{}},
	{"atopic-dermatitis", "24079001", "Atopic dermatitis", "L20.9", "Atopic dermatitis, unspecified", "dermatology", [2]int{1, 3},
		[][]string{{"hydrocortisone-cream"}}, nil, effect{}},
	{"acne", "11381005", "Acne vulgaris", "L70.0", "Acne vulgaris", "dermatology", [2]int{1, 2},
		[][]string{{"doxycycline-50"}}, nil, effect{}},
	{"reflux", "235595009", "Gastroesophageal reflux disease", "K21.9", "Gastro-esophageal reflux disease without esophagitis", "gastroenterology", [2]int{1, 7},
		[][]string{{"omeprazole-20"}}, nil, effect{}},
	{"crohn", "34000006", "Crohn's disease", "K50.90", "Crohn's disease, unspecified, without complications", "gastroenterology", [2]int{2, 9},
		[][]string{{"prednisone-5"}}, []string{"inflammation", "cbc"}, effect{bmi: -2}},
	{"irritable-bowel", "10743008", "Irritable bowel syndrome", "K58.9", "Irritable bowel syndrome, unspecified", "gastroenterology", [2]int{1, 6},
		nil, nil, effect{}},
	{"endometriosis", "129103003", "Endometriosis", "N80.9", "Endometriosis, unspecified", "gynecology", [2]int{1, 5},
		[][]string{{"naproxen-500"}}, []string{"cbc"}, effect{}},
	{"iron-deficiency-anemia", "87522002", "Iron deficiency anemia", "D50.9", "Iron deficiency anemia, unspecified", "family", [2]int{1, 2},
		[][]string{{"ferrous-sulfate"}}, []string{"cbc", "iron"}, effect{heartRate: 8, controlled: .9}},
	{"allergic-rhinitis", "61582004", "Allergic rhinitis", "J30.9", "Allergic rhinitis, unspecified", "family", [2]int{1, 12},
		[][]string{{"loratadine-10"}}, nil, effect{}},
	{"pregnancy", "72892002", "Normal pregnancy", "Z34.90", "Encounter for supervision of normal pregnancy, unspecified, unspecified trimester", "gynecology", [2]int{},
		nil, []string{"cbc"}, effect{heartRate: 8}},
}

// acute problems bring somebody in once and are over in two weeks.
var acute = []problem{
	{key: "pharyngitis", snomed: "195662009", snomedName: "Acute viral pharyngitis", icd: "J02.9", icdName: "Acute pharyngitis, unspecified",
		effect: effect{temperature: 1.4, heartRate: 10, respRate: 2}},
	{key: "sinusitis", snomed: "444814009", snomedName: "Viral sinusitis", icd: "J01.90", icdName: "Acute sinusitis, unspecified",
		effect: effect{temperature: .9, heartRate: 6}},
	{key: "bronchitis", snomed: "10509002", snomedName: "Acute bronchitis", icd: "J20.9", icdName: "Acute bronchitis, unspecified",
		effect: effect{temperature: 1.1, heartRate: 9, respRate: 4, spo2: -2}},
	{key: "otitis-media", snomed: "65363002", snomedName: "Otitis media", icd: "H66.90", icdName: "Otitis media, unspecified, unspecified ear",
		drugs: [][]string{{"amoxicillin"}}, effect: effect{temperature: 1.8, heartRate: 14, respRate: 2}},
	{key: "cystitis", snomed: "38822007", snomedName: "Cystitis", icd: "N30.90", icdName: "Cystitis, unspecified without hematuria",
		drugs: [][]string{{"nitrofurantoin"}}, effect: effect{temperature: .5}},
	{key: "ankle-sprain", snomed: "44465007", snomedName: "Sprain of ankle", icd: "S93.409A", icdName: "Sprain of unspecified ligament of unspecified ankle, initial encounter",
		drugs: [][]string{{"acetaminophen-325"}}, effect: effect{}},
}

func (p *problem) concept() models.CodeableConcept {
	return r4.Concept(p.snomedName, r4.Coding(r4.SNOMED, p.snomed, p.snomedName), r4.Coding(r4.ICD10, p.icd, p.icdName))
}

// reason is the concept without the billing code, for reasons and notes.
func (p *problem) reason() models.CodeableConcept {
	return r4.Concept(p.snomedName, r4.Coding(r4.SNOMED, p.snomed, p.snomedName))
}

func named(list []problem, key string) *problem {
	for i := range list {
		if list[i].key == key {
			return &list[i]
		}
	}
	panic("clinic: no problem called " + key)
}
