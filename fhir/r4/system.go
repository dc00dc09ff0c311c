package r4

// The code systems and identifier systems this package writes.
const (
	LOINC  = "http://loinc.org"
	SNOMED = "http://snomed.info/sct"
	ICD10  = "http://hl7.org/fhir/sid/icd-10-cm"
	RxNorm = "http://www.nlm.nih.gov/research/umls/rxnorm"
	CVX    = "http://hl7.org/fhir/sid/cvx"
	UCUM   = "http://unitsofmeasure.org"
	NUCC   = "http://nucc.org/provider-taxonomy"
	NPI    = "http://hl7.org/fhir/sid/us-npi"

	// Terminology is the prefix of HL7's own code systems:
	// Terminology + "observation-category".
	Terminology = "http://terminology.hl7.org/CodeSystem/"
)
