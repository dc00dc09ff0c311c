package clinic

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/webdoctor/webdoctor/fhir/r4"
)

const mrnSystem = "https://clinic.example.org/mrn"

// patient is the person's own resource.
func (c *plan) patient(p *person) models.Patient {
	r := lots(p.n, forPerson)
	name := r4.PersonName("", p.given, p.family)
	mrn := models.Identifier{System: new(mrnSystem), Value: new(fmt.Sprintf("MRN-%06d", 100000+p.n*37))}
	pat := r4.NewPatient(p.id(), mrn, name, gender(p.sex), p.born)
	if p.native != "" {
		pat.Name = append(pat.Name, native(p.native))
	}
	home := fmt.Sprintf("%d %s", 3+r.IntN(180), streets[r.IntN(len(streets))])
	pat.Address = []models.Address{address(home, models.AddressUseHome)}
	pat.Telecom = []models.ContactPoint{
		phone(fmt.Sprintf("+1-603-555-01%02d", p.n), models.ContactPointUseMobile),
		email(fmt.Sprintf("patient%02d@example.org", p.n), models.ContactPointUseHome),
	}
	pat.Communication = []models.PatientCommunication{{Language: language(p.language), Preferred: new(true)}}
	if p.language != "en" && r.IntN(3) > 0 {
		pat.Communication = append(pat.Communication, models.PatientCommunication{Language: language("en")})
	}
	pat.GeneralPractitioner = []models.Reference{p.gp.ref()}
	pat.ManagingOrganization = &clinicRef
	pat.Contact = []models.PatientContact{p.contact(r, home)}
	if p.grown() {
		status := [][2]string{{"M", "Married"}, {"M", "Married"}, {"S", "Never Married"}, {"D", "Divorced"}, {"W", "Widowed"}}[r.IntN(5)]
		pat.MaritalStatus = new(r4.Concept(status[1], r4.Coding(r4.Terminology+"v3-MaritalStatus", status[0], status[1])))
	}
	if p.diedDaysAgo > 0 {
		pat.DeceasedDateTime = new(r4.DateTime(c.at(-p.diedDaysAgo, 4, 20)))
	}
	return pat
}

// native is the name in its own script, said to be alphabetic, syllabic or
// ideographic as the data type's extension for that asks.
func native(text string) models.HumanName {
	representation := "ABC"
	for _, letter := range text {
		switch {
		case letter >= 0x4E00 && letter < 0xA000:
			representation = "IDE"
		case letter >= 0xAC00 && letter < 0xD7B0:
			representation = "SYL"
		}
	}
	return models.HumanName{
		Use: new(models.NameUseUsual), Text: &text,
		Extension: []models.Extension{{Url: "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation", ValueCode: &representation}},
	}
}

// contact is who is called in an emergency.
func (p *person) contact(r *rand.Rand, home string) models.PatientContact {
	relation := r4.Concept("Emergency contact", r4.Coding(r4.Terminology+"v2-0131", "C", "Emergency Contact"))
	contact := models.PatientContact{
		Relationship: []models.CodeableConcept{relation},
		Name:         new(r4.PersonName("", kin[r.IntN(len(kin))], p.family)),
		Telecom:      []models.ContactPoint{phone(fmt.Sprintf("+1-207-555-01%02d", p.n), models.ContactPointUseMobile)},
	}
	if !p.grown() {
		parent := r4.Concept("Parent", r4.Coding(r4.Terminology+"v2-0131", "N", "Next-of-Kin"))
		contact.Relationship = append(contact.Relationship, parent)
		contact.Address = new(address(home, models.AddressUseHome))
	}
	return contact
}

// careTeam is everybody who looks after the person.
func (c *plan) careTeam(p *person) models.CareTeam {
	since := c.date(-735)
	team := models.CareTeam{
		Id: new(p.own("care-team")), Status: new(models.CareTeamStatusActive), Name: new("Care team of " + r4.Name([]models.HumanName{r4.PersonName("", p.given, p.family)})),
		Subject: new(p.ref()), Period: &models.Period{Start: new(r4.Date(since))}, ManagingOrganization: []models.Reference{clinicRef},
		Participant: []models.CareTeamParticipant{{Member: new(p.ref()), Role: []models.CodeableConcept{r4.Concept("Patient")}}},
	}
	if p.diedDaysAgo > 0 {
		team.Status, team.Period.End = new(models.CareTeamStatusInactive), new(r4.Date(c.date(-p.diedDaysAgo)))
	}
	for _, d := range p.doctors() {
		role := r4.Concept(d.specialty().name, r4.Coding(r4.SNOMED, d.specialty().snomed, d.specialty().setting))
		if d == p.gp {
			role.Text = new("Primary care")
		}
		team.Participant = append(team.Participant, models.CareTeamParticipant{
			Role: []models.CodeableConcept{role}, Member: new(d.ref()), OnBehalfOf: &clinicRef,
		})
	}
	return team
}

