package storage

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// crowd fills the tables with 20,000 observations of 200 patients, one in ten
// with the common code, so that the planner has something to lose.
const crowd = `
INSERT INTO resource (rid, type, id, version, updated, key, shape)
SELECT n, CASE WHEN n <= 200 THEN $1::smallint ELSE $2::smallint END, 'id-' || n, 1, now() + n * interval '1 s', n, 0 FROM generate_series(1, 20200) n;
INSERT INTO version (rid, type, version, updated, method, content) SELECT rid, type, version, updated, 1, '\x00' FROM resource;
INSERT INTO compartment (home, rid, since, type, param)
SELECT md5('patient' || n % 200)::uuid, n, 1, $2::smallint, 1 FROM generate_series(201, 20200) n;
INSERT INTO search_token (key, rid, system) SELECT CASE WHEN n % 10 = 0 THEN $3::bigint ELSE n % 50 END, n, 7 FROM generate_series(201, 20200) n;
INSERT INTO search_reference (key, rid) SELECT n % 200, n FROM generate_series(201, 20200) n;
INSERT INTO search_string (param, value, exact, rid) SELECT $4::bigint, md5(n::text), n, n FROM generate_series(1, 200) n;
INSERT INTO search_string (param, value, exact, rid) SELECT n % 5, md5(n::text), n, n FROM generate_series(201, 20200) n;
INSERT INTO search_date (param, low, high, rid, marks) SELECT $5::bigint, '2020-01-01'::timestamptz + n * interval '1 h', '2020-01-01'::timestamptz + (n + 1) * interval '1 h', n, n FROM generate_series(201, 20200) n;
INSERT INTO search_number (param, low, high, rid, system, code, unit) SELECT $6::bigint, n, n, n, 1, 1, 1 FROM generate_series(201, 20200) n;
INSERT INTO search_term (key, system, param, value) SELECT n, n % 3, n % 1000, 'http://x/' || n FROM generate_series(1, 20000) n;
INSERT INTO search_wording (key, wording) SELECT n, n % 5000 + 1 FROM generate_series(1, 20000) n;
UPDATE resource SET wording = rid % 5000 + 1;
INSERT INTO search_text (key, type, param, value, words) SELECT n, $2::smallint, n % 20, md5(n::text), to_tsvector('simple', 'word' || n % 100) FROM generate_series(1, 20000) n;
INSERT INTO search_shape (shape, type, params) SELECT n, 1, ARRAY[n, n + 1] FROM generate_series(1, 500) n;
ANALYZE`

