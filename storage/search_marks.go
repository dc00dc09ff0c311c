package storage

import (
	"github.com/webdoctor/webdoctor/fhir/search"
)

// mark is the two bits that stand for the key of a token in search_date.marks,
// whose sign is not one of them.
func mark(key int64) int64 { return 1<<(uint64(key)%63) | 1<<(uint64(key)>>32%63) }

// marks are those of all tokens of a resource.
func marks(tokens []tokenRow) (all int64) {
	for _, t := range tokens {
		all |= mark(t.key)
	}
	return all
}

// marked adds what the marks of a row of search_date say about the tokens that
// are asked for: a walk probes the index of tokens for one row in twelve
// instead of for all, when one in twelve has the code. What a mark does not
// rule out is probed as ever.
//
// That all bits of m are there is said by >=, which is the same: the planner
// believes that hardly any row is equal to something, and would rather read
// and sort all rows than walk.
func (s *statement) marked(alias string) {
	for _, f := range s.query.Filters {
		if f.Op != search.Leaf || f.Param.Type != "token" || f.Modifier != "" || aboutResource(f) || len(f.Values) != 1 || f.Values[0].AnyCode {
			continue
		}
		if keys := tokenKeys(f, f.Values[0]); len(keys) == 1 {
			m := s.add(mark(keys[0])) + "::bigint"
			s.where = append(s.where, "("+alias+".marks & "+m+") >= "+m)
		}
	}
}
