package clinic_test

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/webdoctor/webdoctor/fhir/r4"
)

// series are the values of one code per patient, in the order of time.
func series(t *testing.T, w *world, loinc string) map[string][]measurement {
	t.Helper()
	all := map[string][]measurement{}
	for _, r := range w.of("Observation") {
		if m, ok := measured(t, r, loinc); ok {
			all[r.subject()] = append(all[r.subject()], m)
		}
	}
	for _, list := range all {
		slices.SortFunc(list, func(a, b measurement) int { return a.at.Compare(b.at) })
	}
	return all
}

type measurement struct {
	at    time.Time
	value float64
}

// measured is the value of a code in an observation, as itself or as a
// component.
func measured(t *testing.T, r resource, loinc string) (measurement, bool) {
	t.Helper()
	o, err := r4.Read[models.Observation](r.json)
	if err != nil {
		t.Fatalf("%s: %v", r.key(), err)
	}
	value := func(code models.CodeableConcept, q *models.Quantity) (float64, bool) {
		if q == nil || *code.Coding[0].Code != loinc {
			return 0, false
		}
		x, err := q.Value.Float64()
		return x, err == nil
	}
	m := measurement{at: when(t, *o.EffectiveDateTime)}
	var ok bool
	if m.value, ok = value(o.Code, o.ValueQuantity); ok {
		return m, true
	}
	for _, c := range o.Component {
		if m.value, ok = value(c.Code, c.ValueQuantity); ok {
			return m, true
		}
	}
	return m, false
}

func mean(list []measurement) float64 {
	sum := 0.0
	for _, m := range list {
		sum += m.value
	}
	return sum / float64(len(list))
}

// with are the patients who have a condition of that SNOMED code.
func with(w *world, snomed string) map[string]bool {
	who := map[string]bool{}
	for _, c := range w.of("Condition") {
		if c.text("code", "coding", "0", "code") == snomed {
			who[c.subject()] = true
		}
	}
	return who
}

// TestVitalSigns proves that every vital sign is coded and measured as its
// facts say and can be, that the systolic pressure is above the diastolic, and
// that the body mass index follows from the weight and height it names.
func TestVitalSigns(t *testing.T) {
	t.Parallel()
	w := today(t)
	kinds := map[string]int{}
	for _, r := range w.of("Observation") {
		if r.text("category", "0", "coding", "0", "code") != "vital-signs" {
			continue
		}
		o, err := r4.Read[models.Observation](r.json)
		if err != nil {
			t.Fatalf("%s: %v", r.key(), err)
		}
		holdVital(t, r.key(), o.Code, o.ValueQuantity)
		for _, c := range o.Component {
			holdVital(t, r.key(), c.Code, c.ValueQuantity)
		}
		kinds[*o.Code.Coding[0].Code]++
		sys, ok := measured(t, r, r4.Systolic.LOINC)
		if dia, too := measured(t, r, r4.Diastolic.LOINC); ok != too || ok && sys.value < dia.value+20 {
			t.Errorf("%s is %s", r.key(), r4.Value(o))
		}
		if bmi, ok := measured(t, r, r4.BMI.LOINC); ok {
			kg, _ := measured(t, w.by[r.text("derivedFrom", "0", "reference")], r4.Weight.LOINC)
			cm, _ := measured(t, w.by[r.text("derivedFrom", "1", "reference")], r4.Height.LOINC)
			if want := kg.value / math.Pow(cm.value/100, 2); math.Abs(bmi.value-want) > .051 {
				t.Errorf("%s is %v, of %v kg and %v cm it would be %v", r.key(), bmi.value, kg.value, cm.value, want)
			}
		}
	}
	if len(kinds) != 8 {
		t.Errorf("the vital signs are %v", kinds)
	}
	for code, n := range kinds {
		if n < 120 {
			t.Errorf("%s was measured %d times", code, n)
		}
	}
}

func holdVital(t *testing.T, key string, code models.CodeableConcept, q *models.Quantity) {
	t.Helper()
	v, ok := r4.Vital(*code.Coding[0].Code)
	if !ok {
		t.Errorf("%s has the code %s", key, *code.Coding[0].Code)
		return
	}
	if v.LOINC == r4.BloodPressure.LOINC {
		if q != nil {
			t.Errorf("%s: a panel has a value", key)
		}
		return
	}
	x, err := q.Value.Float64()
	if err != nil || *q.Code != v.Unit.UCUM || *q.System != r4.UCUM || v.Plausible.Judge(x) != "N" {
		t.Errorf("%s is %s %s", key, q.Value, *q.Code)
	}
}