// TestPlans: each shape of a search reads by an index, whatever the values:
// the plans are the generic ones that a prepared statement ends up with, and
// none of them joins two lists or reads a table from end to end.
func TestPlans(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, err := Open(ctx, storagetest.Postgres(t), Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	registry := search.NewRegistry(spec.R4())
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	values := strings.NewReplacer(
		"$1", fmt.Sprint(db.types["Patient"]), "$2", fmt.Sprint(db.types["Observation"]), "$3", fmt.Sprint(valueKey("Observation", "code", "common")),
		"$4", fmt.Sprint(paramKey("Patient", "name")), "$5", fmt.Sprint(paramKey("Observation", "date")), "$6", fmt.Sprint(paramKey("Observation", "value-quantity")))
	if _, err := conn.Exec(ctx, values.Replace(crowd), pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, "SET plan_cache_mode = force_generic_plan"); err != nil {
		t.Fatal(err)
	}
	fence := engine.Fence{Types: map[string]engine.Area{"Observation": {{Slice: fhir.Slice{Within: []fhir.Homes{{{Key: fhir.Key{Type: "Patient", ID: "1"}}}}}}}, "Patient": {{Slice: fhir.Slice{Anywhere: true}}}}}
	cursor := "&_cursor=" + (&search.Cursor{ID: 5}).Encode()
	// A version is found by its number, not among all of its resource.
	wrong := regexp.MustCompile(`Seq Scan on (resource|version|compartment|search_)|Merge|Gather|Hash Join|Hash Semi|Hash Anti|Hash Right|version_no_twin.*\n *Index Cond: \(rid`)
	// A probe looks at what one resource has. By value it would look through all
	// that lies in the range, for each resource again.
	byValue := regexp.MustCompile(`search_(date|number|string)_values on .*\n *Index Cond: .*rid = `)
	// What a plan must say besides, part by part.
	must := map[string][]string{
		"Observation?date=ge2020-05-01":                        {"", `Index Cond: .*low >= `, `Index Cond: .*low < .*high > `},
		"Observation?code=common&date=ge2020-05-01&_sort=date": {"", `Index Cond: .*low < .*high > `, `Index Cond: .*low >= `},
		"Observation?patient.name=a&code=common":               {`search_token_values on .*\n *Index Cond: .*rid >= .*rid <= `},
	}
	for i, query := range []string{
		"Observation?code=common&date=ge2020-05-01&_sort=date", "Observation?code=common&date=ap2020-05-01&date=lt2021&_sort=-date", "Observation?subject:Patient.name=a&code=http://x|common,y&date=2020",
		"Observation?code=common&date=2020", "Observation?subject=Patient/1&date=2020-02", "Observation?subject=Patient/1&value-quantity=5", "Observation?code=common&value-quantity=5||mg,6", "Patient?identifier=x|y&name:exact=a",
		"Observation?code=common&date=2020,2021", "Observation?subject:Patient.birthdate=1980&code=common", "Patient?_has:Observation:patient:date=2020&gender=male",
		"Observation?code=common", "Observation?code=http://x|common", "Observation?code=common,other", "Observation?code=http://x|common,other", "Observation?code=common" + cursor,
		"Observation?subject=Patient/1", "Observation?subject=Patient/1&code=common", "Observation?subject=Patient/1&code=common&status:not=x" + cursor,
		"Observation?subject=Patient/1&date=ge2020&date=lt2021", "Observation?subject=Patient/1&_sort=-date", "Observation?subject=Patient/1&value-quantity=gt5",
		"Observation?date=2020-01-01", "Observation?date=2020-01-01&code=common", "Observation?date=lt2020-01-02,2021", "Observation?value-quantity=5", "Observation?value-quantity=5||mg,6",
		"Observation?code=common&date=ge2020-02-01&date=lt2020-03-01&_sort=-date", "Observation?code=http://x|common&_sort=date", "Observation?_sort=value-quantity", "Observation?code=common&_sort=-value-quantity", "Patient?_sort=name", "Observation?date=ge2020-05-01", "Observation?date=lt2020-05-01",
		"Observation?_id=a", "Observation?_id=a,b&code=common", "Observation?_lastUpdated=gt2020&_sort=_lastUpdated", "Observation?_sort=-_lastUpdated",
		"Observation?", "Observation?code:not=common", "Observation?date:missing=true", "Observation?code=common&date:missing=true",
		"Patient?name=a", "Patient?name=a,b", "Patient?name:exact=a", "Patient?name:contains=a", "Patient?name=a&gender=male&_sort=name", "Patient?identifier=x|y",
		"Patient/1/Observation?", "Patient/1/Observation?code=common", "Patient/1/Observation?date=ge2020&_sort=date", "Patient/1/*?_type=Observation,Patient",
		"?_type=Observation,Patient&_tag=x", "?_id=a",
		"Observation?code=http://x|", "Observation?code=http://x|&subject=Patient/1", "Patient?identifier=http://x|", "Patient?identifier=http://x|&name=a", "Patient?identifier:of-type=a|b|c", "Observation?status:in=http://hl7.org/fhir/ValueSet/observation-status",
		"Observation?category:not-in=http://hl7.org/fhir/ValueSet/observation-status&code=common", "ValueSet?url:below=http://x", "ValueSet?url:below=http://x,http://y&status=active&identifier=x|y", "ValueSet?url:above=http://x/y/z", "Observation?subject:missing=false&code=common",
		"Observation?category:below=http://terminology.hl7.org/CodeSystem/v3-ActCode|_ActEncounterCode", "Observation?status:above=http://hl7.org/fhir/observation-status|corrected&subject=Patient/1", "Patient?gender=http://hl7.org/fhir/administrative-gender|male&name=a",
		"Observation?category:in=http://hl7.org/fhir/ValueSet/all-types&subject=Patient/1", "Observation?code=a|1,b|1,c|1,d|1,e|1", "Observation?code=http://x|,y&subject=Patient/1", "Observation?performer:identifier=http://x|y", "Observation?performer:identifier=http://x|&code=common",
		"Patient?gender:missing=true&_sort=name", "Observation?subject:Patient.gender:missing=true", "Observation?subject=Patient/1&subject:Patient.gender:missing=false", "Patient?_has:Observation:patient:date:missing=true", "?_type=Observation,Patient&_tag:missing=true",
		"Observation?subject:Patient.name=a", "Observation?patient.name=a&code=common", "Observation?subject:Patient.gender=male&identifier=x|y", "Observation?subject:Patient._id=a", "Observation?subject.name=a&_sort=-date",
		"Observation?has-member:Observation.subject:Patient.name=a", "Patient?_has:Observation:patient:code=common", "QuestionnaireResponse?questionnaire.title=a", "QuestionnaireResponse?questionnaire.title=a&identifier=x|y", "Questionnaire?_has:QuestionnaireResponse:questionnaire:status=a", "Questionnaire?identifier=x|y&_has:QuestionnaireResponse:questionnaire:status=a", "Patient?_has:Observation:patient:code=common&name=a", "Patient?_has:Observation:patient:_has:Observation:has-member:date=2020",
		"Observation?code-value-quantity=common$gt5", "Observation?component-code-value-quantity=http://x|a$gt5||mg", "Observation?component-code-value-quantity=a$5,b$6", "Observation?combo-code-value-quantity=common$5",
		"Observation?component-code-value-concept=a$b&code=common", "Observation?subject=Patient/1&combo-code-value-quantity:missing=false", "MolecularSequence?chromosome-variant-coordinate=1$ge5$le6",
		"Observation?value-quantity=5|http://unitsofmeasure.org|mg", "Observation?value-quantity=gt5|http://unitsofmeasure.org|mg", "Observation?value-quantity=le5|http://unitsofmeasure.org|mg&date=2020", "Observation?value-quantity=ne5|http://unitsofmeasure.org|mg",
		"Observation?value-quantity=5|http://unitsofmeasure.org|mg,gt6|http://unitsofmeasure.org|g,7||x", "Observation?subject=Patient/1&value-quantity=lt5|http://unitsofmeasure.org|mg", "Observation?code=common&value-quantity=5|http://unitsofmeasure.org|mg&_sort=value-quantity",
		"Observation?component-code-value-quantity=a$gt5|http://unitsofmeasure.org|mg",
		"Observation?code:text=a", "Observation?code:text=a,b", "Observation?subject=Patient/1&code:text=a", "Patient?identifier:text=a&_sort=name", "Observation?_text=word1", "Observation?_text=word1,word2", "Observation?_content=word1 \"a b\"",
		"Observation?_content=word1 OR (a -b)", "Observation?subject=Patient/1&_content=-word1", "Observation?code=common&_content=word1", "Observation?subject:Patient._content=word1", "Patient?_has:Observation:patient:code:text=a", "Patient/1/Observation?_content=word1",
		"Observation?_list=a", "Observation?_list=a,b&code=common", "Patient?_list=a&name=b",
		"Location?near=1|2|3|km", "Location?near=1|2|3|km,4|5", "Patient?phonetic=ann lee", "Patient?phonetic=ann,lee",
		"Patient?_filter=name eq a and gender eq male", "Patient?_filter=name co a or not (gender eq male)", "Observation?_filter=code ne common and (subject.name eq a or date po 2020)",
	} {
		path, raw, _ := strings.Cut(query, "?")
		r := search.Request{Type: path, Query: raw}
		if parts := strings.Split(path, "/"); len(parts) == 3 {
			r.Compartment, r.Type = fhir.Key{Type: parts[0], ID: parts[1]}, strings.Trim(parts[2], "*")
		}
		q, err := registry.Parse(r)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		if strings.Contains(query, "?&") || strings.HasPrefix(raw, "_id=a") && path == "" {
			q.Types = []string{"Observation", "Patient"} // few enough for a plan that tells something
		}
		units := map[measure][]string{}
		for _, m := range measures(q.Filters, nil) {
			units[m] = []string{"g", "kg", "mg"}
		}
		if q.Filters, err = converted(q.Filters, units); err != nil {
			t.Fatal(err)
		}
		s, err := db.statement(fence, q)
		if err != nil {
			t.Fatal(err)
		}
		statements := []*statement{s}
		w, err := reader{db: db, q: db.pool}.walk(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		if w != nil {
			for _, part := range w.parts(q) {
				s := &statement{sqlArgs: &sqlArgs{}, db: db, fence: fence, query: q, left: q.Count + 1, walking: w, part: part}
				if err := s.prepare(); err != nil {
					t.Fatal(err)
				}
				statements = append(statements, s)
			}
		}
		for j, s := range statements {
			sql, err := s.page()
			if err != nil {
				t.Fatal(err)
			}
			name := fmt.Sprint("plan", i, "_", j)
			if _, err := conn.Conn().Prepare(ctx, name, sql); err != nil {
				t.Fatalf("%s: %v\n%s", query, err, sql)
			}
			rows, err := conn.Query(ctx, "EXPLAIN EXECUTE "+name+"("+strings.TrimSuffix(strings.Repeat("NULL,", len(s.args)), ",")+")", pgx.QueryExecModeSimpleProtocol)
			if err != nil {
				t.Fatal(err)
			}
			lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				t.Fatalf("%s: %v\n%s", query, err, sql)
			}
			plan := strings.Join(lines, "\n")
			if strings.Contains(plan, "Hash Cond: (d.key = o.key)") { // with the alternatives of one filter, which are few
				plan = strings.Replace(plan, "Hash Semi Join", "", 1)
			}
			plan = strings.ReplaceAll(plan, "Seq Scan on search_shape", "") // read once, and small
			if wrong.MatchString(plan) || byValue.MatchString(plan) || s.part.walks() && regexp.MustCompile(`->  Sort  `).MatchString(plan) {
				t.Errorf("%s\n%s\n%s", query, sql, plan)
			}
			if list := must[query]; j < len(list) && !regexp.MustCompile(list[j]).MatchString(plan) {
				t.Errorf("%s: not %s\n%s\n%s", query, list[j], sql, plan)
			}
		}
	}
	rows, err := conn.Query(ctx, "EXPLAIN "+occurringUnits, []int64{1, 2}, []int32{1, 1}, 10)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if plan := strings.Join(lines, "\n"); err != nil || !strings.Contains(plan, "search_term_values") {
		t.Errorf("units that occur: %v\n%s", err, plan)
	}
}
