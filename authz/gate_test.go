package authz_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
)

// TestDeniesAreUnconditional: a condition that does not hold makes ladon pass
// over a policy, so that a denial with one would grant.
func TestDeniesAreUnconditional(t *testing.T) {
	t.Parallel()
	for id, text := range authz.DefaultPolicies() {
		var d struct {
			Effect     string
			Conditions map[string]any
		}
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			t.Fatal(err)
		}
		if d.Effect != "allow" && len(d.Conditions) > 0 {
			t.Errorf("%s denies on a condition", id)
		}
	}
}

// TestPoliciesNameWhatThereIs: a name that is misspelt would grant nothing, or
// hide nothing.
func TestPoliciesNameWhatThereIs(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("policies/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var sets struct{ Sets map[string][]string }
	raw, err := os.ReadFile("sets.json")
	if err != nil || json.Unmarshal(raw, &sets) != nil {
		t.Fatal(err)
	}
	r4 := spec.R4()
	for _, set := range []string{"clinical", "treatment", "directory", "definitions"} {
		for _, typ := range sets.Sets[set] {
			if !r4.IsResource(typ) {
				t.Errorf("@%s: %s is no resource type", set, typ)
			}
		}
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var list []struct {
			ID         string
			Resources  []string
			Conditions map[string]struct {
				Options struct {
					Hide    []string
					Through []string
					Keep    []string
					Own     []string
				}
			}
		}
		if err := json.Unmarshal(raw, &list); err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			for _, r := range p.Resources {
				typ := strings.TrimPrefix(r, "fhir:")
				if typ == "" || typ == "*" || strings.HasPrefix(typ, "@") {
					continue
				}
				if !r4.IsResource(typ) {
					t.Errorf("%s: %s is no resource type", p.ID, typ)
					continue
				}
				for _, c := range p.Conditions {
					for _, e := range c.Options.Hide {
						if strings.HasPrefix(e, "@") {
							continue
						}
						if el, _ := r4.Type(typ).Element(e); el == nil {
							t.Errorf("%s hides %s.%s, which there is not", p.ID, typ, e)
						}
					}
				}
			}
			for _, c := range p.Conditions {
				for _, e := range append(c.Options.Keep, c.Options.Own...) {
					typ, rest, _ := strings.Cut(e, ".")
					first, _, _ := strings.Cut(rest, ".")
					if typ == "*" {
						continue
					}
					if of := r4.Type(typ); of == nil {
						t.Errorf("%s guards %s, which there is not", p.ID, e)
					} else if el, _ := of.Element(first); el == nil {
						t.Errorf("%s guards %s, which there is not", p.ID, e)
					}
				}
			}
		}
	}
	for _, e := range sets.Sets["practitioner-private"] {
		if el, _ := r4.Type("Practitioner").Element(e); el == nil {
			t.Errorf("Practitioner.%s is hidden and there is none", e)
		}
	}
}

const harmless = `{"id":"x","description":"d","subjects":["role:patient"],"effect":"allow","actions":["read"],"resources":["fhir:Device"],"conditions":{"reach":{"type":"Within","options":{"anywhere":true}}}}`