// TestDiseaseShows proves that conditions are seen in the measurements: high
// pressure in hypertension and less of it under treatment, haemoglobin A1c
// high in diabetes and falling, little oxygen in chronic lung disease.
func TestDiseaseShows(t *testing.T) {
	t.Parallel()
	w := today(t)
	early, late := map[bool][]measurement{}, map[bool][]measurement{}
	hypertensive := with(w, "59621000")
	for who, list := range series(t, w, r4.Systolic.LOINC) {
		early[hypertensive[who]] = append(early[hypertensive[who]], list[0])
		late[hypertensive[who]] = append(late[hypertensive[who]], list[len(list)-1])
	}
	if high, low := mean(early[true]), mean(early[false]); high < low+18 {
		t.Errorf("systolic pressure is %.0f in hypertension, else %.0f", high, low)
	}
	if before, after := mean(early[true]), mean(late[true]); after > before-10 {
		t.Errorf("treatment takes the pressure from %.0f to %.0f", before, after)
	}
	diabetic := with(w, "44054006")
	var first, last []measurement
	for who, list := range series(t, w, "4548-4") {
		if diabetic[who] {
			first, last = append(first, list[0]), append(last, list[len(list)-1])
		}
	}
	if len(first) < 5 || mean(first) < 7.5 || mean(last) > mean(first)-.8 || mean(last) < 6 {
		t.Errorf("A1c of %d diabetics goes from %.1f to %.1f", len(first), mean(first), mean(last))
	}
	lungs := with(w, "13645005")
	oxygen := map[bool][]measurement{}
	for who, list := range series(t, w, r4.OxygenSaturation.LOINC) {
		oxygen[lungs[who]] = append(oxygen[lungs[who]], list...)
	}
	if ill, well := mean(oxygen[true]), mean(oxygen[false]); ill > well-3 || ill < 85 {
		t.Errorf("oxygen saturation is %.1f in lung disease, else %.1f", ill, well)
	}
}

// TestChildrenGrow proves that heights of the young never fall.
func TestChildrenGrow(t *testing.T) {
	t.Parallel()
	w := today(t)
	children := 0
	for who, list := range series(t, w, r4.Height.LOINC) {
		age, err := r4.Age(w.by["Patient/"+who].text("birthDate"), day)
		if err != nil {
			t.Fatal(err)
		}
		rises := list[len(list)-1].value - list[0].value
		if !slices.IsSortedFunc(list, func(a, b measurement) int { return cmp.Compare(a.value, b.value) }) || age > 21 && rises != 0 {
			t.Errorf("%s of %d years measures %v", who, age, list)
		}
		if age < 12 {
			if children++; len(list) > 2 && rises < 3 {
				t.Errorf("%s of %d years grew %.1f cm", who, age, rises)
			}
		}
	}
	if children < 5 {
		t.Errorf("%d children", children)
	}
}

// TestLaboratory proves that results that hang together do, and that each is
// judged as it stands on the page.
func TestLaboratory(t *testing.T) {
	t.Parallel()
	w := today(t)
	for _, r := range w.of("DiagnosticReport") {
		values := map[string]float64{}
		flagged := false
		for result := range r.doc.Children(r.at("result")) {
			o, err := r4.Read[models.Observation](w.by[r.doc.Text(r.doc.Get(result, "reference"))].json)
			if err != nil {
				t.Fatalf("%s: %v", r.key(), err)
			}
			x, err := o.ValueQuantity.Value.Float64()
			if err != nil || x <= 0 {
				t.Errorf("%s is %s", *o.Id, o.ValueQuantity.Value)
			}
			values[*o.Code.Coding[0].Code] = x
			flagged = flagged || r4.Flag(o) == "L" || r4.Flag(o) == "H"
			if (len(o.ReferenceRange) == 0) != (r4.Flag(o) == "") {
				t.Errorf("%s has the flag %q and the limits %q", *o.Id, r4.Flag(o), r4.Limits(o))
			}
		}
		if total, ok := values["2093-3"]; ok && total != values["2085-9"]+values["13457-7"]+math.Round(values["2571-8"]/5) {
			t.Errorf("%s: the cholesterols do not add up: %v", r.key(), values)
		}
		if red, ok := values["789-8"]; ok && math.Abs(values["4544-3"]*10/red-values["787-2"]) > 1.5 {
			t.Errorf("%s: the red cells do not fit: %v", r.key(), values)
		}
		if r.text("category", "0", "coding", "0", "code") == "LAB" && flagged != strings.HasPrefix(r.text("conclusion"), "Outside") {
			t.Errorf("%s concludes %q", r.key(), r.text("conclusion"))
		}
		if final := r.text("status") == "final"; final != (r.text("presentedForm", "0", "url") != "") {
			t.Errorf("%s is %s and shows %q", r.key(), r.text("status"), r.text("presentedForm", "0", "url"))
		}
	}
}

