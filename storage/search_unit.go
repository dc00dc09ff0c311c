package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
)

// A quantity is found in every unit that measures the same. Which of them occur
// for a parameter the dictionary of terms knows, and the search is asked in
// each: the rows stay as they are written, one per value, and a number without
// a unit finds what it says.

// maxUnits is how many units one quantity is asked in. Annotations make as many
// codes as one likes of one unit.
const maxUnits = 500

// measure names the units of a parameter that measure the same.
type measure struct {
	param     int64
	dimension int32
}

// occurringUnits are the codes of the units of measures.
const occurringUnits = `SELECT w.param, w.dimension, t.value FROM unnest($1::bigint[], $2::integer[]) AS w (param, dimension)
 CROSS JOIN LATERAL (SELECT t.value FROM search_term t WHERE t.param = w.param AND t.system = w.dimension LIMIT $3) t`

// inUnits asks for quantities in the units that occur.
func (r reader) inUnits(ctx context.Context, q search.Query) (search.Query, error) {
	wanted := measures(q.Filters, nil)
	if len(wanted) == 0 {
		return q, nil
	}
	slices.SortFunc(wanted, func(a, b measure) int {
		return compareTerms(termRow{key: a.param, system: a.dimension}, termRow{key: b.param, system: b.dimension})
	})
	wanted = slices.Compact(wanted)
	rows, err := r.q.Query(ctx, occurringUnits,
		column(wanted, func(m measure) int64 { return m.param }), column(wanted, func(m measure) int32 { return m.dimension }), maxUnits+1)
	if err != nil {
		return q, fmt.Errorf("units that occur: %w", failure(err))
	}
	units := map[measure][]string{}
	var m measure
	var code string
	if _, err := pgx.ForEachRow(rows, []any{&m.param, &m.dimension, &code}, func() error {
		units[m] = append(units[m], code)
		return nil
	}); err != nil {
		return q, fmt.Errorf("units that occur: %w", failure(err))
	}
	q.Filters, err = converted(q.Filters, units)
	return q, err
}

// measures are those of the filters that name a unit of UCUM.
func measures(filters []search.Filter, list []measure) []measure {
	for _, f := range filters {
		list = measures(f.Filters, list)
		for _, o := range unitsOf(f) {
			if measured := o.Quantity.Dimension(); measured != "" {
				for _, p := range sources(f) {
					list = append(list, measure{p.Key, shortKey(measured)})
				}
			}
		}
	}
	return list
}

// unitsOf are the operands of a filter that may have units.
func unitsOf(f search.Filter) []search.Operand {
	if f.Op != search.Leaf || f.Param.Type != "quantity" || f.Modifier != "" {
		return nil
	}
	return f.Values
}

// converted are the filters with their quantities in the units that occur. The
// given ones are left alone.
func converted(filters []search.Filter, units map[measure][]string) ([]search.Filter, error) {
	filters = slices.Clone(filters)
	for i, f := range filters {
		var err error
		if len(f.Filters) > 0 {
			if filters[i].Filters, err = converted(f.Filters, units); err != nil {
				return nil, err
			}
		}
		if unitsOf(f) == nil {
			continue
		}
		var values []search.Operand
		for _, o := range f.Values {
			codes := occurring(f, o, units)
			if len(codes) > maxUnits {
				return nil, fhir.Errorf(fhir.TooCostly, "there are values in more than %d units of that kind; name the unit without its system, as number||unit", maxUnits).At(f.Param.Code)
			}
			if len(codes) == 0 {
				values = append(values, o)
				continue
			}
			values = append(values, inEach(o, o.Quantity.In(codes), len(f.Values) == 1)...)
		}
		if len(values) > maxAsked {
			return nil, fhir.Errorf(fhir.TooCostly, "the values would be asked for in too many units").At(f.Param.Code)
		}
		filters[i].Values = values
	}
	return filters, nil
}

// maxAsked is in how many units all values of a filter may be asked together.
const maxAsked = 10_000

// occurring are the units in which the parameters of a filter have values that
// measure what the operand does.
func occurring(f search.Filter, o search.Operand, units map[measure][]string) []string {
	measured := o.Quantity.Dimension()
	if measured == "" {
		return nil
	}
	var codes []string
	for _, p := range sources(f) {
		codes = append(codes, units[measure{p.Key, shortKey(measured)}]...)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// inEach asks for the same quantity in each unit. What covers a small part of
// the index in each is an operand of its own for each, so that these parts are
// read. What covers all from some number on is one operand, so that the index
// is read once; but only alone, to keep the shape of the statement.
func inEach(o search.Operand, units []search.Quantity, alone bool) []search.Operand {
	if alone && len(units) > 1 && o.Prefix != "eq" && o.Prefix != "ap" {
		o.Units = units
		return []search.Operand{o}
	}
	list := make([]search.Operand, len(units))
	for i, q := range units {
		list[i] = search.Operand{Prefix: o.Prefix, Quantity: q}
	}
	return list
}

// units compares with one quantity in several units. The first half, for the
// index, is the widest of the questions. The numbers stand in arrays, at the
// place of the row's unit; SELECT around them reads them once and not for each
// row.
func (s *statement) units(alias string, o search.Operand) string {
	codes := make([]int32, len(o.Units))
	low, high := make([]string, len(o.Units)), make([]string, len(o.Units))
	for i, q := range o.Units {
		codes[i], low[i], high[i] = shortKey(q.Code), q.Low, q.High
	}
	system, list := s.add(shortKey(o.Quantity.System)), s.add(codes)+"::integer[]"
	condition := numberConditions[o.Prefix]
	into := []string{"{low}", alias + ".low", "{high}", alias + ".high"}
	for _, end := range [...]struct {
		name    string
		numbers []string
	}{{"{a}", low}, {"{b}", high}} {
		if strings.Contains(condition, end.name) {
			into = append(into, end.name, "(SELECT "+s.add(end.numbers)+"::text[]::numeric[])[array_position("+list+", "+alias+".code)]")
		}
	}
	where := alias + ".system = " + system + " AND " + alias + ".code = ANY (" + list + ") AND " + strings.NewReplacer(into...).Replace(condition)
	if o.Prefix == "ne" {
		return where
	}
	widest := search.Operand{Prefix: o.Prefix, Quantity: search.Quantity{Low: low[0]}}
	if o.Prefix == "lt" || o.Prefix == "le" || o.Prefix == "eb" {
		widest.Quantity.Low = low[len(low)-1]
	}
	return s.one(widest, numberCondition(alias, widest), numberFields) + " AND " + where
}