// doctors are the general practitioner and the doctors of the lasting
// problems, each once.
func (p *person) doctors() []*doctor {
	list := []*doctor{p.gp}
	for _, a := range p.chronic(0) {
		if !slices.Contains(list, a.doctor) {
			list = append(list, a.doctor)
		}
	}
	return list
}

// coverage is the person's insurance; children are insured with a parent.
func (c *plan) coverage(p *person) models.Coverage {
	relation := r4.Concept("", r4.Coding(r4.Terminology+"subscriber-relationship", "self", "Self"))
	if !p.grown() {
		relation = r4.Concept("", r4.Coding(r4.Terminology+"subscriber-relationship", "child", "Child"))
	}
	return models.Coverage{
		Id: new(p.own("coverage")), Status: models.FinancialResourceStatusCodesActive,
		Type:         new(r4.Concept("", r4.Coding(r4.Terminology+"v3-ActCode", "EHCPOL", "extended healthcare"))),
		SubscriberId: new(fmt.Sprintf("LMH-%07d", 4000000+p.n*8191)), Beneficiary: p.ref(), Relationship: &relation,
		Period: &models.Period{Start: new(fmt.Sprintf("%d-01-01", c.today.Year()-2))}, Payor: []models.Reference{insurerRef},
	}
}

// allergies are the allergies of the row, or the statement that there are none.
func (c *plan) allergies(p *person) []models.AllergyIntolerance {
	active := r4.Concept("", r4.Coding(r4.Terminology+"allergyintolerance-clinical", "active", "Active"))
	confirmed := r4.Concept("", r4.Coding(r4.Terminology+"allergyintolerance-verification", "confirmed", "Confirmed"))
	basic := models.AllergyIntolerance{
		ClinicalStatus: &active, VerificationStatus: &confirmed, Patient: p.ref(),
		RecordedDate: new(r4.Date(c.date(-730))), Recorder: new(p.gp.ref()),
	}
	keys := strings.Fields(p.cast.allergies)
	if len(keys) == 0 {
		none := basic
		none.Id = new(p.own("no-allergy"))
		none.Code = new(r4.Concept("No known allergy", r4.Coding(r4.SNOMED, "716186003", "No known allergy")))
		return []models.AllergyIntolerance{none}
	}
	var list []models.AllergyIntolerance
	for _, key := range keys {
		f := allergens[key]
		a := basic
		a.Id, a.Type = new(p.own("allergy-%s", key)), new(models.AllergyIntoleranceTypeAllergy)
		a.Category, a.Criticality = []models.AllergyIntoleranceCategory{f.category}, &f.criticality
		a.Code = new(r4.Concept(f.display, r4.Coding(r4.SNOMED, f.snomed, f.display)))
		a.Reaction = []models.AllergyIntoleranceReaction{{
			Manifestation: []models.CodeableConcept{r4.Concept(f.reaction, r4.Coding(r4.SNOMED, f.reactionCode, f.reaction))}, Severity: &f.severity,
		}}
		list = append(list, a)
	}
	return list
}

// allergen is an allergy and how it shows.
type allergen struct {
	snomed, display        string
	category               models.AllergyIntoleranceCategory
	criticality            models.AllergyIntoleranceCriticality
	reactionCode, reaction string
	severity               models.AllergyIntoleranceSeverity
}

var allergens = map[string]allergen{
	"penicillin":   {"91936005", "Allergy to penicillin", models.AllergyIntoleranceCategoryMedication, models.AllergyIntoleranceCriticalityHigh, "247472004", "Hives", models.AllergyIntoleranceSeverityModerate},
	"aspirin":      {"293586001", "Allergy to aspirin", models.AllergyIntoleranceCategoryMedication, models.AllergyIntoleranceCriticalityLow, "271807003", "Eruption of skin", models.AllergyIntoleranceSeverityMild},
	"peanut":       {"91935009", "Allergy to peanut", models.AllergyIntoleranceCategoryFood, models.AllergyIntoleranceCriticalityHigh, "39579001", "Anaphylaxis", models.AllergyIntoleranceSeveritySevere},
	"egg":          {"91930004", "Allergy to egg", models.AllergyIntoleranceCategoryFood, models.AllergyIntoleranceCriticalityLow, "247472004", "Hives", models.AllergyIntoleranceSeverityMild},
	"shellfish":    {"300913006", "Allergy to shellfish", models.AllergyIntoleranceCategoryFood, models.AllergyIntoleranceCriticalityLow, "247472004", "Hives", models.AllergyIntoleranceSeverityModerate},
	"grass-pollen": {"418689008", "Allergy to grass pollen", models.AllergyIntoleranceCategoryEnvironment, models.AllergyIntoleranceCriticalityLow, "76067001", "Sneezing", models.AllergyIntoleranceSeverityMild},
	"dust-mite":    {"232350006", "Allergy to house dust mite", models.AllergyIntoleranceCategoryEnvironment, models.AllergyIntoleranceCriticalityLow, "49727002", "Cough", models.AllergyIntoleranceSeverityMild},
}