// TestPrescriptions proves that nobody is given what they are allergic to, the
// same drug twice or two beta blockers at a time, and that an order is stopped
// exactly if another took its place.
func TestPrescriptions(t *testing.T) {
	t.Parallel()
	w := today(t)
	allergic := map[string]bool{}
	for _, a := range w.of("AllergyIntolerance") {
		if a.text("code", "coding", "0", "code") == "91936005" {
			allergic[a.subject()] = true
		}
	}
	replaced, active := map[string]bool{}, map[string]bool{}
	for _, r := range w.of("MedicationRequest") {
		m, err := r4.Read[models.MedicationRequest](r.json)
		if err != nil {
			t.Fatalf("%s: %v", r.key(), err)
		}
		drug := r4.Drug(m)
		if allergic[r.subject()] && strings.Contains(drug, "cillin") {
			t.Errorf("%s orders %s", r.key(), drug)
		}
		if r4.Instruction(m) == "" {
			t.Errorf("%s tells nobody how to take it", r.key())
		}
		if strings.Contains(drug, "lol ") || strings.Contains(drug, "dilol") {
			drug = "a beta blocker"
		}
		if m.Status == "active" && active[r.subject()+drug] {
			t.Errorf("%s orders %s again", r.key(), drug)
		}
		active[r.subject()+drug] = m.Status == "active" || active[r.subject()+drug]
		if m.PriorPrescription != nil {
			replaced[*m.PriorPrescription.Reference] = true
		}
	}
	if len(allergic) < 3 || len(replaced) < 3 {
		t.Errorf("%d are allergic to penicillin, %d orders were replaced", len(allergic), len(replaced))
	}
	for _, r := range w.of("MedicationRequest") {
		if (r.text("status") == "stopped") != replaced[r.key()] {
			t.Errorf("%s is %s, replaced: %v", r.key(), r.text("status"), replaced[r.key()])
		}
	}
}

// TestTimeRuns proves that nothing is recorded before birth, after death or
// tomorrow, and that what has two dates has them in order.
func TestTimeRuns(t *testing.T) {
	t.Parallel()
	w := today(t)
	tomorrow := time.Date(2026, time.November, 25, 0, 0, 0, 0, time.UTC)
	dates := map[string][]string{
		"Condition":          {"onsetDateTime", "recordedDate", "abatementDateTime"},
		"Observation":        {"effectiveDateTime", "issued"},
		"DiagnosticReport":   {"effectiveDateTime", "issued"},
		"MedicationRequest":  {"authoredOn"},
		"Immunization":       {"occurrenceDateTime"},
		"AllergyIntolerance": {"recordedDate"},
		"DocumentReference":  {"date"},
	}
	held, dead := 0, 0
	for _, r := range w.list {
		p := w.by["Patient/"+r.subject()]
		if r.typ == "Patient" && r.text("deceasedDateTime") != "" {
			dead++
		}
		if len(dates[r.typ]) == 0 {
			continue
		}
		before := when(t, p.text("birthDate"))
		end := tomorrow
		if died := p.text("deceasedDateTime"); died != "" {
			end = when(t, died)
		}
		for _, name := range dates[r.typ] {
			at := when(t, r.text(name))
			if at.IsZero() {
				continue
			}
			held++
			if at.Before(before) || !at.Before(end) {
				t.Errorf("%s has %s %s, which is not between %s and %s", r.key(), name, r.text(name), before, end)
			}
			before = at
		}
	}
	if held < 4000 || dead != 1 {
		t.Errorf("%d dates were held, %d patients are dead", held, dead)
	}
}