func TestBrokenPolicies(t *testing.T) {
	t.Parallel()
	with := func(old, new string) string {
		if !strings.Contains(harmless, old) {
			t.Fatalf("%s is not in the policy", old)
		}
		return strings.Replace(harmless, old, new, 1)
	}
	for name, text := range map[string]string{
		"no json":            `{`,
		"two":                harmless + harmless,
		"unknown member":     with(`"id"`, `"ids":1,"id"`),
		"other id":           with(`"x"`, `"y"`),
		"misspelt effect":    with(`"allow"`, `"Allow"`),
		"conditional denial": with(`"allow"`, `"deny"`),
		"no subject":         with(`["role:patient"]`, `[]`),
		"subject for all":    with(`["role:patient"]`, `["role:*"]`),
		"unknown set":        with(`fhir:Device`, `fhir:@devices`),
		"unknown condition":  with(`"Within"`, `"Without"`),
		"unknown option":     with(`"anywhere":true`, `"anywhere":true,"everywhere":true`),
		"opens nothing":      with(`"anywhere":true`, ``),
		"opens not":          with(`"conditions":{"reach":{"type":"Within","options":{"anywhere":true}}}`, `"conditions":{}`),
		"opens twice":        with(`"conditions":{`, `"conditions":{"more":{"type":"Within","options":{"anywhere":true}},`),
		"anywhere and homes": with(`"anywhere":true`, `"anywhere":true,"homes":["Patient/{self}"],"by":["subject"]`),
		"no place":           with(`"anywhere":true`, `"homes":["Patient/7"],"by":["subject"]`),
		"no parameters":      with(`"anywhere":true`, `"homes":["Patient/{self}"]`),
		"asks for too much":  with(`"anywhere":true`, `"anywhere":true,"asks":{"least":3,"of":["name"]}`),
		"factor of no time":  with(`"conditions":{`, `"conditions":{"f":{"type":"Factor","options":{"within":"soon"}},`),
		"becomes nothing":    with(`"conditions":{`, `"conditions":{"g":{"type":"Guards","options":{"become":[{"element":"Device.status","to":[]}]}},`),
	} {
		if _, err := authz.CompilePolicies(map[string]string{"x": text}); fhir.CodeOf(err) != fhir.Unprocessable {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := authz.CompilePolicies(map[string]string{"x": harmless}); err != nil {
		t.Error(err)
	}
}

func FuzzPolicies(f *testing.F) {
	f.Add(harmless)
	for _, text := range authz.DefaultPolicies() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		set, err := authz.CompilePolicies(map[string]string{"x": text})
		if err != nil {
			return
		}
		// Whatever was read, a stranger gets nothing by it.
		if _, err := authz.NewGate(set).Permit(t.Context(), fhir.Access{Action: "read", Type: "Device"}); fhir.CodeOf(err) != fhir.Unauthorized {
			t.Errorf("a stranger gets %v", err)
		}
	})
}

