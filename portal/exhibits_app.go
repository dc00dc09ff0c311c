package portal

import "github.com/webdoctor/webdoctor/authz"

func appExhibits() []exhibit {
	asked := []string{"launch/patient", "openid", "fhirUser", "offline_access", "patient/Patient.rs", "patient/Observation.rs", "patient/Condition.rs", "patient/MedicationRequest.cruds", "patient/Observation.rs?category=" + observationCategory + "laboratory", "patient/Basic.rs"}
	consent := func(r *request) (*Form, *Consent) {
		f := r.form("/consent", "consent.submit", authorizationField("z1"), scopeField(asked))
		return f, &Consent{App: "Heart Diary", Site: "https://heart.example.org/", Target: "https://app.heart.example.org", Patient: "Ada Lindqvist", Offline: true, Form: f, Refuse: refuseForm(r, "z1")}
	}
	picker := func(r *request) (*Form, *Picker) {
		f := r.form("/consent/patient", "picker.submit", authorizationField("z1"), &Field{Kind: "hidden", Name: "name", Value: "lind"},
			whose([]subject{{"p1", "Ada Lindqvist", "1988-04-30"}, {"p2", "Bo Lindström", ""}}))
		return f, &Picker{App: "Heart Diary", Asked: true, Form: f, Search: pickerSearch(r, "z1", "lind")}
	}
	return []exhibit{
		formed("consent", "asked", ada, consent, nil),
		formed("consent", "nothing", ada, consent, sent()),
		formed("picker", "some", noor, picker, nil),
		formed("picker", "unchosen", noor, picker, sent()),
		{"picker", "nobody", noor, func(r *request) (page, error) {
			return &Picker{App: "Heart Diary", Asked: true, Search: pickerSearch(r, "z1", "xyz")}, nil
		}},
		{"apps", "none", ada, func(*request) (page, error) { return &AppsPage{}, nil }},
		{"apps", "some", ada, func(r *request) (page, error) {
			scope, _, err := authz.ParseScope("patient/Observation.rs")
			return &AppsPage{Notice: say("apps.done.revoked"), List: []OneApp{{Name: "Heart Diary", Since: someday, Until: someday.AddDate(1, 0, 0), Offline: true, Allows: []Message{scopeText(scope)},
				Revoke: &Confirm{"apps.revoke", say("apps.revoke.ask", "app", "Heart Diary"), r.button("/account/apps/revoke", "apps.revoke", "danger", "Heart Diary", "app", "c1")}}}}, err
		}},
	}
}
