package r4

import (
	"crypto/sha1" // the hash algorithm of Attachment.hash (datatypes.html#attachment)
	"encoding/base64"
	"time"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// NewDiagnosticReport builds a final report; section is a code of HL7 table
// 0074 (LAB, RAD, EC, PF).
func NewDiagnosticReport(id, section string, code models.CodeableConcept, subject models.Reference, effective, issued time.Time) models.DiagnosticReport {
	return models.DiagnosticReport{
		Id: &id, Status: models.DiagnosticReportStatusFinal,
		Category: []models.CodeableConcept{Concept("", Coding(Terminology+"v2-0074", section, sections[section]))},
		Code:     code, Subject: &subject, EffectiveDateTime: new(DateTime(effective)), Issued: new(DateTime(issued)),
	}
}

// sections are the displays of the diagnostic services we write.
var sections = map[string]string{
	"LAB": "Laboratory",
	"RAD": "Radiology",
	"EC":  "Electrocardiac (e.g., EKG,  EEC, Holter)",
	"PF":  "Pulmonary Function",
}

// Attach describes the bytes of the Binary with the given id, without holding
// them: type, size and SHA-1 hash.
func Attach(binaryID, contentType, title string, data []byte, created time.Time) models.Attachment {
	hash := sha1.Sum(data)
	return models.Attachment{
		ContentType: &contentType, Url: new("Binary/" + binaryID), Size: new(len(data)),
		Hash: new(base64.StdEncoding.EncodeToString(hash[:])), Title: &title, Creation: new(DateTime(created)),
	}
}
