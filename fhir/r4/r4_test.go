package r4_test

import (
	"crypto/sha1"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/webdoctor/webdoctor/fhir/r4"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

var at = time.Date(2026, time.November, 24, 9, 30, 0, 0, time.FixedZone("", -5*3600))

func TestName(t *testing.T) {
	t.Parallel()
	official := r4.PersonName("Dr.", "Ana María", "Quint")
	text := models.HumanName{Use: new(models.NameUseUsual), Text: new("安娜")}
	old := models.HumanName{Use: new(models.NameUseOld), Family: new("Rook"), Suffix: []string{"Jr."}}
	for name, row := range map[string]struct {
		names []models.HumanName
		want  string
	}{
		"nobody":                   {nil, ""},
		"parts":                    {[]models.HumanName{official}, "Dr. Ana María Quint"},
		"official before the rest": {[]models.HumanName{old, text, official}, "Dr. Ana María Quint"},
		"usual before the rest":    {[]models.HumanName{old, text}, "安娜"},
		"whatever there is":        {[]models.HumanName{old}, "Rook Jr."},
		"an empty name":            {[]models.HumanName{{}}, ""},
	} {
		if got := r4.Name(row.names); got != row.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	for born, want := range map[string]int{"2000-11-24": 26, "2000-11-25": 25, "2000-12": 25, "2000-11": 26, "2000": 26, "2026-11-24": 0} {
		if got, err := r4.Age(born, at); err != nil || got != want {
			t.Errorf("born %s: %d, %v", born, got, err)
		}
	}
	for _, born := range []string{"", "24.11.2000", "2000-13", "2000-02-30"} {
		if got, err := r4.Age(born, at); err == nil {
			t.Errorf("born %q: %d", born, got)
		}
	}
}

// TestNPI uses the example of the standard that defines the check digit.
func TestNPI(t *testing.T) {
	t.Parallel()
	if got := r4.NPIOf("123456789"); got != "1234567893" {
		t.Error(got)
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	both, low, high := r4.Range{Low: 3.5, High: 5.1}, r4.Range{Low: 60}, r4.Range{High: 200}
	for _, row := range []struct {
		r    r4.Range
		x    float64
		want string
	}{
		{both, 3.4, "L"}, {both, 3.5, "N"}, {both, 5.1, "N"}, {both, 5.2, "H"},
		{low, 59, "L"}, {low, 900, "N"}, {high, 201, "H"}, {high, 0, "N"}, {r4.Range{}, 7, ""},
	} {
		if got := row.r.Judge(row.x); got != row.want {
			t.Errorf("%v in %v is %q", row.x, row.r, got)
		}
	}
}

// TestValue proves that results are shown as written, and judged as shown.
func TestValue(t *testing.T) {
	t.Parallel()
	patient := r4.Ref("Patient", "7")
	lab := r4.NewObservation("a1c", "laboratory", r4.Concept("A1c"), patient, at)
	r4.SetValue(&lab, 5.64, r4.Unit{Name: "%", UCUM: "%", Decimals: 1}, r4.Range{High: 5.6})
	text := r4.NewObservation("x", "laboratory", r4.Concept("x"), patient, at)
	text.ValueString = new("few")
	coded := r4.NewObservation("y", "laboratory", r4.Concept("y"), patient, at)
	coded.ValueCodeableConcept = new(r4.Concept("", r4.Coding(r4.SNOMED, "260385009", "Negative")))
	child := r4.NewVital("w", r4.HeartRate, patient, at, 128, false)
	for name, row := range map[string]struct {
		o                   models.Observation
		value, flag, limits string
	}{
		"number":   {lab, "5.6 %", "N", "<5.6"},
		"text":     {text, "few", "", ""},
		"code":     {coded, "Negative", "", ""},
		"nothing":  {models.Observation{}, "", "", ""},
		"pressure": {r4.NewBloodPressure("bp", patient, at, 141.6, 78, true), "142/78 mmHg", "", ""},
		"adult":    {r4.NewVital("v", r4.Temperature, patient, at, 38.04, true), "38.0 °C", "H", "36.1-37.8"},
		"child":    {child, "128 /min", "", ""},
	} {
		if v, f, l := r4.Value(row.o), r4.Flag(row.o), r4.Limits(row.o); v != row.value || f != row.flag || l != row.limits {
			t.Errorf("%s: %q, %q, %q", name, v, f, l)
		}
	}
}

func TestVital(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, v := range r4.VitalSigns() {
		if got, ok := r4.Vital(v.LOINC); !ok || got != v || seen[v.LOINC] {
			t.Errorf("%s finds %s", v.LOINC, got.Name)
		}
		seen[v.LOINC] = true
		if v.Adult != (r4.Range{}) && (v.Plausible.Judge(v.Adult.Low) != "N" || v.Plausible.Judge(v.Adult.High) != "N" || v.Adult.Low >= v.Adult.High) {
			t.Errorf("%s is usual at %v, which is not plausible", v.Name, v.Adult)
		}
	}
	if v, ok := r4.Vital("59408-5"); !ok || v.Name != "Oxygen saturation" {
		t.Error("the pulse oximeter's code is not found")
	}
	if _, ok := r4.Vital("9269-0"); ok {
		t.Error("an unknown code is found")
	}
}

// TestMarshal proves that what the structs write for choices nobody made is
// not in the bytes, that the type comes first, and that the result is strict
// JSON.
func TestMarshal(t *testing.T) {
	t.Parallel()
	patient, doctor := r4.Ref("Patient", "7"), r4.Ref("Practitioner", "3")
	order := r4.NewMedicationRequest("rx", "active", r4.Concept("aspirin"), patient, doctor, at)
	order.DosageInstruction = []models.Dosage{r4.Dose{
		Text: "Take 1 tablet, daily.", Times: 1, Every: 1, Period: "d", Amount: 81, Unit: r4.Unit{Name: "mg", UCUM: "mg"}, Route: r4.Concept("By mouth"), Days: 5, AsNeeded: true,
	}.Instruction()}
	shot := models.Immunization{Id: new("i"), Patient: patient, OccurrenceDateTime: r4.Date(at), VaccineCode: r4.Concept("IPV"), Status: models.ImmunizationStatusCodesCompleted}
	for typ, resource := range map[string]any{
		"MedicationRequest": order,
		"Immunization":      shot,
		"Observation":       r4.NewBloodPressure("bp", patient, at, 120, 80, true),
		"Appointment":       r4.NewAppointment("a", models.AppointmentStatusWaitlist, time.Time{}, time.Time{}, r4.Participant(patient, models.ParticipationStatusAccepted)),
		"DiagnosticReport":  r4.NewDiagnosticReport("d", "LAB", r4.Concept("CBC"), patient, at, at),
	} {
		b, err := r4.Marshal(resource)
		if err != nil {
			t.Fatalf("%s: %v", typ, err)
		}
		doc, err := tree.Parse(b)
		if err != nil {
			t.Fatalf("%s: %v", typ, err)
		}
		if !strings.HasPrefix(string(b), `{"resourceType":"`+typ+`","id":"`) {
			t.Errorf("%s begins %.40s", typ, b)
		}
		for n := range tree.Node(doc.Len()) {
			if raw := string(doc.Raw(n)); raw == `""` || raw == "{}" || raw == "[]" || raw == "null" {
				t.Errorf("%s has %s at %s", typ, raw, doc.Path(n))
			}
		}
	}
	if _, err := r4.Marshal(struct{}{}); err == nil {
		t.Error("something that is no resource was marshalled")
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	stored := `{"resourceType":"MedicationRequest","medicationCodeableConcept":{"coding":[{"display":"aspirin"}]},"dosageInstruction":[{"text":"One a day."},{"text":"Two on Sundays."}]}`
	m, err := r4.Read[models.MedicationRequest]([]byte(stored))
	if err != nil || r4.Drug(m) != "aspirin" || r4.Instruction(m) != "One a day. Two on Sundays." {
		t.Errorf("%v, %v", m, err)
	}
	for name, bad := range map[string]string{
		"another type":   `{"resourceType":"Observation"}`,
		"no type":        `{}`,
		"not JSON":       `{"resourceType":`,
		"a wrong shape":  `{"resourceType":"Patient","name":"Ana"}`,
		"a strange code": `{"resourceType":"Patient","gender":"unheard-of"}`,
	} {
		if _, err := r4.Read[models.Patient]([]byte(bad)); err == nil {
			t.Errorf("%s was read", name)
		}
	}
}

func TestAppointment(t *testing.T) {
	t.Parallel()
	a := r4.NewAppointment("a", models.AppointmentStatusBooked, at, at.Add(45*time.Minute))
	if *a.Start != "2026-11-24T09:30:00-05:00" || *a.End != "2026-11-24T10:15:00-05:00" || *a.MinutesDuration != 45 {
		t.Errorf("%s to %s, %d", *a.Start, *a.End, *a.MinutesDuration)
	}
	if r4.Virtual(a) != "" {
		t.Error("a visit in person has a join page")
	}
	r4.SetVirtual(&a, "https://clinic.example.org/visit/a/join")
	if got := r4.Virtual(a); got != "https://clinic.example.org/visit/a/join" {
		t.Error(got)
	}
}

func TestPatient(t *testing.T) {
	t.Parallel()
	p := r4.NewPatient("7", models.Identifier{Value: new("MRN-1")}, r4.PersonName("", "Ana", "Quint"), models.AdministrativeGenderFemale, at)
	p.Identifier = append([]models.Identifier{{Value: new("other")}}, p.Identifier...)
	if r4.MRN(p) != "MRN-1" || *p.BirthDate != "2026-11-24" || !*p.Active {
		t.Errorf("%q born %s", r4.MRN(p), *p.BirthDate)
	}
	if r4.MRN(models.Patient{}) != "" {
		t.Error("nobody has a number")
	}
}

func TestAttach(t *testing.T) {
	t.Parallel()
	data := []byte("%PDF-1.3")
	hash := sha1.Sum(data)
	a := r4.Attach("b", "application/pdf", "Report", data, at)
	if *a.Url != "Binary/b" || *a.Size != 8 || *a.Hash != base64.StdEncoding.EncodeToString(hash[:]) || a.Data != nil {
		t.Errorf("%s, %d, %s", *a.Url, *a.Size, *a.Hash)
	}
}
