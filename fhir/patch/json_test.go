package patch_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/patch"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// person has blanks, escapes and number texts that an edit must not touch.
const person = `{ "resourceType" : "Patient",
  "id":"7", "active" :true ,
  "name" : [ {"family":"O\u0027Neil\/x<", "given":["A" , "B"]}, { "text":"t" } ],
  "multipleBirthInteger": 2, "extension":[{"url":"http:\/\/x","valueDecimal":1.50}] }`

func parse(t testing.TB, src string) *tree.Doc {
	t.Helper()
	d, err := tree.Parse([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestJSON(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ src, patch, want string }{
		"nothing":              {person, `[]`, person},
		"test only":            {person, `[{"op":"test","path":"/active","value":true}]`, person},
		"add a member":         {`{"a": 1 }`, `[{"op":"add","path":"/b","value":{"c" : 1.0}}]`, `{"a": 1,"b":{"c" : 1.0} }`},
		"add to nothing":       {`{ }`, `[{"op":"add","path":"/b","value":1}]`, `{"b":1 }`},
		"add over a member":    {`{"a": [1] , "b":2}`, `[{"op":"add","path":"/a","value":3}]`, `{"a": 3 , "b":2}`},
		"add at the front":     {`{"a":[ 1,2 ]}`, `[{"op":"add","path":"/a/0","value":0}]`, `{"a":[ 0,1,2 ]}`},
		"add between":          {`{"a":[ 1, 2 ]}`, `[{"op":"add","path":"/a/1","value":0}]`, `{"a":[ 1,0, 2 ]}`},
		"add at the end":       {`{"a":[1 ]}`, `[{"op":"add","path":"/a/1","value":2}]`, `{"a":[1,2 ]}`},
		"add with dash":        {`{"a":[1 ]}`, `[{"op":"add","path":"/a/-","value":[2]}]`, `{"a":[1,[2] ]}`},
		"add the whole":        {`{"resourceType":"Patient","id":"7"}`, `[{"op":"add","path":"","value":{"id":"7", "resourceType":"Patient","a":1.0}}]`, `{"id":"7", "resourceType":"Patient","a":1.0}`},
		"escaped steps":        {`{"a/b":{"m~n":1}}`, `[{"op":"replace","path":"/a~1b/m~0n","value":2}]`, `{"a/b":{"m~n":2}}`},
		"tilde then one":       {`{"~1":1}`, `[{"op":"replace","path":"/~01","value":2}]`, `{"~1":2}`},
		"empty name":           {`{"":1,"a":2}`, `[{"op":"remove","path":"/"}]`, `{"a":2}`},
		"remove the first":     {`{ "a":1, "b":2 }`, `[{"op":"remove","path":"/a"}]`, `{ "b":2 }`},
		"remove the middle":    {`{"a":1 , "b":2 , "c":3}`, `[{"op":"remove","path":"/b"}]`, `{"a":1 , "c":3}`},
		"remove the last":      {`{"a":1, "b":2 }`, `[{"op":"remove","path":"/b"}]`, `{"a":1 }`},
		"remove an item":       {`{"a":[1, 2, 3]}`, `[{"op":"remove","path":"/a/1"}]`, `{"a":[1, 3]}`},
		"remove the only item": {`{"b":1,"a":[1]}`, `[{"op":"remove","path":"/a/0"}]`, `{"b":1}`},
		"empty in passing":     {`{"b":1,"a":[1]}`, `[{"op":"remove","path":"/a/0"},{"op":"add","path":"/a/-","value":2}]`, `{"b":1,"a":[2]}`},
		"empty all the way":    {`{"b":1,"a":[{"c":{"d":1}}]}`, `[{"op":"remove","path":"/a/0/c/d"}]`, `{"b":1}`},
		"empty beside full":    {`{"a":[{"c":1},{"d":1}]}`, `[{"op":"remove","path":"/a/0/c"}]`, `{"a":[{"d":1}]}`},
		"empty values added":   {`{"b":1}`, `[{"op":"add","path":"/a","value":[]},{"op":"add","path":"/c","value":{"d":[{}]}}]`, `{"b":1}`},
		"empty pair":           {`{"g":["A","B"],"_g":[{"id":"x"},{"id":"y"}]}`, `[{"op":"remove","path":"/_g/0/id"}]`, `{"g":["A","B"],"_g":[null,{"id":"y"}]}`},
		"empty pairs":          {`{"g":["A"],"_g":[{"id":"x"}]}`, `[{"op":"remove","path":"/_g/0/id"}]`, `{"g":["A"]}`},
		"replace a value":      {`{"a" : 1.50 ,"b":2.00}`, `[{"op":"replace","path":"/a","value":1.5e0}]`, `{"a" : 1.5e0 ,"b":2.00}`},
		"move a member":        {`{"a":1.0, "b":{"c":2}}`, `[{"op":"move","from":"/a","path":"/b/a"}]`, `{"b":{"c":2,"a":1.0}}`},
		"move an item":         {`{"a":[1,2,3]}`, `[{"op":"move","from":"/a/0","path":"/a/2"}]`, `{"a":[2,3,1]}`},
		"move to its place":    {`{"a":[ 1 ]}`, `[{"op":"move","from":"/a/0","path":"/a/0"}]`, `{"a":[ 1 ]}`},
		"copy":                 {`{"a":{"b" : 1.0}}`, `[{"op":"copy","from":"/a","path":"/c"}]`, `{"a":{"b" : 1.0},"c":{"b" : 1.0}}`},
		"copy into itself":     {`{"a":{"b":1}}`, `[{"op":"copy","from":"/a","path":"/a/c"}]`, `{"a":{"b":1,"c":{"b":1}}}`},
		"numbers by value":     {`{"a":1.50}`, `[{"op":"test","path":"/a","value":15e-1}]`, `{"a":1.50}`},
		"objects unordered":    {`{"a":{"b":[1,"x"],"c":null}}`, `[{"op":"test","path":"/a","value":{"c":null,"b":[1,"\u0078"]}}]`, `{"a":{"b":[1,"x"],"c":null}}`},
		"one after the other":  {`{"a":1}`, `[{"op":"add","path":"/b","value":{"c":1}},{"op":"replace","path":"/b/c","value":2},{"op":"test","path":"/b/c","value":2}]`, `{"a":1,"b":{"c":2}}`},
		"id comes back":        {`{"id":"7","a":1}`, `[{"op":"remove","path":"/id"},{"op":"add","path":"/id","value":"7"}]`, `{"a":1,"id":"7"}`},
		"unknown members":      {`{"a":1}`, `[{"op":"remove","path":"/a","comment":"why"},{"op":"add","path":"/b","value":2,"from":3}]`, `{"b":2}`},
		"null is a value":      {`{"a":1}`, `[{"op":"add","path":"/b","value":null},{"op":"test","path":"/b","value":null}]`, `{"a":1,"b":null}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := patch.JSON(parse(t, c.src), []byte(c.patch))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestJSONRefuses(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":`, 61) + "1" + strings.Repeat("}", 61)
	for name, c := range map[string]struct {
		patch string
		code  fhir.Code
		at    string
	}{
		"no JSON":             {`[`, fhir.Malformed, "[0]"},
		"twice the same name": {`[{"op":"remove","op":"add","path":"/a"}]`, fhir.Malformed, "[0].op"},
		"no array":            {`{"op":"remove","path":"/active"}`, fhir.Invalid, ""},
		"no object":           {`[1]`, fhir.Invalid, "[0]"},
		"no op":               {`[{"path":"/active"}]`, fhir.Invalid, "[0].op"},
		"unknown op":          {`[{"op":"test","path":"/active","value":true},{"op":"delete","path":"/active"}]`, fhir.Invalid, "[1].op"},
		"no path":             {`[{"op":"remove"}]`, fhir.Invalid, "[0].path"},
		"path is a number":    {`[{"op":"remove","path":1}]`, fhir.Invalid, "[0].path"},
		"path without slash":  {`[{"op":"remove","path":"active"}]`, fhir.Invalid, "[0].path"},
		"bad escape":          {`[{"op":"remove","path":"/a~2"}]`, fhir.Invalid, "[0].path"},
		"bad escape at end":   {`[{"op":"remove","path":"/a~"}]`, fhir.Invalid, "[0].path"},
		"no value":            {`[{"op":"add","path":"/a"}]`, fhir.Invalid, "[0].value"},
		"no from":             {`[{"op":"copy","path":"/a"}]`, fhir.Invalid, "[0].from"},
		"into itself":         {`[{"op":"move","from":"/name","path":"/name/0/x"}]`, fhir.Invalid, "[0].from"},
		"nothing there":       {`[{"op":"remove","path":"/birthDate"}]`, fhir.Unprocessable, "[0].path"},
		"nothing to replace":  {`[{"op":"replace","path":"/birthDate","value":"x"}]`, fhir.Unprocessable, "[0].path"},
		"nothing to test":     {`[{"op":"test","path":"/birthDate","value":"x"}]`, fhir.Unprocessable, "[0].path"},
		"nothing to copy":     {`[{"op":"copy","from":"/x","path":"/y"}]`, fhir.Unprocessable, "[0].from"},
		"nothing to hold it":  {`[{"op":"add","path":"/contact/0","value":{"a":1}}]`, fhir.Unprocessable, "[0].path"},
		"index too large":     {`[{"op":"add","path":"/name/3","value":{"text":"x"}}]`, fhir.Unprocessable, "[0].path"},
		"index with zero":     {`[{"op":"remove","path":"/name/01"}]`, fhir.Unprocessable, "[0].path"},
		"index with sign":     {`[{"op":"remove","path":"/name/-1"}]`, fhir.Unprocessable, "[0].path"},
		"dash to remove":      {`[{"op":"remove","path":"/name/-"}]`, fhir.Unprocessable, "[0].path"},
		"into a string":       {`[{"op":"add","path":"/id/x","value":1}]`, fhir.Unprocessable, "[0].path"},
		"test fails":          {`[{"op":"add","path":"/gender","value":"male"},{"op":"test","path":"/active","value":"true"}]`, fhir.BusinessRule, "[1]"},
		"test of null":        {`[{"op":"test","path":"/active","value":null}]`, fhir.BusinessRule, "[0]"},
		"another type":        {`[{"op":"replace","path":"/resourceType","value":"Person"}]`, fhir.Unprocessable, "[0].path"},
		"another id":          {`[{"op":"add","path":"/gender","value":"male"},{"op":"replace","path":"/id","value":"8"}]`, fhir.Unprocessable, "[1].path"},
		"no id":               {`[{"op":"remove","path":"/id"}]`, fhir.Unprocessable, "[0].path"},
		"id moves away":       {`[{"op":"move","from":"/id","path":"/gender"}]`, fhir.Unprocessable, "[0].path"},
		"the whole away":      {`[{"op":"remove","path":""}]`, fhir.Unprocessable, "[0].path"},
		"the whole another":   {`[{"op":"replace","path":"","value":[1]}]`, fhir.Unprocessable, "[0].path"},
		"name with quotes":    {`[{"op":"add","path":"/a\"b","value":1}]`, fhir.Unprocessable, "[0].path"},
		"too deep":            {`[{"op":"add","path":"/x","value":` + deep + `},{"op":"copy","from":"/x","path":"/x/a/a/b"}]`, fhir.Unprocessable, "[1].path"},
		"too many":            {`[` + strings.Repeat(`{"op":"remove","path":"/a"},`, 10000) + `{"op":"remove","path":"/a"}]`, fhir.TooCostly, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := patch.JSON(parse(t, person), []byte(c.patch))
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

// TestJSONBounds: doubling a document by copying it into itself ends soon.
func TestJSONBounds(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for range 40 {
		b.WriteString(`,{"op":"copy","from":"/x","path":"/y"},{"op":"add","path":"/x","value":{}},{"op":"copy","from":"/y","path":"/x/a"},{"op":"move","from":"/y","path":"/x/b"}`)
	}
	src := `{"x":"` + strings.Repeat("a", 1<<20) + `"}`
	_, err := patch.JSON(parse(t, src), []byte("["+b.String()[1:]+"]"))
	if c := fhir.CodeOf(err); c != fhir.TooLarge {
		t.Fatal(err)
	}
	again := strings.Repeat(`{"op":"replace","path":"/n","value":1},`, 1000)
	_, err = patch.JSON(parse(t, src[:len(src)-1]+`,"n":0}`), []byte("["+strings.TrimSuffix(again, ",")+"]"))
	if c := fhir.CodeOf(err); c != fhir.TooCostly {
		t.Fatal(err)
	}
}

// TestJSONLeavesTheRest: every operation leaves all bytes outside of what it
// names alone. Replacing each value by itself, and adding and removing
// something in each container, gives the very same bytes back.
func TestJSONLeavesTheRest(t *testing.T) {
	t.Parallel()
	d := parse(t, person)
	for n := tree.Node(1); int(n) < d.Len(); n++ {
		at := pointerTo(d, n)
		same := fmt.Sprintf(`[{"op":"replace","path":%q,"value":%s}]`, at, d.Raw(n))
		check(t, d, same)
		switch d.Kind(n) {
		case tree.Object:
			check(t, d, fmt.Sprintf(`[{"op":"add","path":%q,"value":1},{"op":"remove","path":%[1]q}]`, at+"/new"))
		case tree.Array:
			last := fmt.Sprintf("%s/%d", at, d.Count(n))
			check(t, d, fmt.Sprintf(`[{"op":"add","path":%q,"value":1},{"op":"remove","path":%[1]q}]`, last))
		}
	}
}

func check(t *testing.T, d *tree.Doc, p string) {
	t.Helper()
	got, err := patch.JSON(d, []byte(p))
	if err != nil || !bytes.Equal(got, d.Bytes()) {
		t.Errorf("%s: %v\n%s", p, err, got)
	}
}

func pointerTo(d *tree.Doc, n tree.Node) string {
	if n == d.Root() {
		return ""
	}
	up := d.Parent(n)
	if d.Kind(up) == tree.Object {
		return pointerTo(d, up) + "/" + d.Key(n)
	}
	i := 0
	for c := range d.Children(up) {
		if c == n {
			break
		}
		i++
	}
	return fmt.Sprintf("%s/%d", pointerTo(d, up), i)
}

// FuzzJSON: no panic, and what comes out parses and has no empty containers.
func FuzzJSON(f *testing.F) {
	f.Add(person, `[{"op":"remove","path":"/name/0/given/0"},{"op":"add","path":"/x","value":[{}]}]`)
	f.Add(`{"g":["A",null],"_g":[null,{"id":"x"}]}`, `[{"op":"remove","path":"/_g/1/id"},{"op":"move","from":"/g/0","path":"/h"}]`)
	f.Add(`{"a":{"b":1}}`, `[{"op":"copy","from":"/a","path":"/a/c"},{"op":"test","path":"/a/c/b","value":1.0}]`)
	f.Add(`{"a":[1,2]}`, `[{"op":"replace","path":"","value":{"b":[[]]}},{"op":"add","path":"/b/0/-","value":null}]`)
	f.Fuzz(func(t *testing.T, src, p string) {
		d, err := tree.Parse([]byte(src))
		if err != nil || d.Kind(d.Root()) != tree.Object {
			return
		}
		got, err := patch.JSON(d, []byte(p))
		if err != nil {
			var e *fhir.Error
			if !errors.As(err, &e) {
				t.Fatalf("%v is no *fhir.Error", err)
			}
			return
		}
		if !bytes.Equal(got, []byte(src)) {
			sound(t, got)
		}
	})
}

// sound fails for bytes that are no document or hold an empty array or
// object.
func sound(t *testing.T, src []byte) {
	t.Helper()
	d, err := tree.Parse(src)
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	for n := tree.Node(1); int(n) < d.Len(); n++ {
		if d.Kind(n) >= tree.Array && d.Skip(n) == n+1 {
			t.Fatalf("%s is empty in %s", d.Path(n), src)
		}
	}
}
