package storage

import (
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir/search"
)

// maxUnited is by how many parameters the members of a compartment are found
// one beside the other, each in the order of resources. Few types have more.
const maxUnited = 8

// members are the members of the query's compartment. What makes a resource a
// member is a reference to the compartment's own resource, which the index of
// references has in the order of resources. The rows of the compartment have
// the last word, since their hash is one that nobody can counterfeit.
func (s *statement) members(alias string) matcher {
	home := s.query.Compartment
	var keys []int64
	for _, p := range s.query.Members {
		for _, source := range p.Sources() {
			if key := referenceKey(source.On, source.Code, home.Type+"/"+home.ID); !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	var parts []string
	if len(keys) > maxUnited {
		parts = append(parts, "SELECT k.rid FROM search_reference k WHERE "+s.oneOf("k.key", keys, "bigint"))
	} else {
		for _, key := range keys {
			parts = append(parts, "SELECT k.rid FROM search_reference k WHERE k.key = "+s.add(key))
		}
	}
	if slices.Contains(s.query.Types, home.Type) { // which is in its own compartment
		parts = append(parts, "SELECT k.rid FROM resource k WHERE k.key = "+s.add(search.Hash(home.Type+"/"+home.ID)))
	}
	if len(parts) == 0 {
		return matcher{alias: alias, from: "resource " + alias, where: "false"}
	}
	return matcher{alias: alias, from: "(" + strings.Join(parts, " UNION ALL ") + ") " + alias, where: s.member(s.alias("c"), alias+".rid")}
}

// member is the condition that the resource rid is a member of the query's
// compartment.
func (s *statement) member(alias, rid string) string {
	return "EXISTS (SELECT FROM compartment " + alias + " WHERE " + alias + ".rid = " + rid + " AND " + alias + ".home = " + s.add(homeKey(s.query.Compartment.Type, s.query.Compartment.ID)) +
		" AND " + s.oneOf(alias+".type", s.types, "smallint") + " AND " + alias + ".until IS NULL OFFSET 0)"
}
