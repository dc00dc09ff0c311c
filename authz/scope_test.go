package authz_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/fhir"
)

func TestParseScopes(t *testing.T) {
	t.Parallel()
	const laboratory = "http://terminology.hl7.org/CodeSystem/observation-category|laboratory"
	for _, row := range []struct {
		name, text string
		want       []string // in canonical form
	}{
		{"version 2", "patient/Observation.rs", []string{"patient/Observation.rs"}},
		{"all letters", "system/*.cruds", []string{"system/*.cruds"}},
		{"one letter", "user/Patient.d", []string{"user/Patient.d"}},
		{"version 1 read", "patient/Observation.read", []string{"patient/Observation.rs"}},
		{"version 1 write", "user/*.write", []string{"user/*.cud"}},
		{"version 1 all", "user/Condition.*", []string{"user/Condition.cruds"}},
		{"granular", "patient/Observation.rs?category=" + laboratory, []string{"patient/Observation.rs?category=" + laboratory}},
		{"granular, encoded", "patient/Observation.rs?category=http%3A%2F%2Fa%7Cb", []string{"patient/Observation.rs?category=http://a|b"}},
		{"granular, two", "user/Observation.s?category=a&status=final", []string{"user/Observation.s?category=a&status=final"}},
		{"granular, the same twice", "user/Observation.s?status=final&status=final", []string{"user/Observation.s?status=final"}},
		{"as a URI", "http://smarthealthit.org/fhir/scopes/patient/Patient.r", []string{"patient/Patient.r"}},
		{"other words", "openid fhirUser launch launch/patient offline_access online_access profile", nil},
		{"among other words", "openid  patient/Patient.r\nlaunch/patient", []string{"patient/Patient.r"}},
		{"twice", "patient/Patient.r patient/Patient.r", []string{"patient/Patient.r"}},
		{"out of order", "patient/Observation.dus", nil},
		{"a letter twice", "patient/Observation.rr", nil},
		{"unknown letter", "patient/Observation.rsx", nil},
		{"read is no r and d", "patient/Observation.rea", nil},
		{"capital letters", "patient/Observation.RS", nil},
		{"no letters", "patient/Observation.", nil},
		{"no dot", "patient/Observation", nil},
		{"lower case type", "patient/observation.rs", nil},
		{"type with a digit", "patient/Observation2.rs", nil},
		{"no type", "patient/.rs", nil},
		{"level in capitals", "Patient/Observation.rs", nil},
		{"unknown level", "practitioner/Observation.rs", nil},
		{"version 1 with a filter", "patient/Observation.read?category=x", nil},
		{"version 1 with a rest", "patient/Observation.read?x", nil},
		{"blank", "", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			all, err := authz.ParseScopes(row.text)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range all {
				got = append(got, s.String())
				if !slices.Contains(strings.Fields(row.text), s.Text) {
					t.Errorf("%q is not the text that was asked for", s.Text)
				}
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

// TestFiltersRefused is case S15 of the leak cases: what is not a plain token
// of a listed parameter is refused, never dropped.
func TestFiltersRefused(t *testing.T) {
	t.Parallel()
	for _, filter := range []string{
		"", "category", "category=", "=a", "category=a&", "category=a&b", "category=a%26status=b", "category=a|b|c", "category=a|",
		"category=é", "category=%C3%A9", "category=a,b", "category=a%2Cb", "category=a%5Cb", "category=%zz", "category=a%00b", "category=a b",
		"_filter=a", "subject.name=a", "subject:Patient.name=a", "category:not=a", "category:in=a", "_id=a", "patient=a", "_has:Observation:a=b", "code=a=b", "category=a+b",
		"category=" + strings.Repeat("a", 600),
	} {
		word := strings.ReplaceAll("patient/Observation.rs?"+filter, " ", "%20")
		if _, err := authz.ParseScopes("openid " + word); fhir.CodeOf(err) != fhir.Value {
			t.Errorf("%q: got %v", word, err)
		}
	}
	if _, err := authz.ParseScopes("patient/*.rs?category=a"); fhir.CodeOf(err) != fhir.Value {
		t.Errorf("a filter on all types: got %v", err)
	}
	if _, err := authz.ParseScopes(strings.Repeat("a ", 600)); fhir.CodeOf(err) != fhir.Value {
		t.Errorf("too many: got %v", err)
	}
	if _, err := authz.ParseScopes(strings.Repeat("a", 20_000)); fhir.CodeOf(err) != fhir.Value {
		t.Errorf("too long: got %v", err)
	}
}

func scope(t *testing.T, word string) authz.Scope {
	t.Helper()
	s, ok, err := authz.ParseScope(word)
	if !ok || err != nil {
		t.Fatalf("%q: %v %v", word, ok, err)
	}
	return s
}

func scopes(t *testing.T, text string) authz.Scopes {
	t.Helper()
	ss, err := authz.ParseScopes(text)
	if err != nil {
		t.Fatal(err)
	}
	return ss
}

func TestCovers(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ scope, action, typ, want string }{
		{"patient/Observation.rs", "read", "Observation", "yes"},
		{"patient/Observation.rs", "vread", "Observation", "yes"},
		{"patient/Observation.r", "history-instance", "Observation", "yes"},
		{"patient/Observation.r", "history-type", "Observation", "no"},
		{"patient/Observation.r", "history", "Observation", "no"},
		{"patient/Observation.rs", "history", "Observation", "yes"},
		{"patient/Observation.r", "search", "Observation", "no"},
		{"patient/Observation.rs", "read", "Patient", "no"},
		{"patient/Observation.rs", "read", "Observation2", "no"},
		{"patient/Observation.rs", "read", "", "no"},
		{"patient/Observation.read", "delete", "Observation", "no"},
		{"patient/Observation.write", "update", "Observation", "yes"},
		{"patient/Observation.write", "read", "Observation", "no"},
		{"patient/Observation.u", "patch", "Observation", "yes"},
		{"patient/Observation.u", "create", "Observation", "no"},
		{"patient/*.rs", "read", "Observation", "yes"},
		{"patient/*.rs", "search-system", "", "yes"},
		{"patient/*.cruds", "operate", "Patient", "no"},
		{"patient/*.cruds", "", "Patient", "no"},
	} {
		want := row.want == "yes"
		if got := scope(t, row.scope).Covers(row.action, row.typ); got != want {
			t.Errorf("%s covers %s %s: %v", row.scope, row.action, row.typ, got)
		}
	}
}

func TestReach(t *testing.T) {
	t.Parallel()
	ss := scopes(t, "patient/Observation.rs?category=a patient/Observation.rs?category=b|c&status=final patient/Condition.rs?category=x patient/Condition.r user/Patient.r")
	if got := ss.Reach("search", "Observation"); len(got) != 2 || got[1].Clause() != "category=b%7Cc&status=final" {
		t.Errorf("two filters: %v", got)
	}
	if got := ss.Reach("read", "Condition"); len(got) != 1 || got[0].Filter != nil {
		t.Errorf("one without a filter: %v", got)
	}
	if got := ss.Reach("search", "Condition"); len(got) != 1 || got[0].Filter == nil {
		t.Errorf("only with a filter: %v", got)
	}
	if got := ss.Reach("search", "Patient"); got != nil {
		t.Errorf("nothing: %v", got)
	}
	if got := ss.Level("user"); len(got) != 1 || got[0].Type != "Patient" {
		t.Errorf("level: %v", got)
	}
}

func TestNarrow(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ asked, allowed, want string }{
		{"patient/Observation.rs", "patient/*.cruds", "patient/Observation.rs"},
		{"patient/Observation.read", "patient/*.rs", "patient/Observation.read"},
		{"system/*.cruds", "system/Observation.rs", "system/Observation.rs"},
		{"system/*.read", "system/Observation.r system/Patient.rs", "system/Observation.r system/Patient.rs"},
		{"patient/Observation.rs", "user/*.cruds", ""},
		{"patient/Observation.rs", "patient/Observation.cud", ""},
		{"patient/Observation.rs", "patient/Observation.rs?category=a", "patient/Observation.rs?category=a"},
		{"patient/Observation.rs?category=b", "patient/Observation.rs?category=a", "patient/Observation.rs?category=b&category=a"},
		{"patient/Observation.rs?category=a", "patient/Observation.r patient/Observation.s", "patient/Observation.r?category=a patient/Observation.s?category=a"},
		{"patient/*.rs", "patient/Observation.rs?category=a", "patient/Observation.rs?category=a"},
		{"patient/*.rs", "", ""},
		{"", "patient/*.rs", ""},
	} {
		got := scopes(t, row.asked).Narrow(scopes(t, row.allowed))
		if got.String() != row.want {
			t.Errorf("%s narrowed to %s: %s", row.asked, row.allowed, got)
		}
		if !got.Within(scopes(t, row.asked)) || !got.Within(scopes(t, row.allowed)) {
			t.Errorf("%s narrowed to %s is wider than one of them: %s", row.asked, row.allowed, got)
		}
	}
}

// FuzzParseScope holds that what is understood means what it says: the
// canonical form is understood the same, lies within the original and the
// other way round, and no interaction is covered that its letters do not
// name.
func FuzzParseScope(f *testing.F) {
	for _, seed := range []string{
		"patient/Observation.rs?category=http://a|b", "user/*.read", "system/*.*", "patient/Observation.dus", "launch/patient", "openid",
		"http://smarthealthit.org/fhir/scopes/patient/Patient.r", "patient/Observation.rs?category=%7Ca&code=b", "patient/O.?=", "patient/Observation.rs?_tag=%",
	} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		s, ok, err := authz.ParseScope(a)
		if !ok || err != nil {
			if !reflect.DeepEqual(s, authz.Scope{}) {
				t.Fatalf("%q is refused and still says %v", a, s)
			}
			return
		}
		again, ok, err := authz.ParseScope(s.String())
		if !ok || err != nil || !again.Within(s) || !s.Within(again) || again.String() != s.String() {
			t.Fatalf("%q: canonical %q is read as %v", a, s.String(), again)
		}
		if !s.Covers("read", s.Type) && strings.Contains(s.Actions, "r") && s.Type != "*" {
			t.Fatalf("%q does not cover what it says", a)
		}
		if strings.ContainsAny(s.Clause(), ", \\$") {
			t.Fatalf("%q makes a clause with a meaning of its own: %q", a, s.Clause())
		}
		o, ok, err := authz.ParseScope(b)
		if !ok || err != nil {
			return
		}
		if both, some := s.Intersect(o); some && (!both.Within(s) || !both.Within(o)) {
			t.Fatalf("%q and %q have %v in common", a, b, both)
		}
	})
}
