package storage

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir/search"
)

// A position is one row: latitude is its low end and longitude its high one.
// The box around the area is a range of the index; within it the distance on
// the great circle decides (haversine), for which neither the poles nor the
// antimeridian are special.
const nearCondition = "{row}.low >= {south}::numeric AND {row}.low <= {north}::numeric AND {row}.high >= {west}::numeric AND {row}.high <= {east}::numeric" +
	" AND 2 * {radius} * asin(least(1, sqrt(sin(radians({row}.low::float8 - {latitude}) / 2) ^ 2" +
	" + cos(radians({latitude})) * cos(radians({row}.low::float8)) * sin(radians({row}.high::float8 - {longitude}) / 2) ^ 2))) <= {metres}"

var nearFields = []field{
	{"south", "float8", func(o search.Operand) any { return o.Area.South }},
	{"north", "float8", func(o search.Operand) any { return o.Area.North }},
	{"west", "float8", func(o search.Operand) any { return o.Area.West }},
	{"east", "float8", func(o search.Operand) any { return o.Area.East }},
	{"latitude", "float8", func(o search.Operand) any { return o.Area.Latitude }},
	{"longitude", "float8", func(o search.Operand) any { return o.Area.Longitude }},
	{"metres", "float8", func(o search.Operand) any { return o.Area.Metres }},
	{"radius", "float8", func(search.Operand) any { return search.EarthRadius }},
}

// near is the SQL twin of fhir/search/special.go.
func (s *statement) near(m *matcher, f search.Filter) {
	m.from, m.where = "search_number "+m.alias, s.param(f, m.alias)
	s.join(m, f.Values, strings.ReplaceAll(nearCondition, "{row}", m.alias), nearFields...)
}
