package b100

// Families are the fifty family names of the patients.
var Families = []string{
	"Smith", "Johnson", "Williams", "Brown", "Jones", "Garcia", "Miller", "Davis", "Rodriguez", "Martinez",
	"Hernandez", "Lopez", "Gonzalez", "Wilson", "Anderson", "Thomas", "Taylor", "Moore", "Jackson", "Martin",
	"Lee", "Perez", "Thompson", "White", "Harris", "Sanchez", "Clark", "Ramirez", "Lewis", "Robinson",
	"Walker", "Young", "Allen", "King", "Wright", "Scott", "Torres", "Nguyen", "Hill", "Flores",
	"Green", "Adams", "Nelson", "Baker", "Hall", "Rivera", "Campbell", "Mitchell", "Carter", "Roberts",
}

// Givens are the forty given names; every second one is a woman's.
var Givens = []string{
	"James", "Mary", "Robert", "Patricia", "John", "Jennifer", "Michael", "Linda", "David", "Elizabeth",
	"William", "Barbara", "Richard", "Susan", "Joseph", "Jessica", "Thomas", "Sarah", "Charles", "Karen",
	"Christopher", "Lisa", "Daniel", "Nancy", "Matthew", "Betty", "Anthony", "Margaret", "Mark", "Sandra",
	"Donald", "Ashley", "Steven", "Kimberly", "Paul", "Emily", "Andrew", "Donna", "Joshua", "Michelle",
}

// Cities are the fourteen where patients live and hospitals stand.
var Cities = []string{
	"Boston", "Worcester", "Springfield", "Lowell", "Cambridge", "Quincy", "Newton",
	"Somerville", "Waltham", "Revere", "Falmouth", "Westport", "Holbrook", "Maynard",
}

// Measurement is a kind of observation: its LOINC code and the range its
// values are drawn from, in tenths of the unit.
type Measurement struct {
	Code, Display, Category, Unit string
	Low, High                     int
}

// Measurements are the twelve kinds of observation with one value.
var Measurements = []Measurement{
	{"8302-2", "Body Height", "vital-signs", "cm", 1200, 2000},
	{"29463-7", "Body Weight", "vital-signs", "kg", 300, 1400},
	{"39156-5", "Body mass index (BMI) [Ratio]", "vital-signs", "kg/m2", 150, 450},
	{"8867-4", "Heart rate", "vital-signs", "/min", 500, 1300},
	{"9279-1", "Respiratory rate", "vital-signs", "/min", 100, 250},
	{"8310-5", "Body temperature", "vital-signs", "Cel", 350, 400},
	{"2339-0", "Glucose [Mass/volume] in Blood", "laboratory", "mg/dL", 600, 2200},
	{"2947-0", "Sodium [Moles/volume] in Blood", "laboratory", "mmol/L", 1300, 1500},
	{"718-7", "Hemoglobin [Mass/volume] in Blood", "laboratory", "g/dL", 90, 180},
	{"4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "laboratory", "%", 40, 120},
	{"2093-3", "Cholesterol [Mass/volume] in Serum or Plasma", "laboratory", "mg/dL", 1200, 3000},
	{"38483-4", "Creatinine [Mass/volume] in Blood", "laboratory", "mg/dL", 4, 30},
}

// concept is a code with its display text.
type concept struct{ code, display string }

// diagnoses are the eight SNOMED CT codes of the conditions.
var diagnoses = []concept{
	{"44054006", "Diabetes mellitus type 2 (disorder)"},
	{"59621000", "Essential hypertension (disorder)"},
	{"195662009", "Acute viral pharyngitis (disorder)"},
	{"10509002", "Acute bronchitis (disorder)"},
	{"444814009", "Viral sinusitis (disorder)"},
	{"162864005", "Body mass index 30+ - obesity (finding)"},
	{"15777000", "Prediabetes (finding)"},
	{"271737000", "Anemia (disorder)"},
}

// medications are the five RxNorm codes of the prescriptions.
var medications = []concept{
	{"860975", "24 HR Metformin hydrochloride 500 MG Extended Release Oral Tablet"},
	{"314076", "lisinopril 10 MG Oral Tablet"},
	{"308136", "amLODIPine 2.5 MG Oral Tablet"},
	{"313782", "Acetaminophen 325 MG Oral Tablet"},
	{"310798", "Hydrochlorothiazide 25 MG Oral Tablet"},
}

// The code systems that recur.
const (
	LOINC    = "http://loinc.org"
	SNOMED   = "http://snomed.info/sct"
	RxNorm   = "http://www.nlm.nih.gov/research/umls/rxnorm"
	UCUM     = "http://unitsofmeasure.org"
	MRN      = "http://hospital.smarthealthit.org" // system of the medical record number
	synthea  = "https://github.com/synthetichealth/synthea"
	hl7      = "http://terminology.hl7.org/CodeSystem/"
	usCore   = "http://hl7.org/fhir/us/core/StructureDefinition/"
	bluebtn  = "https://bluebutton.cms.gov/resources/variables/"
	instant3 = "2006-01-02T15:04:05.000Z"
)

func coding(system, code, display string) Object {
	return Object{{"system", system}, {"code", code}, {"display", display}}
}

func codeable(system, code, display string) Object {
	return Object{{"coding", Array{coding(system, code, display)}}, {"text", display}}
}

// bare is a CodeableConcept of a code alone.
func bare(system, code string) Object {
	return Object{{"coding", Array{Object{{"system", system}, {"code", code}}}}}
}

func (c concept) in(system string) Object { return codeable(system, c.code, c.display) }

func reference(r Ref) Object { return Object{{"reference", r}} }

func labelled(r Ref, display string) Object {
	return Object{{"reference", r}, {"display", display}}
}

func profile(url string) Member {
	return Member{"meta", Object{{"profile", Array{url}}}}
}

func money(n int) Object { return Object{{"value", cents(n)}, {"currency", "USD"}} }
