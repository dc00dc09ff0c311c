package clinic

import (
	"fmt"
	"slices"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/webdoctor/webdoctor/fhir/r4"
)

const clinicName = "Wexcombe Harbor Clinic"

var (
	clinicRef  = r4.Ref("Organization", "demo-clinic")
	insurerRef = r4.Ref("Organization", "demo-insurer")
)

// organisation is the clinic without its patients.
func (c *plan) organisation() []byte {
	var t transaction
	t.put(models.Organization{
		Id: new("demo-clinic"), Active: new(true), Name: new(clinicName), Alias: []string{"Demo clinic (synthetic data)"},
		Type:    []models.CodeableConcept{r4.Concept("", r4.Coding(r4.Terminology+"organization-type", "prov", "Healthcare Provider"))},
		Telecom: []models.ContactPoint{phone("+1-603-555-0100", models.ContactPointUseWork), email("reception@example.org", models.ContactPointUseWork)},
		Address: []models.Address{address("1 Harborside Square", models.AddressUseWork)},
	})
	t.put(models.Organization{
		Id: new("demo-insurer"), Active: new(true), Name: new("Lanternfish Mutual Health Plan"),
		Type: []models.CodeableConcept{r4.Concept("", r4.Coding(r4.Terminology+"organization-type", "ins", "Insurance Company"))},
	})
	t.put(models.Location{
		Id: new("demo-site"), Status: new(models.LocationStatusActive), Mode: new(models.LocationModeInstance), Name: new(clinicName + ", main building"),
		Address: new(address("1 Harborside Square", models.AddressUseWork)), ManagingOrganization: &clinicRef,
		PhysicalType: new(r4.Concept("", r4.Coding(r4.Terminology+"location-physical-type", "bu", "Building"))),
	})
	for _, d := range doctors {
		t.put(models.Location{
			Id: new(fmt.Sprintf("demo-room-%02d", d.n)), Status: new(models.LocationStatusActive), Mode: new(models.LocationModeInstance),
			Name: new(fmt.Sprintf("Room %d", 100+d.n)), PartOf: new(r4.Ref("Location", "demo-site")), ManagingOrganization: &clinicRef,
			PhysicalType: new(r4.Concept("", r4.Coding(r4.Terminology+"location-physical-type", "ro", "Room"))),
		})
	}
	for _, d := range doctors {
		t.put(c.practitioner(d))
		t.put(service(d))
		t.put(c.role(d))
		t.put(c.schedule(d))
	}
	return t.close()
}

func (c *plan) practitioner(d *doctor) models.Practitioner {
	p := r4.NewPractitioner(d.id(), r4.NPIOf(fmt.Sprintf("9%08d", 40+d.n)), d.name(), gender(d.sex))
	p.Telecom = []models.ContactPoint{
		phone(fmt.Sprintf("+1-802-555-01%02d", d.n), models.ContactPointUseWork),
		email(fmt.Sprintf("doctor%02d@example.org", d.n), models.ContactPointUseWork),
	}
	degree := r4.Concept("Doctor of Medicine", r4.Coding(r4.Terminology+"v2-0360", "MD", "Doctor of Medicine"))
	degree.Coding[0].Version = new("2.7") // the table is bound to by version
	p.Qualification = []models.PractitionerQualification{
		r4.Licence(degree, "https://clinic.example.org/licences", fmt.Sprintf("DEMO-%05d", 7100+d.n), fmt.Sprint(c.today.Year()-d.since)),
	}
	for _, code := range d.languages {
		p.Communication = append(p.Communication, language(code))
	}
	return p
}

// role says what a doctor does at the clinic, and when. Sessions at the same
// time of day are one entry with several days.
func (c *plan) role(d *doctor) models.PractitionerRole {
	role := models.PractitionerRole{
		Id: new(d.id() + "-role"), Active: new(true), Practitioner: new(d.ref()), Organization: &clinicRef,
		Code:      []models.CodeableConcept{r4.Concept("", r4.Coding(r4.Terminology+"practitioner-role", "doctor", "Doctor"))},
		Specialty: []models.CodeableConcept{d.specialty().concept()}, Location: []models.Reference{d.room()},
		HealthcareService: []models.Reference{r4.Ref("HealthcareService", "demo-service-"+d.specialty().key)},
	}
	for _, from := range []int{am, pm} {
		var days []models.DaysOfWeek
		for _, s := range d.sessions {
			if s.from == from {
				days = append(days, models.DaysOfWeek((s.day+6)%7))
			}
		}
		if len(days) == 0 {
			continue
		}
		slices.Sort(days)
		role.AvailableTime = append(role.AvailableTime, models.PractitionerRoleAvailableTime{
			DaysOfWeek: days, AvailableStartTime: new(fmt.Sprintf("%02d:00:00", from)), AvailableEndTime: new(fmt.Sprintf("%02d:00:00", from+sessionHours)),
		})
	}
	if d.n == away {
		role.NotAvailable = []models.PractitionerRoleNotAvailable{{
			Description: awayWhy, During: &models.Period{Start: new(r4.Date(c.date(awayFrom))), End: new(r4.Date(c.date(awayTo)))},
		}}
	}
	return role
}

func service(d *doctor) models.HealthcareService {
	s := d.specialty()
	return models.HealthcareService{
		Id: new("demo-service-" + s.key), Active: new(true), ProvidedBy: &clinicRef, Name: new(s.name),
		Category: []models.CodeableConcept{s.category()}, Specialty: []models.CodeableConcept{s.concept()},
		Location: []models.Reference{d.room()}, AppointmentRequired: new(true),
		Comment: new("Visits in person and by video, " + fmt.Sprint(int(length.Minutes())) + " minutes each."),
	}
}

func (c *plan) schedule(d *doctor) models.Schedule {
	s := d.specialty()
	return models.Schedule{
		Id: new(d.id() + "-schedule"), Active: new(true), ServiceCategory: []models.CodeableConcept{s.category()}, Specialty: []models.CodeableConcept{s.concept()},
		Actor:           []models.Reference{d.ref(), r4.Ref("PractitionerRole", d.id()+"-role"), d.room()},
		PlanningHorizon: r4.Period(c.date(0), c.date(horizon)),
	}
}
