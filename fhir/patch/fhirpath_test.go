package patch_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/patch"
	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// op writes an operation: its type, its path, and parts as JSON members, the
// name of the part in front: `name "valueString":"gender"`.
func op(typ, expression string, parts ...string) string {
	out := fmt.Sprintf(`{"name":"operation","part":[{"name":"type","valueCode":%q},{"name":"path","valueString":%q}`, typ, expression)
	for _, p := range parts {
		name, rest, _ := strings.Cut(p, " ")
		out += fmt.Sprintf(`,{"name":%q,%s}`, name, rest)
	}
	return out + "]}"
}

func ops(o ...string) string {
	return `{"resourceType":"Parameters","parameter":[` + strings.Join(o, ",") + `]}`
}

const patient = `{ "resourceType":"Patient", "id":"7",
 "active": true, "birthDate":"1970-01-02", "_birthDate": {"id":"b"},
 "name" : [ {"family":"F", "given":[ "A" , null , "C" ], "_given":[null,{"id":"x"},{"id":"y"}] }, {"text": "t"} ],
 "contact":[{"name":{"text":"n"}}] }`

func TestFHIRPath(t *testing.T) {
	t.Parallel()
	const p = `{"resourceType":"Patient","id":"7"`
	for name, c := range map[string]struct{ src, patch, want string }{
		"nothing":                  {patient, `{"resourceType":"Parameters"}`, patient},
		"add a primitive":          {p + ` }`, ops(op("add", "Patient", `name "valueString":"gender"`, `value "valueCode":"male"`)), p + `,"gender":"male" }`},
		"add with extension":       {p + `}`, ops(op("add", "Patient", `name "valueString":"birthDate"`, `value "valueDate":"1970","_valueDate":{"id":"x"}`)), p + `,"birthDate":"1970","_birthDate":{"id":"x"}}`},
		"add an extension alone":   {p + `}`, ops(op("add", "Patient", `name "valueString":"birthDate"`, `value "_valueDate":{"id":"x"}`)), p + `,"_birthDate":{"id":"x"}}`},
		"add keeps number text":    {p + `}`, ops(op("add", "Patient", `name "valueString":"extension"`, `value "valueExtension":{"url":"u","valueDecimal" : 1.50}`)), p + `,"extension":[{"url":"u","valueDecimal" : 1.50}]}`},
		"add the first of a list":  {p + `}`, ops(op("add", "Patient", `name "valueString":"name"`, `value "valueHumanName":{"text":"n"}`)), p + `,"name":[{"text":"n"}]}`},
		"add to a list":            {p + `,"name":[ {"text":"n"} ]}`, ops(op("add", "Patient", `name "valueString":"name"`, `value "valueHumanName":{"text":"m"}`)), p + `,"name":[ {"text":"n"},{"text":"m"} ]}`},
		"add a choice":             {`{"resourceType":"Observation","status":"final"}`, ops(op("add", "Observation", `name "valueString":"value"`, `value "valueQuantity":{"value":1.0}`)), `{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.0}}`},
		"add a choice by its name": {`{"resourceType":"Observation"}`, ops(op("add", "Observation", `name "valueString":"valueInteger"`, `value "valueInteger":1`)), `{"resourceType":"Observation","valueInteger":1}`},
		"add to a list of strings": {p + `,"name":[{"given":["A"]}]}`, ops(op("add", "Patient.name", `name "valueString":"given"`, `value "valueString":"B"`)), p + `,"name":[{"given":["A","B"]}]}`},
		"add beside extras":        {p + `,"name":[{"given":["A"],"_given":[{"id":"x"}]}]}`, ops(op("add", "Patient.name", `name "valueString":"given"`, `value "valueString":"B"`)), p + `,"name":[{"given":["A","B"],"_given":[{"id":"x"},null]}]}`},
		"add the first extra":      {p + `,"name":[{"given":["A"]}]}`, ops(op("add", "Patient.name", `name "valueString":"given"`, `value "valueString":"B","_valueString":{"id":"x"}`)), p + `,"name":[{"given":["A","B"],"_given":[null,{"id":"x"}]}]}`},
		"extension of a primitive": {p + `,"birthDate":"1970"}`, ops(op("add", "Patient.birthDate", `name "valueString":"extension"`, `value "valueExtension":{"url":"u","valueCode":"x"}`)), p + `,"birthDate":"1970","_birthDate":{"extension":[{"url":"u","valueCode":"x"}]}}`},
		"another of a primitive":   {p + `,"_birthDate":{"extension":[{"url":"a"}]}}`, ops(op("add", "Patient.birthDate", `name "valueString":"extension"`, `value "valueExtension":{"url":"u"}`)), p + `,"_birthDate":{"extension":[{"url":"a"},{"url":"u"}]}}`},
		"extension of an item":     {p + `,"name":[{"given":["A","B","C"]}]}`, ops(op("add", "Patient.name.given[1]", `name "valueString":"id"`, `value "valueString":"x"`)), p + `,"name":[{"given":["A","B","C"],"_given":[null,{"id":"x"},null]}]}`},
		"extension of a later":     {p + `,"name":[{"given":["A","B","C"],"_given":[{"id":"a"}]}]}`, ops(op("add", "Patient.name.given[2]", `name "valueString":"id"`, `value "valueString":"x"`)), p + `,"name":[{"given":["A","B","C"],"_given":[{"id":"a"},null,{"id":"x"}]}]}`},
		"add a contained resource": {p + `}`, ops(op("add", "Patient", `name "valueString":"contained"`, `value "resource":{"resourceType":"Organization","id":"o"}`)), p + `,"contained":[{"resourceType":"Organization","id":"o"}]}`},
		"parts": {p + `}`, ops(op("add", "Patient", `name "valueString":"contact"`, `value "part":[{"name":"name","part":[{"name":"given","valueString":"A"},{"name":"family","valueString":"F"},{"name":"given","valueString":"B","_valueString":{"id":"x"}}]},{"name":"telecom","valueContactPoint":{"value":"1"}},{"name":"gender","valueCode":"male"}]`)),
			p + `,"contact":[{"name":{"given":["A","B"],"_given":[null,{"id":"x"}],"family":"F"},"telecom":[{"value":"1"}],"gender":"male"}]}`},
		"parts with a choice":      {`{"resourceType":"Observation"}`, ops(op("add", "Observation", `name "valueString":"component"`, `value "part":[{"name":"code","valueCodeableConcept":{"text":"c"}},{"name":"value","valueString":"v"}]`)), `{"resourceType":"Observation","component":[{"code":{"text":"c"},"valueString":"v"}]}`},
		"one after the other":      {p + `}`, ops(op("add", "Patient", `name "valueString":"contact"`, `value "part":[{"name":"gender","valueCode":"male"}]`), op("replace", "Patient.contact[0].gender", `value "valueCode":"other"`)), p + `,"contact":[{"gender":"other"}]}`},
		"insert at the front":      {p + `,"name":[ {"text":"n"} ]}`, ops(op("insert", "Patient.name", `index "valueInteger":0`, `value "valueHumanName":{"text":"m"}`)), p + `,"name":[ {"text":"m"},{"text":"n"} ]}`},
		"insert at the end":        {p + `,"name":[{"text":"n"}]}`, ops(op("insert", "Patient.name", `index "valueInteger":1`, `value "valueHumanName":{"text":"m"}`)), p + `,"name":[{"text":"n"},{"text":"m"}]}`},
		"insert beside extras":     {p + `,"name":[{"given":["A","B"],"_given":[null,{"id":"x"}]}]}`, ops(op("insert", "Patient.name.given", `index "valueInteger":1`, `value "valueString":"C"`)), p + `,"name":[{"given":["A","C","B"],"_given":[null,null,{"id":"x"}]}]}`},
		"insert an extra":          {p + `,"name":[{"given":["A","B"]}]}`, ops(op("insert", "Patient.name.given", `index "valueInteger":1`, `value "_valueString":{"id":"x"}`)), p + `,"name":[{"given":["A",null,"B"],"_given":[null,{"id":"x"},null]}]}`},
		"insert far from extras":   {p + `,"name":[{"given":["A","B","C"],"_given":[{"id":"x"}]}]}`, ops(op("insert", "Patient.name.given", `index "valueInteger":2`, `value "valueString":"D"`)), p + `,"name":[{"given":["A","B","D","C"],"_given":[{"id":"x"}]}]}`},
		"delete a primitive":       {patient, ops(op("delete", "Patient.active")), strings.Replace(patient, "\n \"active\": true,", "", 1)},
		"delete with sibling":      {p + `,"birthDate":"1970", "_birthDate":{"id":"x"}, "active":true}`, ops(op("delete", "Patient.birthDate")), p + `, "active":true}`},
		"delete the sibling alone": {p + `,"_birthDate":{"id":"x"}}`, ops(op("delete", "Patient.birthDate")), p + `}`},
		"delete what is not there": {patient, ops(op("delete", "Patient.deceased"), op("delete", "Patient.name.where(family = 'x')")), patient},
		"delete one of a list":     {p + `,"name":[{"text":"a"}, {"text":"b"} ]}`, ops(op("delete", "Patient.name.where(text = 'b')")), p + `,"name":[{"text":"a"} ]}`},
		"delete the last one":      {p + `,"name":[{"text":"a"}]}`, ops(op("delete", "Patient.name[0]")), p + `}`},
		"delete all the way":       {p + `,"contact":[{"name":{"text":"n"}}]}`, ops(op("delete", "Patient.contact.name.text")), p + `}`},
		"delete a pair":            {p + `,"name":[{"given":["A","B"],"_given":[{"id":"x"},{"id":"y"}]}]}`, ops(op("delete", "Patient.name.given[0]")), p + `,"name":[{"given":["B"],"_given":[{"id":"y"}]}]}`},
		"delete the last extra":    {p + `,"name":[{"given":["A","B"],"_given":[{"id":"x"},null]}]}`, ops(op("delete", "Patient.name.given[0]")), p + `,"name":[{"given":["B"]}]}`},
		"delete the last value":    {p + `,"name":[{"given":["A",null],"_given":[null,{"id":"y"}]}]}`, ops(op("delete", "Patient.name.given[0]")), p + `,"name":[{"given":[null],"_given":[{"id":"y"}]}]}`},
		"delete in an extra":       {p + `,"name":[{"given":["A","B"],"_given":[{"id":"x"},{"id":"y"}]}]}`, ops(op("delete", "Patient.name.given[0].id")), p + `,"name":[{"given":["A","B"],"_given":[null,{"id":"y"}]}]}`},
		"delete all extras":        {p + `,"name":[{"given":["A","B"],"_given":[{"id":"x"},null]}]}`, ops(op("delete", "Patient.name.given[0].id")), p + `,"name":[{"given":["A","B"]}]}`},
		"delete an empty pair":     {p + `,"name":[{"given":["A",null],"_given":[{"id":"x"},{"id":"y"}]}]}`, ops(op("delete", "Patient.name.given[1].id")), p + `,"name":[{"given":["A"],"_given":[{"id":"x"}]}]}`},
		"delete an extension":      {p + `,"birthDate":"1970","_birthDate":{"extension":[{"url":"u"}]}}`, ops(op("delete", "Patient.birthDate.extension('u')")), p + `,"birthDate":"1970"}`},
		"delete a choice":          {`{"resourceType":"Observation","status":"final","valueString":"x"}`, ops(op("delete", "Observation.value")), `{"resourceType":"Observation","status":"final"}`},
		"replace a primitive":      {p + `, "active" : true }`, ops(op("replace", "Patient.active", `value "valueBoolean":false`)), p + `, "active" : false }`},
		"replace with sibling":     {p + `,"birthDate":"1970", "_birthDate":{"id":"x"},"active":true}`, ops(op("replace", "Patient.birthDate", `value "valueDate":"1971"`)), p + `,"birthDate":"1971","active":true}`},
		"replace both":             {p + `,"_birthDate":{"id":"x"}, "birthDate":"1970"}`, ops(op("replace", "Patient.birthDate", `value "valueDate":"1971","_valueDate":{"id":"y"}`)), p + `, "birthDate":"1971","_birthDate":{"id":"y"}}`},
		"replace nothing but id":   {p + `,"_birthDate":{"id":"x"}}`, ops(op("replace", "Patient.birthDate", `value "valueDate":"1971"`)), p + `,"birthDate":"1971"}`},
		"replace a choice":         {`{"resourceType":"Observation","valueString":"x","_valueString":{"id":"i"},"status":"final"}`, ops(op("replace", "Observation.value", `value "valueQuantity":{"value":1.50}`)), `{"resourceType":"Observation","valueQuantity":{"value":1.50},"status":"final"}`},
		"replace an item":          {p + `,"name":[{"given":[ "A" , "B" ],"_given":[{"id":"x"},null]}]}`, ops(op("replace", "Patient.name.given[0]", `value "valueString":"C"`)), p + `,"name":[{"given":[ "C" , "B" ]}]}`},
		"replace an item's extra":  {p + `,"name":[{"given":["A","B"]}]}`, ops(op("replace", "Patient.name.given[1]", `value "valueString":"C","_valueString":{"id":"x"}`)), p + `,"name":[{"given":["A","C"],"_given":[null,{"id":"x"}]}]}`},
		"replace an empty item":    {p + `,"name":[{"given":["A",null],"_given":[null,{"id":"x"}]}]}`, ops(op("replace", "Patient.name.given[1]", `value "valueString":"C"`)), p + `,"name":[{"given":["A","C"]}]}`},
		"replace by parts":         {p + `,"contact":[{"gender":"male"}]}`, ops(op("replace", "Patient.contact[0]", `value "part":[{"name":"gender","valueCode":"female"}]`)), p + `,"contact":[{"gender":"female"}]}`},
		"move keeps blanks":        {p + `,"name":[ {"text":"a"} , {"text" : "b"},{"text":"c"} ]}`, ops(op("move", "Patient.name", `source "valueInteger":2`, `destination "valueInteger":0`)), p + `,"name":[ {"text":"c"} , {"text":"a"},{"text" : "b"} ]}`},
		"move a pair":              {p + `,"name":[{"given":["A","B","C"],"_given":[{"id":"x"}]}]}`, ops(op("move", "Patient.name.given", `source "valueInteger":0`, `destination "valueInteger":2`)), p + `,"name":[{"given":["B","C","A"],"_given":[null,null,{"id":"x"}]}]}`},
		"move to its place":        {patient, ops(op("move", "Patient.name", `source "valueInteger":1`, `destination "valueInteger":1`)), patient},
		"bundle entry":             {`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","active":true}}]}`, ops(op("replace", "Bundle.entry[0].resource.active", `value "valueBoolean":false`)), `{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","active":false}}]}`},
		"not of the definitions":   {`{"resourceType":"Unheard","id":"1","a":{"b":["x"]}}`, ops(op("add", "a", `name "valueString":"b"`, `value "valueString":"y"`), op("add", "a", `name "valueString":"c"`, `value "part":[{"name":"d","valueInteger":1},{"name":"d","valueInteger":2}]`)), `{"resourceType":"Unheard","id":"1","a":{"b":["x","y"],"c":{"d":[1,2]}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := patch.FHIRPath(parse(t, c.src), parse(t, c.patch), path.Env{})
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestFHIRPathRefuses(t *testing.T) {
	t.Parallel()
	const at = "Parameters.parameter[0]"
	name := func(s string) string { return `name "valueString":"` + s + `"` }
	for what, c := range map[string]struct {
		patch string
		code  fhir.Code
		at    string
	}{
		"another resource":     {`{"resourceType":"Patient"}`, fhir.Invalid, ""},
		"no array":             {`{"resourceType":"Parameters","parameter":{}}`, fhir.Invalid, "Parameters.parameter"},
		"another parameter":    {`{"resourceType":"Parameters","parameter":[{"name":"x"}]}`, fhir.Invalid, at},
		"no type":              {`{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"path","valueString":"Patient"}]}]}`, fhir.Invalid, at},
		"unknown type":         {ops(op("upsert", "Patient")), fhir.Invalid, at + ".part[0]"},
		"unknown part":         {ops(op("delete", "Patient.active", `x "valueString":"y"`)), fhir.Invalid, at + ".part[2]"},
		"a part twice":         {ops(op("delete", "Patient.active", `path "valueString":"y"`)), fhir.Invalid, at + ".part[2]"},
		"no name":              {ops(op("add", "Patient", `value "valueCode":"male"`)), fhir.Invalid, at},
		"no value":             {ops(op("replace", "Patient.active")), fhir.Invalid, at},
		"empty part":           {ops(op("replace", "Patient.active", `value "id":"x"`)), fhir.Invalid, at + ".part[2]"},
		"two values":           {ops(op("replace", "Patient.active", `value "valueBoolean":true,"valueString":"x"`)), fhir.Invalid, at + ".part[2]"},
		"value and parts":      {ops(op("replace", "Patient.contact", `value "valueBoolean":true,"part":[{"name":"gender","valueCode":"x"}]`)), fhir.Invalid, at + ".part[2]"},
		"no parts":             {ops(op("replace", "Patient.contact", `value "part":[]`)), fhir.Invalid, at + ".part[2].part"},
		"empty value":          {ops(op("add", "Patient", name("telecom"), `value "valueContactPoint":{"period":{}}`)), fhir.Invalid, at + ".part[3]"},
		"null value":           {ops(op("replace", "Patient.active", `value "valueBoolean":null`)), fhir.Invalid, at + ".part[2]"},
		"array value":          {ops(op("replace", "Patient.active", `value "valueBoolean":[true]`)), fhir.Invalid, at + ".part[2]"},
		"path with a mistake":  {ops(op("delete", "Patient.active.")), fhir.Invalid, at + ".part[1]"},
		"no index":             {ops(op("insert", "Patient.name", `index "valueString":"1"`, `value "valueHumanName":{"text":"x"}`)), fhir.Invalid, at + ".part[2]"},
		"negative index":       {ops(op("insert", "Patient.name", `index "valueInteger":-1`, `value "valueHumanName":{"text":"x"}`)), fhir.Invalid, at + ".part[2]"},
		"index too large":      {ops(op("insert", "Patient.name", `index "valueInteger":3`, `value "valueHumanName":{"text":"x"}`)), fhir.Unprocessable, at + ".part[2]"},
		"insert into nothing":  {ops(op("insert", "Patient.telecom", `index "valueInteger":0`, `value "valueContactPoint":{"value":"x"}`)), fhir.Unprocessable, at + ".part[1]"},
		"insert into one":      {ops(op("insert", "Patient.birthDate", `index "valueInteger":0`, `value "valueDate":"1970"`)), fhir.Unprocessable, at + ".part[1]"},
		"insert into a part":   {ops(op("insert", "Patient.name[0]", `index "valueInteger":0`, `value "valueHumanName":{"text":"x"}`)), fhir.Unprocessable, at + ".part[1]"},
		"source too large":     {ops(op("move", "Patient.name", `source "valueInteger":2`, `destination "valueInteger":0`)), fhir.Unprocessable, at + ".part[2]"},
		"destination too":      {ops(op("move", "Patient.name", `source "valueInteger":0`, `destination "valueInteger":2`)), fhir.Unprocessable, at + ".part[3]"},
		"move two lists":       {ops(op("move", "Patient.name | Patient.contact", `source "valueInteger":0`, `destination "valueInteger":1`)), fhir.Unprocessable, at + ".part[1]"},
		"delete many":          {ops(op("delete", "Patient.name")), fhir.Unprocessable, at + ".part[1]"},
		"replace many":         {ops(op("replace", "Patient.name.given", `value "valueString":"x"`)), fhir.Unprocessable, at + ".part[1]"},
		"replace nothing":      {ops(op("replace", "Patient.gender", `value "valueCode":"male"`)), fhir.Unprocessable, at + ".part[1]"},
		"add to nothing":       {ops(op("add", "Patient.link", name("type"), `value "valueCode":"refer"`)), fhir.Unprocessable, at + ".part[1]"},
		"add to many":          {ops(op("add", "Patient.name", name("text"), `value "valueString":"x"`)), fhir.Unprocessable, at + ".part[1]"},
		"add what is there":    {ops(op("add", "Patient", name("birthDate"), `value "valueDate":"1980"`)), fhir.Unprocessable, at + ".part[2]"},
		"add no element":       {ops(op("add", "Patient", name("nickname"), `value "valueString":"x"`)), fhir.Unprocessable, at + ".part[2]"},
		"add an underscore":    {ops(op("add", "Patient", name("_active"), `value "valueString":"x"`)), fhir.Unprocessable, at + ".part[2]"},
		"add a type":           {ops(op("add", "Patient", name("resourceType"), `value "valueString":"x"`)), fhir.Unprocessable, at + ".part[2]"},
		"wrong kind":           {ops(op("add", "Patient", name("telecom"), `value "valueString":"x"`)), fhir.Unprocessable, at + ".part[3]"},
		"wrong kind too":       {ops(op("replace", "Patient.active", `value "valueCoding":{"code":"x"}`)), fhir.Unprocessable, at + ".part[2]"},
		"part that is none":    {ops(op("add", "Patient", name("contact"), `value "part":[{"name":"x","valueString":"y"}]`)), fhir.Unprocessable, at + ".part[3].part[0]"},
		"part that repeats":    {ops(op("add", "Patient", name("contact"), `value "part":[{"name":"gender","valueCode":"x"},{"name":"gender","valueCode":"y"}]`)), fhir.Unprocessable, at + ".part[3].part[1]"},
		"computed":             {ops(op("delete", "Patient.name.count()")), fhir.Unprocessable, at + ".part[1]"},
		"path of another kind": {ops(op("delete", "Patient.name.single()")), fhir.Unprocessable, at + ".part[1]"},
		"unsupported function": {ops(op("delete", "Patient.where(conformsTo('x'))")), fhir.NotSupported, at + ".part[1]"},
		"the resource":         {ops(op("delete", "Patient")), fhir.Unprocessable, at + ".part[1]"},
		"the resource again":   {ops(op("replace", "Patient", `value "resource":{"resourceType":"Patient","id":"7"}`)), fhir.Unprocessable, at + ".part[1]"},
		"another id":           {ops(op("replace", "Patient.id", `value "valueId":"8"`)), fhir.Unprocessable, at},
		"no id":                {ops(op("delete", "Patient.id")), fhir.Unprocessable, at},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			got, err := patch.FHIRPath(parse(t, patient), parse(t, c.patch), path.Env{})
			var e *fhir.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %s, %v", got, err)
			}
			if e.Code != c.code || e.Expression != c.at {
				t.Errorf("got %v, want %s at %q", e, c.code, c.at)
			}
		})
	}
}

// TestFHIRPathOtherChoice: a choice element has one type at a time.
func TestFHIRPathOtherChoice(t *testing.T) {
	t.Parallel()
	src := parse(t, `{"resourceType":"Observation","_valueString":{"id":"x"}}`)
	_, err := patch.FHIRPath(src, parse(t, ops(op("add", "Observation", `name "valueString":"value"`, `value "valueInteger":1`))), path.Env{})
	if fhir.CodeOf(err) != fhir.Unprocessable {
		t.Error(err)
	}
}

// TestFHIRPathLeavesTheRest: what is put in and taken out again leaves no
// trace, wherever it was.
func TestFHIRPathLeavesTheRest(t *testing.T) {
	t.Parallel()
	d := parse(t, patient)
	for n := tree.Node(1); int(n) < d.Len(); n++ {
		if d.Kind(n) == tree.Array && !strings.HasPrefix(d.Key(n), "_") {
			there := op("move", d.Path(n), `source "valueInteger":0`, fmt.Sprintf(`destination "valueInteger":%d`, d.Count(n)-1))
			back := op("move", d.Path(n), fmt.Sprintf(`source "valueInteger":%d`, d.Count(n)-1), `destination "valueInteger":0`)
			unchanged(t, d, ops(there, back))
		}
		if d.Kind(n) == tree.Object && d.Kind(d.Parent(n)) == tree.Array && !strings.Contains(d.Path(n), "_") {
			unchanged(t, d, ops(op("add", d.Path(n), `name "valueString":"extension"`, `value "valueExtension":{"url":"u"}`), op("delete", d.Path(n)+".extension")))
		}
	}
	unchanged(t, d, ops(op("insert", "Patient.name", `index "valueInteger":1`, `value "valueHumanName":{"text":"x"}`), op("delete", "Patient.name[1]")))
	unchanged(t, d, ops(op("insert", "Patient.name[0].given", `index "valueInteger":2`, `value "valueString":"x"`), op("delete", "Patient.name[0].given[2]")))
}

func unchanged(t *testing.T, d *tree.Doc, p string) {
	t.Helper()
	got, err := patch.FHIRPath(d, parse(t, p), path.Env{})
	if err != nil || !bytes.Equal(got, d.Bytes()) {
		t.Errorf("%s: %v\n%s", p, err, got)
	}
}

// FuzzFHIRPath: no panic, and what comes out parses; no operation leaves an
// empty array or object that was not there before.
func FuzzFHIRPath(f *testing.F) {
	f.Add(patient, "delete", "Patient.name[0].given[1]", "", `"valueString":"x"`, 0, 1)
	f.Add(patient, "add", "Patient.name[0].given[2]", "extension", `"valueExtension":{"url":"u"}`, 0, 1)
	f.Add(patient, "insert", "Patient.name[0].given", "", `"_valueString":{"id":"x"}`, 1, 0)
	f.Add(patient, "move", "Patient.name[0].given", "", `"valueString":"x"`, 2, 0)
	f.Add(patient, "replace", "Patient.contact", "", `"part":[{"name":"name","part":[{"name":"given","valueString":"A"}]}]`, 0, 0)
	f.Add(`{"g":[null],"_g":[{"id":"x"},{}]}`, "delete", "g[0].id", "g", `"resource":{"a":1}`, 0, 0)
	f.Fuzz(func(t *testing.T, src, typ, expression, name, value string, source, destination int) {
		d, err := tree.Parse([]byte(src))
		if err != nil || d.Kind(d.Root()) != tree.Object {
			return
		}
		parts := []string{`value ` + value}
		switch typ {
		case "add":
			parts = append(parts, fmt.Sprintf(`name "valueString":%q`, name))
		case "insert":
			parts = append(parts, fmt.Sprintf(`index "valueInteger":%d`, source))
		case "move":
			parts = []string{fmt.Sprintf(`source "valueInteger":%d`, source), fmt.Sprintf(`destination "valueInteger":%d`, destination)}
		case "delete":
			parts = nil
		}
		p, err := tree.Parse([]byte(ops(op(typ, expression, parts...))))
		if err != nil {
			return
		}
		got, err := patch.FHIRPath(d, p, path.Env{})
		if err != nil {
			var e *fhir.Error
			if !errors.As(err, &e) {
				t.Fatalf("%v is no *fhir.Error", err)
			}
			return
		}
		if hollow(d) == 0 {
			sound(t, got)
		} else if _, err := tree.Parse(got); err != nil {
			t.Fatal(err)
		}
	})
}

// hollow counts the empty arrays and objects.
func hollow(d *tree.Doc) (n int) {
	for x := tree.Node(1); int(x) < d.Len(); x++ {
		if d.Kind(x) >= tree.Array && d.Skip(x) == x+1 {
			n++
		}
	}
	return n
}
