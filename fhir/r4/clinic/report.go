package clinic

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/webdoctor/webdoctor/fhir/r4"
)

// report is a DiagnosticReport with its results and the file that shows it.
type report struct {
	models.DiagnosticReport
	results []models.Observation
	file    *models.Binary // nil while the report is preliminary
}

// laboratory reports follow visits in person: what the problems call for, not
// more than twice a year save for the blood sugar, and at check-ups of grown
// ups a general look.
func (c *plan) laboratory(p *person, b *body) []report {
	r := lots(p.n, forBlood)
	last := map[string]int{}
	var list []report
	seen := p.seen()
	for i, v := range seen {
		blood := b.blood(&c.calendar, v.day, r)
		if v.virtual {
			continue
		}
		for _, key := range p.due(v, last) {
			last[key] = v.day
			list = append(list, c.lab(p, v, panelCalled(key), blood, i == len(seen)-1 && p.n%3 == 1))
		}
	}
	return list
}

// due are the panels to draw at a visit.
func (p *person) due(v *visit, last map[string]int) []string {
	var keys []string
	add := func(key string, every int) {
		day, drawn := last[key]
		if !slices.Contains(keys, key) && (!drawn || v.day-day >= every) {
			keys = append(keys, key)
		}
	}
	if p.grown() && v.ailment == nil {
		add("bmp", 700)
		add("cbc", 700)
		if p.age > 39 {
			add("lipid", 700)
		}
	}
	for _, a := range p.ailments {
		if v.day < a.began {
			continue
		}
		for _, key := range a.panels {
			if slices.ContainsFunc(panels, func(x panel) bool { return x.key == key }) {
				add(key, map[bool]int{true: 100, false: 180}[key == "hba1c"])
			}
		}
	}
	return keys
}

func panelCalled(key string) panel {
	for _, x := range panels {
		if x.key == key {
			return x
		}
	}
	panic("clinic: no panel called " + key)
}

// lab is one laboratory report of a visit.
func (c *plan) lab(p *person, v *visit, x panel, blood map[string]float64, preliminary bool) report {
	drawn := v.start.Add(20 * time.Minute)
	issued := c.at(v.day+1, 11, 30)
	id := p.own("visit-%d-%s", v.n, x.key)
	out := report{DiagnosticReport: r4.NewDiagnosticReport(id, "LAB", x.concept(), p.ref(), drawn, issued)}
	for _, key := range x.tests {
		a := test(key)
		o := r4.NewObservation(id+"-"+key, "laboratory", a.concept(), p.ref(), drawn)
		r4.SetValue(&o, blood[key], a.unit, a.normal(p))
		o.Issued = new(r4.DateTime(issued))
		o.Encounter, o.Performer = new(p.encounter(v)), []models.Reference{clinicRef}
		out.add(o)
	}
	out.signed(p, v)
	out.Conclusion = new(conclusion(out.results))
	if preliminary {
		out.Status = models.DiagnosticReportStatusPreliminary
		for i := range out.results {
			out.results[i].Status = models.ObservationStatusPreliminary
		}
		return out
	}
	out.attach("application/pdf", x.title, issued, c.labPDF(p, v, out))
	return out
}

// add takes in a result.
func (x *report) add(o models.Observation) {
	x.results = append(x.results, o)
	x.Result = append(x.Result, r4.Ref("Observation", *o.Id))
}

// signed says during which visit the report was asked for and who answers for it.
func (x *report) signed(p *person, v *visit) {
	x.Encounter = new(p.encounter(v))
	x.Performer = []models.Reference{clinicRef}
	x.ResultsInterpreter = []models.Reference{v.doctor.ref()}
}

// attach makes the file a Binary that only those who may see the patient see,
// and the presented form of the report.
func (x *report) attach(contentType, title string, at time.Time, data []byte) {
	x.file = new(binary(*x.Id+"-file", contentType, *x.Subject, data))
	x.PresentedForm = []models.Attachment{r4.Attach(*x.file.Id, contentType, title, data, at)}
}

func binary(id, contentType string, subject models.Reference, data []byte) models.Binary {
	return models.Binary{Id: &id, ContentType: contentType, SecurityContext: &subject, Data: new(base64.StdEncoding.EncodeToString(data))}
}

// conclusion says which results are not as they should be.
func conclusion(results []models.Observation) string {
	var out []string
	for _, o := range results {
		switch r4.Flag(o) {
		case "L":
			out = append(out, *o.Code.Text+" low")
		case "H":
			out = append(out, *o.Code.Text+" high")
		}
	}
	if len(out) == 0 {
		return "All results are within their reference ranges."
	}
	return fmt.Sprintf("Outside the reference range: %s.", strings.Join(out, ", "))
}
