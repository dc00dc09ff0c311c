package clinic

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/webdoctor/webdoctor/fhir/r4"
)

var (
	milliseconds = r4.Unit{Name: "ms", UCUM: "ms"}
	litres       = r4.Unit{Name: "L", UCUM: "L", Decimals: 2}
	percent      = r4.Unit{Name: "%", UCUM: "%"}
)

// studies are the reports that are not of the laboratory: electrocardiograms,
// spirometries and X-rays, taken at visits in person for the ailment that
// calls for them.
func (c *plan) studies(p *person, b *body) []report {
	r := lots(p.n, forTrace)
	last := map[string]int{}
	var list []report
	for _, v := range p.seen() {
		if v.virtual || v.ailment == nil {
			continue
		}
		for _, key := range v.ailment.panels {
			day, done := last[key]
			var s *report
			switch {
			case key == "ecg" && (!done || v.day-day > 200):
				s = c.ecg(p, v, b, r)
			case key == "spirometry" && (!done || v.day-day > 150) && b.age(&c.calendar, v.day) > 6:
				s = c.spirometry(p, v, b, r)
			case (key == "chest" || key == "knee") && !done:
				s = c.xray(p, v, key)
			default:
				continue
			}
			last[key] = v.day
			list = append(list, *s)
		}
	}
	return list
}

// study begins a report that is ready half an hour into the visit.
func (c *plan) study(p *person, v *visit, key, section string, code models.CodeableConcept) *report {
	at := v.start.Add(10 * time.Minute)
	s := &report{DiagnosticReport: r4.NewDiagnosticReport(p.own("visit-%d-%s", v.n, key), section, code, p.ref(), at, at.Add(20*time.Minute))}
	s.signed(p, v)
	return s
}

// measured adds a result of a study.
func (s *report) measured(key, loinc, display, name string, value float64, u r4.Unit, normal r4.Range) {
	at, err := time.Parse(time.RFC3339, *s.EffectiveDateTime)
	if err != nil {
		panic(err)
	}
	o := r4.NewObservation(*s.Id+"-"+key, "procedure", r4.Concept(name, r4.Coding(r4.LOINC, loinc, display)), *s.Subject, at)
	r4.SetValue(&o, value, u, normal)
	o.Encounter, o.Performer = s.Encounter, s.ResultsInterpreter
	s.add(o)
}

func (c *plan) ecg(p *person, v *visit, b *body, r *rand.Rand) *report {
	s := c.study(p, v, "ecg", "EC", r4.Concept("Electrocardiogram", r4.Coding(r4.LOINC, "11524-6", "EKG study")))
	rate := b.measure(&c.calendar, v.day).heartRate
	fibrillates := p.has("atrial-fibrillation") != nil
	s.measured("heart-rate", "8867-4", "Heart rate", "Ventricular rate", rate, r4.HeartRate.Unit, r4.HeartRate.Adult)
	s.Conclusion = new("Sinus rhythm. No acute changes.")
	if fibrillates {
		s.Conclusion = new("Atrial fibrillation, irregular ventricular response. No acute changes.")
	} else {
		s.measured("pr", "8625-6", "P-R Interval", "PR interval", 160+noise(r, 14), milliseconds, r4.Range{Low: 120, High: 200})
	}
	s.measured("qrs", "8633-0", "QRS duration", "QRS duration", 94+noise(r, 7), milliseconds, r4.Range{Low: 70, High: 110})
	s.measured("qt", "8634-8", "Q-T interval", "QT interval", 410*math.Sqrt(60/rate)+noise(r, 9), milliseconds, r4.Range{})
	s.attach("image/png", "Electrocardiogram, rhythm strip", v.start.Add(30*time.Minute), drawECG(rate, fibrillates, r))
	return s
}

func (c *plan) spirometry(p *person, v *visit, b *body, r *rand.Rand) *report {
	s := c.study(p, v, "spirometry", "PF", r4.Concept("Spirometry", r4.Coding(r4.LOINC, "18759-1", "Spirometry study")))
	ratio := .72 + .09*(1-v.ailment.force(v.day)) + noise(r, .012)
	s.Conclusion = new("Mild airflow obstruction, reversible after inhalation.")
	if v.ailment.key == "copd" {
		ratio = .54 + noise(r, .02)
		s.Conclusion = new("Moderate airflow obstruction, not reversible.")
	} else if ratio > .75 {
		s.Conclusion = new("Within the normal range. No obstruction at rest.")
	}
	age := b.age(&c.calendar, v.day)
	predicted := p.capacity(b.measure(&c.calendar, v.day).height/100, age)
	vital := predicted * (.97 + noise(r, .03))
	s.measured("fvc", "19868-9", "Forced vital capacity [Volume] Respiratory system by Spirometry", "FVC", vital, litres, r4.Range{Low: to(.8*predicted, 2)})
	s.measured("fev1", "20150-9", "FEV1", "FEV1", vital*ratio, litres, r4.Range{Low: to(.64*predicted, 2)})
	s.measured("fev1-fvc", "19926-5", "FEV1/FVC", "FEV1/FVC", 100*ratio, percent, r4.Range{Low: 70})
	s.attach("image/png", "Spirometry, flow-volume curve", v.start.Add(30*time.Minute), drawSpirometry(vital, predicted, ratio))
	return s
}

// capacity is the forced vital capacity in litres that is usual for a height
// in metres and an age: linear in grown ups, a power of the height in children.
func (p *person) capacity(height, age float64) float64 {
	switch {
	case age < 18:
		return .85 * math.Pow(height, 2.9)
	case p.sex == 'm':
		return 5.76*height - .026*age - 4.34
	}
	return 4.43*height - .026*age - 2.89
}

// xray is a picture we do not have, described in words.
func (c *plan) xray(p *person, v *visit, key string) *report {
	code := r4.Concept("X-ray of the chest, two views", r4.Coding(r4.LOINC, "36643-5", "XR Chest 2 Views"))
	findings := []string{
		"Two views of the chest.",
		"The lungs are hyperinflated with flattened diaphragms. No consolidation, no effusion.",
		"Heart size and mediastinum are within normal limits. No displaced fracture.",
	}
	conclusion := "Changes of chronic obstructive lung disease. No acute finding."
	switch {
	case key == "knee":
		code = r4.Concept("X-ray of the knee", r4.Coding(r4.LOINC, "18748-4", "Diagnostic imaging study"))
		findings = []string{
			"Weight-bearing views of the right knee.",
			"Narrowing of the medial joint space with small marginal osteophytes. No effusion.",
			"No fracture. Bone density appropriate for age.",
		}
		conclusion = "Moderate osteoarthritis of the medial compartment."
	case v.ailment.key == "heart-failure":
		findings[1] = "Mild vascular congestion, small bilateral effusions. No consolidation."
		findings[2] = "The heart is enlarged, with a cardiothoracic ratio of 0.56."
		conclusion = "Enlarged heart with mild pulmonary congestion."
	}
	s := c.study(p, v, key+"-x-ray", "RAD", code)
	s.Conclusion = &conclusion
	title := *code.Text
	s.attach("application/pdf", title, v.start.Add(30*time.Minute), c.textPDF(p, v, title, fmt.Sprint("Taken ", v.start.Format("2 January 2006")), append(findings, "Impression: "+conclusion)))
	return s
}
