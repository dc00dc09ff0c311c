package authz_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
)

var update = flag.Bool("update", false, "rewrite golden files")

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func key(s string) fhir.Key {
	typ, id, _ := strings.Cut(s, "/")
	return fhir.Key{Type: typ, ID: id}
}

func granted(t *testing.T, text string) authz.Scopes {
	t.Helper()
	list, err := authz.ParseScopes(text)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// who asks, by what a reader would call them.
func callers(t *testing.T) (names []string, who map[string]authz.Principal) {
	t.Helper()
	patient := authz.Principal{Account: "a1", Roles: []authz.Role{authz.Patient}, Self: []fhir.Key{key("Patient/me")}}
	doctor := authz.Principal{Account: "a2", Roles: []authz.Role{authz.Practitioner}, Self: []fhir.Key{key("Practitioner/me")}, Licence: authz.Verified, Factor: now.Add(-time.Minute)}
	app := patient
	app.Client, app.Patient, app.Scopes = "app", "me", granted(t, "launch/patient patient/Patient.r patient/Observation.rs?category=vital-signs patient/Practitioner.rs")
	doctorApp := doctor
	doctorApp.Client, doctorApp.Scopes = "app", granted(t, "user/Observation.rs")
	submitted, stale := doctor, doctor
	submitted.Licence, stale.Factor = authz.Submitted, now.Add(-48*time.Hour)
	who = map[string]authz.Principal{
		"stranger": {},
		"patient":  patient,
		"proxy (read, book)": {Account: "a3", Self: []fhir.Key{key("RelatedPerson/me")},
			Proxies: []authz.Proxy{{Patient: key("Patient/child"), Related: key("RelatedPerson/me"), Rights: []string{"read", "book"}, Until: now.Add(time.Hour)}}},
		"practitioner": doctor,
		"practitioner without a verified licence": submitted,
		"practitioner without a second factor":    stale,
		"staff":                                   {Account: "a4", Roles: []authz.Role{authz.Staff}},
		"administrator":                           {Account: "a5", Roles: []authz.Role{authz.Administrator}, Factor: now.Add(-time.Minute)},
		"app of a patient (patient/Patient.r, vital signs, patient/Practitioner.rs)": app,
		"app of a practitioner (user/Observation.rs)":                                doctorApp,
		"backend client for one organization (system/*.rs)":                          {Client: "backend", Cohort: []fhir.Key{key("Organization/o1")}, Scopes: granted(t, "system/*.rs")},
		"plugin email (system/*.cruds)":                                              {Plugin: "email", Scopes: granted(t, "system/*.cruds")},
		"plugin telehealth (system/*.cruds)":                                         {Plugin: "telehealth", Scopes: granted(t, "system/*.cruds")},
		"plugin scheduling (system/*.cruds)":                                         {Plugin: "scheduling", Scopes: granted(t, "system/*.cruds")},
		"operator":                                                                   {Operator: true},
	}
	names = []string{"stranger", "patient", "proxy (read, book)", "practitioner", "practitioner without a verified licence", "practitioner without a second factor", "staff", "administrator",
		"app of a patient (patient/Patient.r, vital signs, patient/Practitioner.rs)", "app of a practitioner (user/Observation.rs)", "backend client for one organization (system/*.rs)",
		"plugin email (system/*.cruds)", "plugin telehealth (system/*.cruds)", "plugin scheduling (system/*.cruds)", "operator"}
	if len(names) != len(who) {
		t.Fatal("not every caller is named")
	}
	return names, who
}

func gate(t *testing.T) *authz.Gate {
	t.Helper()
	set, err := authz.CompilePolicies(authz.DefaultPolicies())
	if err != nil {
		t.Fatal(err)
	}
	g := authz.NewGate(set)
	g.Factor, g.Now = 12*time.Hour, func() time.Time { return now }
	return g
}

// actions are asked one by one and told together where the answer is the same.
var actions = []string{"read", "vread", "search", "history-instance", "history-type", "history-system", "create", "update", "patch", "delete",
	"$everything", "$lastn", "$validate", "$expand", "$reindex", "$expunge", "$policies", "$break-glass", "$export", "$visit"}

// TestDecisions compares the whole table of decisions with the one that was
// read and agreed to. Read the difference, then run it with -update.
func TestDecisions(t *testing.T) {
	t.Parallel()
	g := gate(t)
	var b strings.Builder
	b.WriteString("Who may do what, and how far. Made by TestDecisions; what is not here is refused.\n" +
		"\"404\" means that what lies outside is answered as if it were not there.\n")
	names, who := callers(t)
	for _, name := range names {
		fmt.Fprintf(&b, "\n== %s\n", name)
		ctx := authz.With(t.Context(), who[name])
		byAnswer := map[string][]string{} // answers of a type -> types
		for _, typ := range append([]string{""}, spec.R4().ResourceTypes()...) {
			told := map[string][]string{}
			var order []string
			for _, action := range actions {
				a := fhir.Access{Action: action, Type: typ}
				if op, ok := strings.CutPrefix(action, "$"); ok {
					a.Action, a.Name = "operate", op
				}
				grant, err := g.Permit(ctx, a)
				if err != nil {
					continue
				}
				answer := tell(grant)
				if told[answer] == nil {
					order = append(order, answer)
				}
				told[answer] = append(told[answer], action)
			}
			var text strings.Builder
			for _, answer := range order {
				fmt.Fprintf(&text, "    %s: %s\n", strings.Join(told[answer], ", "), answer)
			}
			if text.Len() > 0 {
				if typ == "" {
					typ = "(the system)"
				}
				byAnswer[text.String()] = append(byAnswer[text.String()], typ)
			}
		}
		if len(byAnswer) == 0 {
			_, err := g.Permit(ctx, fhir.Access{Action: "read", Type: "Observation"})
			fmt.Fprintf(&b, "  nothing: %s\n", err)
		}
		var texts []string
		for text := range byAnswer {
			texts = append(texts, text)
		}
		slices.SortFunc(texts, func(x, y string) int { return strings.Compare(byAnswer[x][0], byAnswer[y][0]) })
		for _, text := range texts {
			fmt.Fprintf(&b, "  %s\n%s", strings.Join(byAnswer[text], " "), text)
		}
	}
	const file = "testdata/decisions.txt"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != b.String() {
		t.Errorf("the decisions are not those of %s (%v): read the difference, and run with -update if it is meant", file, err)
	}
}

// tell says in words how far a grant reaches.
func tell(g fhir.Grant) string {
	if g.Anywhere {
		return "everything, with ids of one's own choice"
	}
	var either []string
	for _, s := range g.Slices {
		if said := tellSlice(s); !slices.Contains(either, said) {
			either = append(either, said)
		}
	}
	text := strings.Join(either, "; or ")
	for _, guard := range g.Guards {
		switch {
		case guard.Keep:
			text += "; " + guard.Element + " stays"
		case guard.Own:
			text += "; " + guard.Element + " is oneself"
		case guard.From != nil:
			text += fmt.Sprintf("; %s of %s becomes %s", guard.Element, strings.Join(guard.From, "/"), strings.Join(guard.To, "/"))
		default:
			text += fmt.Sprintf("; %s becomes %s", guard.Element, strings.Join(guard.To, "/"))
		}
	}
	return text
}

func tellSlice(s fhir.Slice) string {
	var parts []string
	for _, homes := range s.Within {
		var of []string
		for _, h := range homes {
			if h.Related {
				of = append(of, "of the patients of "+h.Key.String())
			} else {
				of = append(of, "of "+h.Key.String())
			}
		}
		parts = append(parts, strings.Join(of, " or "))
	}
	if s.Anywhere && len(parts) == 0 {
		parts = append(parts, "all")
	}
	if len(s.Through) > 0 {
		parts = append(parts, "what belongs to a visible "+strings.Join(s.Through, "/"))
	}
	if len(s.And) > 0 {
		parts = append(parts, "where "+strings.Join(s.And, " and "))
	}
	if len(s.Any) > 0 {
		parts = append(parts, "where "+strings.Join(s.Any, " or "))
	}
	if s.Asks != nil {
		parts = append(parts, fmt.Sprintf("if the search names %d of %s", s.Asks.Least, strings.Join(s.Asks.Of, "/")))
	}
	if len(s.Withheld) > 0 {
		list := slices.Clone(s.Withheld)
		slices.Sort(list)
		parts = append(parts, "not labelled "+strings.Join(slices.Compact(list), "/"))
	}
	if s.Consents {
		parts = append(parts, "not denied by a consent")
	}
	if len(s.Hidden) > 0 {
		parts = append(parts, "without "+strings.Join(s.Hidden, "/"))
	}
	for _, f := range s.Foreign {
		parts = append(parts, fmt.Sprintf("without every %s that is another %s", f.Element, f.Type))
	}
	return strings.Join(parts, ", ")
}