func TestNoPoliciesNoAccess(t *testing.T) {
	t.Parallel()
	_, who := callers(t)
	for name, p := range who {
		_, err := authz.NewGate(nil).Permit(authz.With(t.Context(), p), fhir.Access{Action: "read", Type: "Observation"})
		if code := fhir.CodeOf(err); code != fhir.Forbidden && code != fhir.Unauthorized {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDenialWins: over every other policy and role, and for those who act for
// a person.
func TestDenialWins(t *testing.T) {
	t.Parallel()
	all := authz.DefaultPolicies()
	all["no"] = `{"id":"no","description":"d","subjects":["role:staff"],"effect":"deny","actions":["*"],"resources":["fhir:Appointment"]}`
	set, err := authz.CompilePolicies(all)
	if err != nil {
		t.Fatal(err)
	}
	p := authz.Principal{Account: "a", Roles: []authz.Role{authz.Patient, authz.Staff}, Self: []fhir.Key{key("Patient/me")}}
	g := authz.NewGate(set)
	for _, typ := range []string{"Appointment", "Observation"} {
		_, err := g.Permit(authz.With(t.Context(), p), fhir.Access{Action: "read", Type: typ})
		if (err != nil) != (typ == "Appointment") {
			t.Errorf("%s: %v", typ, err)
		}
	}
}

// TestPermitMany asks from many sides while policies change.
func TestPermitMany(t *testing.T) {
	t.Parallel()
	g := gate(t)
	set, err := authz.CompilePolicies(authz.DefaultPolicies())
	if err != nil {
		t.Fatal(err)
	}
	_, who := callers(t)
	var wait sync.WaitGroup
	for _, p := range who {
		wait.Go(func() {
			for range 200 {
				_, _ = g.Permit(authz.With(context.Background(), p), fhir.Access{Action: "read", Type: "Observation"})
				g.Enforce(set)
			}
		})
	}
	wait.Wait()
}

// shelf keeps policies in memory.
type shelf struct {
	documents  map[string]string
	generation int64
	fails      bool
}

func (s *shelf) Changed(context.Context) (map[string]string, int64, error) {
	if s.fails {
		return nil, 0, errors.New("no answer")
	}
	return maps.Clone(s.documents), s.generation, nil
}

func (s *shelf) Change(_ context.Context, id, document, _ string, generation int64) (bool, error) {
	if generation != s.generation {
		return false, nil
	}
	s.documents[id], s.generation = document, s.generation+1
	return true, nil
}

func (s *shelf) Reset(_ context.Context, id string, generation int64) (bool, error) {
	if generation != s.generation {
		return false, nil
	}
	delete(s.documents, id)
	s.generation++
	return true, nil
}

func TestKeeper(t *testing.T) {
	t.Parallel()
	_, who := callers(t)
	admin, patient := authz.With(t.Context(), who["administrator"]), authz.With(t.Context(), who["patient"])
	kept := &shelf{documents: map[string]string{}}
	k := &authz.Keeper{Gate: authz.NewGate(nil), Kept: kept}
	k.Gate.Now, k.Gate.Factor = func() time.Time { return now }, time.Hour
	may := func(typ string, want bool) {
		t.Helper()
		if _, err := k.Gate.Permit(patient, fhir.Access{Action: "read", Type: typ}); (err == nil) != want {
			t.Errorf("a patient reads %s: %v", typ, err)
		}
	}
	may("Observation", false)
	if err := k.Load(t.Context()); err != nil || k.Err() != nil {
		t.Fatal(err)
	}
	may("Observation", true)
	may("Device", false)
	if err := k.Save(patient, "x", harmless); fhir.CodeOf(err) != fhir.Forbidden {
		t.Errorf("a patient changes policies: %v", err)
	}
	if err := k.Save(admin, "x", strings.Replace(harmless, "allow", "Allow", 1)); fhir.CodeOf(err) != fhir.Unprocessable {
		t.Errorf("a broken policy is kept: %v", err)
	}
	if err := k.Save(admin, "x", harmless); err != nil {
		t.Fatal(err)
	}
	may("Device", true)
	if err := k.Save(admin, "x", ""); err != nil {
		t.Fatal(err)
	}
	may("Device", false)
	if err := k.Save(admin, "patient-record", ""); err != nil {
		t.Fatal(err)
	}
	may("Condition", false)
	if err := k.Reset(admin, "patient-record"); err != nil {
		t.Fatal(err)
	}
	may("Condition", true)
	// Nothing is known: what is in force stays. It is known to be broken: nothing is allowed.
	kept.fails = true
	if err := k.Load(t.Context()); err == nil {
		t.Error("what cannot be read was read")
	}
	may("Condition", true)
	kept.fails = false
	kept.documents["x"], kept.generation = "{", kept.generation+1
	k.Watch(t.Context())
	if k.Err() == nil {
		t.Error("a broken set is taken for whole")
	}
	may("Condition", false)
	kept.generation++
	delete(kept.documents, "x")
	k.Watch(t.Context())
	may("Condition", true)
}

func BenchmarkPermit(b *testing.B) {
	set, err := authz.CompilePolicies(authz.DefaultPolicies())
	if err != nil {
		b.Fatal(err)
	}
	ctx := authz.With(b.Context(), authz.Principal{Account: "a1", Roles: []authz.Role{authz.Patient}, Self: []fhir.Key{key("Patient/me")}})
	g := authz.NewGate(set)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := g.Permit(ctx, fhir.Access{Action: "read", Type: "Observation"}); err != nil {
			b.Fatal(err)
		}
	}
}
