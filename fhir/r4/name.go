package r4

import (
	"strings"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// PersonName is an official name; the prefix ("Dr.") may be empty.
func PersonName(prefix, given, family string) models.HumanName {
	n := models.HumanName{Use: new(models.NameUseOfficial), Family: &family, Given: strings.Fields(given)}
	if prefix != "" {
		n.Prefix = []string{prefix}
	}
	return n
}

// Name is how a person is shown: the official name if there is one, else the
// usual one, else the first. Its own text wins over its parts. It is "" for
// nobody.
func Name(names []models.HumanName) string {
	if len(names) == 0 {
		return ""
	}
	best := names[0]
	for _, use := range []models.NameUse{models.NameUseUsual, models.NameUseOfficial} {
		for _, n := range names {
			if n.Use != nil && *n.Use == use {
				best = n
				break
			}
		}
	}
	if best.Text != nil {
		return *best.Text
	}
	parts := append(append([]string{}, best.Prefix...), best.Given...)
	if best.Family != nil {
		parts = append(parts, *best.Family)
	}
	return strings.Join(append(parts, best.Suffix...), " ")
}
