package clinic

import (
	"fmt"
	"time"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/webdoctor/webdoctor/fhir/r4"
)

// specialty is a field of medicine in the codes others understand.
type specialty struct {
	key    string
	name   string
	snomed string // a concept of the practice setting value set, save for pediatrics, which has none there
	setting,
	nucc, taxonomy string
	service string // code of HL7's service-category
}

var specialties = []specialty{
	{"family", "Family medicine", "419772000", "Family practice", "207Q00000X", "Family Medicine Physician", "17"},
	{"pediatrics", "Pediatrics", "394537008", "Pediatric specialty", "208000000X", "Pediatrics Physician", "29"},
	{"cardiology", "Cardiology", "394579002", "Cardiology", "207RC0000X", "Cardiovascular Disease Physician", "27"},
	{"endocrinology", "Endocrinology", "394583002", "Endocrinology", "207RE0101X", "Endocrinology, Diabetes and Metabolism Physician", "27"},
	{"pulmonology", "Pulmonology", "418112009", "Pulmonary medicine", "207RP1001X", "Pulmonary Disease Physician", "27"},
	{"neurology", "Neurology", "394591006", "Neurology", "2084N0400X", "Neurology Physician", "27"},
	{"psychiatry", "Psychiatry", "394587001", "Psychiatry", "2084P0800X", "Psychiatry Physician", "22"},
	{"dermatology", "Dermatology", "394582007", "Dermatology", "207N00000X", "Dermatology Physician", "27"},
	{"orthopedics", "Orthopedics", "394801008", "Surgery-Trauma and orthopedics", "207X00000X", "Orthopaedic Surgery Physician", "31"},
	{"gastroenterology", "Gastroenterology", "394584008", "Gastroenterology", "207RG0100X", "Gastroenterology Physician", "27"},
	{"rheumatology", "Rheumatology", "394810000", "Rheumatology", "207RR0500X", "Rheumatology Physician", "27"},
	{"gynecology", "Obstetrics and gynecology", "394585009", "Obstetrics and gynecology", "207V00000X", "Obstetrics & Gynecology Physician", "28"},
}

var serviceCategories = map[string]string{
	"17": "General Practice", "22": "Mental Health", "27": "Specialist Medical",
	"28": "Specialist Obstetrics & Gynecology", "29": "Specialist Paediatric", "31": "Specialist Surgical",
}

// session is a half day of consultations: three hours from its first one.
type session struct {
	day  time.Weekday
	from int // hour of the clock: am or pm
}

const am, pm, sessionHours = 9, 14, 3

// doctor is one of the staff; n is 1 to 12 and the specialty that of the same
// place in the list.
type doctor struct {
	n             int
	given, family string
	sex           byte
	languages     []string
	since         int // years of practice
	sessions      []session
}

const (
	sun, mon, tue, wed = time.Sunday, time.Monday, time.Tuesday, time.Wednesday
	thu, fri, sat      = time.Thursday, time.Friday, time.Saturday
)

// doctors is the staff. The family doctor's hours fill the week, so that no
// day of the demonstration is empty.
var doctors = []*doctor{
	{1, "Imogen", "Halloway", 'f', []string{"en", "fr"}, 19, []session{{mon, am}, {mon, pm}, {tue, am}, {wed, am}, {wed, pm}, {thu, am}, {fri, am}, {sat, am}, {sun, am}}},
	{2, "Rafael", "Montesol", 'm', []string{"en", "es"}, 12, []session{{mon, am}, {tue, pm}, {thu, am}, {fri, pm}, {sat, am}}},
	{3, "Nkechi", "Adewunmi", 'f', []string{"en"}, 22, []session{{mon, pm}, {wed, am}, {thu, pm}}},
	{4, "Jonas", "Feldgrün", 'm', []string{"en", "de"}, 15, []session{{tue, am}, {wed, pm}, {fri, am}}},
	{5, "Padma", "Venkatraj", 'f', []string{"en", "hi"}, 17, []session{{mon, am}, {tue, am}, {thu, pm}}},
	{6, "Emil", "Strandholm", 'm', []string{"en", "sv"}, 26, []session{{tue, pm}, {wed, am}, {fri, am}}},
	{7, "Soraya", "Farahmandi", 'f', []string{"en", "fa"}, 9, []session{{mon, pm}, {wed, pm}, {thu, am}}},
	{8, "Kwabena", "Osafo-Mills", 'm', []string{"en"}, 14, []session{{tue, am}, {thu, am}, {fri, pm}}},
	{9, "Birgit", "Tallgren", 'f', []string{"en", "sv", "de"}, 21, []session{{mon, am}, {wed, am}, {fri, am}}},
	{10, "Haruki", "Minazawa", 'm', []string{"en", "ja"}, 18, []session{{mon, pm}, {tue, am}, {thu, am}}},
	{11, "Élodie", "Vauquelin-Roy", 'f', []string{"en", "fr"}, 11, []session{{tue, pm}, {wed, am}, {thu, pm}}},
	{12, "Catarina", "Belmonte-Reis", 'f', []string{"en", "pt", "es"}, 16, []session{{mon, am}, {wed, pm}, {fri, am}}},
}

// away is the doctor who is on leave in the third week from today, and why.
const away, awayFrom, awayTo, awayWhy = 8, 14, 20, "Conference leave"

func (d *doctor) specialty() specialty { return specialties[d.n-1] }

func (d *doctor) id() string { return fmt.Sprintf("demo-doctor-%02d", d.n) }

func (d *doctor) ref() models.Reference { return r4.Ref("Practitioner", d.id()) }

func (d *doctor) room() models.Reference {
	return r4.Ref("Location", fmt.Sprintf("demo-room-%02d", d.n))
}

func (d *doctor) name() models.HumanName { return r4.PersonName("Dr.", d.given, d.family) }

// of is the doctor of a specialty.
func of(key string) *doctor {
	for i, s := range specialties {
		if s.key == key {
			return doctors[i]
		}
	}
	panic("clinic: no doctor for " + key)
}

func (s specialty) concept() models.CodeableConcept {
	return r4.Concept(s.name, r4.Coding(r4.SNOMED, s.snomed, s.setting), r4.Coding(r4.NUCC, s.nucc, s.taxonomy))
}

func (s specialty) category() models.CodeableConcept {
	return r4.Concept("", r4.Coding(r4.Terminology+"service-category", s.service, serviceCategories[s.service]))
}
