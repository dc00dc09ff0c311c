package portal_test

import (
	"context"
	"errors"
	"sync"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/portal"
)

// apps stands for the authorization server.
type apps struct {
	mu       sync.Mutex
	step     string
	decided  []string
	refused  bool
	chosen   string
	withdrew string
	state    string
}

func newApps() *apps { return &apps{step: portal.StepConsent} }

func (a *apps) Pending(_ context.Context, id string, who portal.Signed) (portal.Pending, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if id != "z1" || who.Account == "" {
		return portal.Pending{}, fhir.Errorf(fhir.NotFound, "no such request")
	}
	q := portal.Pending{Step: a.step, App: "<i>Diary</i>", Patient: "p1", Asked: []string{"launch/patient", "openid", "fhirUser", "offline_access", "patient/Patient.rs", "patient/Observation.rs"}}
	if a.step == portal.StepPatient {
		q.Patient, q.Own = "", []string{"p1", "p2"}
	}
	return q, nil
}

func (a *apps) Target(_ context.Context, id string) string {
	if id != "z1" {
		return ""
	}
	return "https://app.example.org"
}

func (a *apps) Continue(id string) string { return base + "/oauth/continue?authorization=" + id }

func (a *apps) ChoosePatient(_ context.Context, _ string, _ portal.Signed, patient string) error {
	a.chosen = patient
	return nil
}

func (a *apps) Decide(_ context.Context, _ string, _ portal.Signed, scopes []string) error {
	a.decided, a.refused = scopes, len(scopes) == 0
	return nil
}

func (a *apps) Granted(context.Context, string) ([]portal.Granted, error) {
	return []portal.Granted{{Client: "c1", Name: "Diary", Scopes: []string{"patient/Patient.rs"}, Since: now, Until: now}}, nil
}

func (a *apps) Withdraw(_ context.Context, account, client string) error {
	a.withdrew = account + " " + client
	return nil
}

func (a *apps) Clients(context.Context) ([]portal.Client, error) {
	return []portal.Client{{ID: "c1", Name: "Diary", State: "draft", Method: "none", Created: now}}, nil
}

func (a *apps) SetState(_ context.Context, client, state string) error {
	a.state = client + " " + state
	return nil
}

// clinic stands for the clinical data.
type clinic struct{ fhir.Service }

func (clinic) Read(_ context.Context, k fhir.Key) (fhir.Resource, error) {
	return fhir.Resource{Key: k, JSON: []byte(`{"resourceType":"Patient","name":[{"given":["Ada"],"family":"Lindqvist ` + k.ID + `"}],"birthDate":"1988-04-30"}`)}, nil
}

func (clinic) Search(ctx context.Context, s fhir.Search) (fhir.Page, error) {
	if authz.From(ctx).Account == "" {
		return fhir.Page{}, errors.New("nobody asks")
	}
	return fhir.Page{Match: []fhir.Resource{{Key: fhir.Key{Type: "Patient", ID: "p7"}, JSON: []byte(`{"name":[{"text":"Found One"}]}`)}}}, nil
}
