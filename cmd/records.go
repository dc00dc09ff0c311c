package cmd

import (
	"context"
	"slices"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/authz/accounts"
	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/r4"
)

// records answers for the clinical side of accounts: it makes the resource
// that a newcomer becomes, and says whose record somebody can open to an app.
type records struct{ service fhir.Service }

// Open makes the resource of a person. It carries the account as an
// identifier, by which a second call finds what the first one made.
func (r *records) Open(ctx context.Context, account string, role authz.Role, p accounts.Profile) (fhir.Key, error) {
	ctx = authz.With(ctx, authz.Principal{Operator: true})
	var c fhir.Change
	var err error
	switch role {
	case authz.Patient:
		c.Key.Type = "Patient"
	case authz.Practitioner:
		c.Key.Type = "Practitioner"
	default:
		return fhir.Key{}, nil
	}
	if c.JSON, err = r4.NewPerson(c.Key.Type, account, p.Given, p.Family, p.Birth, p.Gender); err != nil {
		return fhir.Key{}, err
	}
	criteria := "identifier=" + r4.Account + "|" + account
	c.Method, c.IfNoneExist = fhir.POST, &criteria
	results, err := r.service.Commit(ctx, c)
	if err != nil {
		return fhir.Key{}, err
	}
	return fhir.Key{Type: c.Key.Type, ID: results[0].Resource.ID}, nil
}

// Own are the patients that somebody is, or acts for.
func (r *records) Own(_ context.Context, p authz.Principal) ([]string, error) {
	var ids []string
	for _, self := range p.Self {
		if self.Type == "Patient" {
			ids = append(ids, self.ID)
		}
	}
	for _, proxy := range p.Proxies {
		if slices.Contains(proxy.Rights, "read") && !slices.Contains(ids, proxy.Patient.ID) {
			ids = append(ids, proxy.Patient.ID)
		}
	}
	return ids, nil
}

// Reaches says whether somebody may read a patient's record, by asking for it
// in their name.
func (r *records) Reaches(ctx context.Context, p authz.Principal, patient string) (bool, error) {
	_, err := r.service.Read(authz.With(ctx, p), fhir.Key{Type: "Patient", ID: patient})
	switch fhir.CodeOf(err) {
	case fhir.NotFound, fhir.Forbidden, fhir.Unauthorized, fhir.Gone:
		return false, nil
	}
	return err == nil, err
}
