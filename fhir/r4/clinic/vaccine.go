package clinic

import (
	"fmt"
	"time"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/webdoctor/webdoctor/fhir/r4"
)

// vaccine is one vaccine by its CVX code.
type vaccine struct{ key, cvx, display string }

var (
	influenza    = vaccine{"influenza", "140", "Influenza, seasonal, injectable, preservative free"}
	pneumococcal = vaccine{"pneumococcal", "33", "pneumococcal polysaccharide PPV23"}
	tdap         = vaccine{"tdap", "115", "Tdap"}
	tetanus      = vaccine{"td", "113", "Td (adult), 5 Lf tetanus toxoid, preservative free, adsorbed"}
)

// childhood is what children get, and at how many months.
var childhood = []struct {
	vaccine
	months []int
}{
	{vaccine{"dtap", "20", "DTaP"}, []int{2, 4, 6, 15}},
	{vaccine{"polio", "10", "IPV"}, []int{2, 4, 12}},
	{vaccine{"mmr", "03", "MMR"}, []int{12}},
	{vaccine{"varicella", "21", "varicella"}, []int{12}},
	{vaccine{"hepatitis-b", "08", "Hep B, adolescent or pediatric"}, []int{1, 2, 9}},
}

// immunizations are those of the last two autumns, of childhood, and of age.
func (c *plan) immunizations(p *person) []models.Immunization {
	var list []models.Immunization
	if p.n%5 != 2 {
		for i := range 2 {
			list = append(list, c.immunization(p, influenza, i+1, autumn(c.end(p), 2-i)))
		}
	}
	switch {
	case p.age < 18:
		for _, v := range childhood {
			for i, months := range v.months {
				list = append(list, c.immunization(p, v.vaccine, i+1, p.born.AddDate(0, months, 5)))
			}
		}
		if p.age > 12 {
			list = append(list, c.immunization(p, tdap, 1, p.born.AddDate(11, 2, 0)))
		}
	case p.n%3 == 0:
		list = append(list, c.immunization(p, tetanus, 1, p.born.AddDate(p.age-4, 0, 9)))
	}
	if p.age > 66 {
		list = append(list, c.immunization(p, pneumococcal, 1, p.born.AddDate(65, 3, 0)))
	}
	return list
}

// autumn is the middle of the October that many autumns before the end.
func autumn(end time.Time, back int) time.Time {
	october := time.Date(end.Year(), time.October, 14, 0, 0, 0, 0, end.Location())
	if !october.Before(end) {
		back++
	}
	return october.AddDate(1-back, 0, 0)
}

// end is today, or the day on which the person died.
func (c *calendar) end(p *person) time.Time { return c.date(-p.diedDaysAgo) }

func (c *plan) immunization(p *person, v vaccine, dose int, on time.Time) models.Immunization {
	return models.Immunization{
		Id: new(p.own("%s-%d", v.key, dose)), Status: models.ImmunizationStatusCodesCompleted,
		VaccineCode: r4.Concept(v.display, r4.Coding(r4.CVX, v.cvx, v.display)), Patient: p.ref(),
		OccurrenceDateTime: r4.Date(on), PrimarySource: new(true), LotNumber: new(fmt.Sprintf("DEMO-%s-%02d", v.cvx, p.n)),
		Performer: []models.ImmunizationPerformer{{Actor: p.gp.ref()}},
	}
}
