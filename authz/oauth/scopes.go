package oauth

import (
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/authz"
)

// The scopes that are not about clinical data (SMART App Launch 2.2, scopes
// and launch context).
const (
	scopeOpenID          = "openid"
	scopeProfile         = "profile"
	scopeFHIRUser        = "fhirUser"
	scopeOffline         = "offline_access"
	scopeOnline          = "online_access"
	scopeLaunch          = "launch"
	scopeLaunchPatient   = "launch/patient"
	scopeLaunchEncounter = "launch/encounter"
)

var wordScopes = []string{scopeOpenID, scopeProfile, scopeFHIRUser, scopeOffline, scopeOnline, scopeLaunch, scopeLaunchPatient, scopeLaunchEncounter}

// offer is what may be granted of what a client asks a person for: the words
// and scopes that we know and that the client is registered for, each as it
// was asked for or narrower. What is not understood is left out; a filter
// that is not allowed is an error, because leaving it out would widen the
// scope.
func offer(asked string, c Client) ([]string, error) {
	allowed, err := authz.ParseScopes(c.Scopes)
	if err != nil {
		return nil, err
	}
	if _, err := authz.ParseScopes(asked); err != nil { // for its limits
		return nil, err
	}
	var offered []string
	add := func(word string) {
		if !slices.Contains(offered, word) {
			offered = append(offered, word)
		}
	}
	for _, word := range strings.Fields(asked) {
		if slices.Contains(wordScopes, word) {
			if slices.Contains(strings.Fields(c.Scopes), word) {
				add(word)
			}
			continue
		}
		scope, clinical, err := authz.ParseScope(word)
		if err != nil {
			return nil, err
		}
		if !clinical || scope.Level == "system" { // no person can give that
			continue
		}
		for _, s := range (authz.Scopes{scope}).Narrow(allowed) {
			add(s.Text)
		}
	}
	return offered, nil
}

// system is what a client may have for itself of what it asks for.
func system(asked []string, c Client) ([]string, error) {
	allowed, err := authz.ParseScopes(c.Scopes)
	if err != nil {
		return nil, err
	}
	scopes, err := authz.ParseScopes(strings.Join(asked, " "))
	if err != nil {
		return nil, err
	}
	return words(scopes.Level("system").Narrow(allowed)), nil
}

// within says whether every scope of the list is one of the others, or lies
// within one of them.
func within(list, others []string) bool {
	return !slices.ContainsFunc(list, func(word string) bool { return !covers(others, word) })
}

func words(scopes authz.Scopes) []string {
	texts := make([]string, len(scopes))
	for i, s := range scopes {
		texts[i] = s.Text
	}
	return texts
}

// clinical are the clinical scopes of a list. They were parsed before they
// were granted; what cannot be parsed any more grants nothing.
func clinical(list []string) authz.Scopes {
	scopes, err := authz.ParseScopes(strings.Join(list, " "))
	if err != nil {
		return nil
	}
	return scopes
}

// needsPatient says whether a patient must be known before the scopes can be
// granted.
func needsPatient(scopes []string) bool {
	return slices.Contains(scopes, scopeLaunchPatient) || len(clinical(scopes).Level("patient")) > 0
}
