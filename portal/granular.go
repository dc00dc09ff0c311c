package portal

import (
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/authz"
)

// part is a narrower scope that a person may grant instead of the one that
// was asked for: resources of one category.
type part struct{ category, label string }

const (
	conditionCategory   = "http://terminology.hl7.org/CodeSystem/condition-category|"
	observationCategory = "http://terminology.hl7.org/CodeSystem/observation-category|"
	coreCategory        = "http://hl7.org/fhir/us/core/CodeSystem/"
)

// granular are the parts of a type, those that US Core names
// (hl7.org/fhir/us/core/STU6.1/scopes.html, granular scopes).
var granular = map[string][]part{
	"Condition": {
		{conditionCategory + "problem-list-item", "problems"},
		{conditionCategory + "encounter-diagnosis", "diagnoses"},
		{coreCategory + "condition-category|health-concern", "concerns"},
	},
	"Observation": {
		{observationCategory + "laboratory", "laboratory"},
		{observationCategory + "vital-signs", "vitals"},
		{observationCategory + "social-history", "social"},
		{observationCategory + "survey", "survey"},
		{coreCategory + "us-core-category|sdoh", "sdoh"},
	},
}

// launchScopes are scopes that say nothing about what an app may see: they go
// along with the others.
var launchScopes = []string{"launch", "launch/patient", "launch/encounter", "online_access"}

// identity are scopes by which an app learns who the person is.
var identity = []string{"openid", "profile", "fhirUser", "email"}

// scopeField asks which of the scopes a person agrees to. All are ticked as
// asked; their parts are not.
func scopeField(asked []string) *Field {
	f := &Field{Kind: "checks", Name: "scopes", Label: "consent.scopes", Required: true}
	who := false
	for _, word := range asked {
		s, clinical, err := authz.ParseScope(word)
		switch {
		case slices.Contains(launchScopes, word), err != nil:
		case slices.Contains(identity, word):
			if !who {
				f.Options = append(f.Options, Option{Value: "openid", Label: say("scope.identity"), On: true})
			}
			who = true
		case word == "offline_access":
			f.Options = append(f.Options, Option{Value: word, Label: say("scope.offline"), Hint: say("scope.offline.hint"), On: true})
		case clinical:
			f.Options = append(f.Options, Option{Value: word, Label: scopeText(s), On: true})
			if len(s.Filter) > 0 {
				continue
			}
			for _, p := range granular[s.Type] {
				f.Options = append(f.Options, Option{Value: narrowed(s, p), Label: say("scope.only", "what", say("part."+p.label)), Under: true})
			}
		}
	}
	return f
}

// narrowed is the scope of one part.
func narrowed(s authz.Scope, p part) string {
	return s.Level + "/" + s.Type + "." + s.Actions + "?category=" + p.category
}

// agreed are the scopes that a person grants: what is ticked, and what goes
// along with it. Whoever ticks parts of a scope wants them and not the whole,
// whether or not a script has taken that tick away.
func agreed(asked []string, f *Field) []string {
	if len(f.Values) == 0 {
		return nil
	}
	var chosen []string
	for i, o := range f.Options {
		switch {
		case !o.On:
		case o.Value == "openid":
			for _, word := range asked {
				if slices.Contains(identity, word) {
					chosen = append(chosen, word)
				}
			}
		case !o.Under && partial(f.Options[i+1:]):
		default:
			chosen = append(chosen, o.Value)
		}
	}
	for _, word := range asked {
		if slices.Contains(launchScopes, word) {
			chosen = append(chosen, word)
		}
	}
	return chosen
}

// partial says whether a part is ticked among the options after a scope.
func partial(after []Option) bool {
	for _, o := range after {
		if !o.Under {
			return false
		}
		if o.On {
			return true
		}
	}
	return false
}

// scopeText says what an app may do by a scope.
func scopeText(s authz.Scope) Message {
	key := "scope.write"
	switch reads, writes := strings.ContainsAny(s.Actions, "rs"), strings.ContainsAny(s.Actions, "cud"); {
	case reads && writes:
		key = "scope.both"
	case reads:
		key = "scope.read"
	}
	var what any = s.Type
	if slices.Contains(plainTypes, s.Type) {
		what = say("type." + s.Type)
	}
	if s.Type == "*" {
		what = say("type.all")
	}
	if len(s.Filter) > 0 {
		what = say("scope.filtered", "what", what, "filter", filterText(s))
	}
	return say(key, "what", what)
}

// filterText is what a filter lets through, as far as there is a word for it.
func filterText(s authz.Scope) any {
	var values []string
	for _, pair := range s.Filter {
		for _, p := range granular[s.Type] {
			if pair[0] == "category" && pair[1] == p.category {
				return say("part." + p.label)
			}
		}
		values = append(values, pair[1])
	}
	return strings.Join(values, ", ")
}

// plainTypes are the types that the catalogues have words for.
var plainTypes = []string{
	"AllergyIntolerance", "Appointment", "AuditEvent", "CarePlan", "CareTeam", "Communication", "Condition", "Consent", "Coverage", "Device", "DiagnosticReport",
	"DocumentReference", "Encounter", "Goal", "Immunization", "Location", "Medication", "MedicationRequest", "MedicationStatement", "Observation", "Organization",
	"Patient", "Practitioner", "Procedure", "QuestionnaireResponse", "RelatedPerson", "ServiceRequest", "Task",
}
