package patch_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/webdoctor/webdoctor/fhir/patch"
	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// TestJSONModel compares with the obvious implementation on maps and slices,
// for random documents and random operations.
func TestJSONModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		src := `{ "resourceType":"X" ,"id": "1" , "a" :` + drawValue(t, 3) + ` ,"b": ` + drawValue(t, 2) + `}`
		var model any = decode(t, src)
		var texts []string
		failed := false
		for range rapid.IntRange(1, 4).Draw(t, "operations") {
			o := map[string]any{"op": rapid.SampledFrom([]string{"add", "remove", "replace", "move", "copy"}).Draw(t, "op"),
				"path": drawPointer(t, model), "from": drawPointer(t, model), "value": decode(t, drawValue(t, 2))}
			text, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(text))
			var ok bool
			if model, ok = applyModel(model, o); !ok {
				failed = true
				break
			}
		}
		d, err := tree.Parse([]byte(src))
		if err != nil {
			t.Fatal(err)
		}
		got, err := patch.JSON(d, []byte("["+strings.Join(texts, ",")+"]"))
		if root, ok := model.(map[string]any); !ok || root["resourceType"] != "X" || root["id"] != "1" {
			failed = true
		}
		if failed != (err != nil) {
			t.Fatalf("%s\n%s: model failed: %v, got %s, %v", src, texts, failed, got, err)
		}
		if failed {
			return
		}
		want, _ := pruneModel(model)
		x := decode(t, string(got))
		pruned, _ := pruneModel(x)
		if !reflect.DeepEqual(pruned, want) {
			t.Fatalf("%s\n%s\ngot  %s\nwant %v", src, texts, got, want)
		}
		if string(got) != src && !reflect.DeepEqual(x, pruned) {
			t.Fatalf("%s\n%s\nleft something empty: %s", src, texts, got)
		}
	})
}

func decode(t *rapid.T, s string) (v any) {
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatal(s, err)
	}
	return v
}

// drawValue writes a random value, with blanks here and there.
func drawValue(t *rapid.T, depth int) string {
	kind := rapid.IntRange(0, 5).Draw(t, "kind")
	if depth == 0 {
		kind %= 3
	}
	blank := rapid.SampledFrom([]string{"", " ", "\n"}).Draw(t, "blank")
	switch kind {
	case 0:
		return "1.50"
	case 1:
		return `"x\u0041"`
	case 2:
		return "null"
	case 3, 4:
		var parts []string
		for _, name := range []string{"a", "b", "c"}[:rapid.IntRange(0, 3).Draw(t, "members")] {
			parts = append(parts, blank+`"`+name+`":`+blank+drawValue(t, depth-1)+blank)
		}
		return "{" + strings.Join(parts, ",") + blank + "}"
	}
	var parts []string
	for range rapid.IntRange(0, 3).Draw(t, "items") {
		parts = append(parts, blank+drawValue(t, depth-1)+blank)
	}
	return "[" + strings.Join(parts, ",") + blank + "]"
}

// drawPointer walks down the model, sometimes astray.
func drawPointer(t *rapid.T, v any) string {
	p := ""
	for rapid.IntRange(0, 3).Draw(t, "further") > 0 {
		step := ""
		switch x := v.(type) {
		case map[string]any:
			step = rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "name")
			v = x[step]
		case []any:
			i := rapid.IntRange(0, len(x)).Draw(t, "index")
			step, v = strconv.Itoa(i), nil
			if i < len(x) {
				v = x[i]
			} else if rapid.Bool().Draw(t, "dash") {
				step = "-"
			}
		default:
			return p
		}
		p += "/" + step
	}
	return p
}

func applyModel(v any, o map[string]any) (any, bool) {
	at, from := o["path"].(string), o["from"].(string)
	switch o["op"] {
	case "add":
		return edit(v, at, true, func(any) (any, bool) { return o["value"], true })
	case "replace":
		return edit(v, at, false, func(any) (any, bool) { return o["value"], true })
	case "remove":
		out, ok := edit(v, at, false, func(any) (any, bool) { return nil, false })
		return out, ok && at != ""
	}
	var taken any
	_, ok := edit(v, from, false, func(x any) (any, bool) { taken = x; return x, true })
	if !ok {
		return v, false
	}
	if o["op"] == "move" {
		if at == from {
			return v, true
		}
		if strings.HasPrefix(at, from+"/") {
			return v, false
		}
		if v, ok = edit(v, from, false, func(any) (any, bool) { return nil, false }); !ok {
			return v, false
		}
	}
	return edit(v, at, true, func(any) (any, bool) { return taken, true })
}

// edit rebuilds v with the place at a pointer changed by f, which says what
// stands there afterwards and whether anything does. With add the place need
// not be there, and in an array it is between two items.
func edit(v any, pointer string, add bool, f func(old any) (any, bool)) (any, bool) {
	if pointer == "" {
		with, _ := f(v)
		return with, true
	}
	step, rest, deeper := strings.Cut(pointer[1:], "/")
	switch x := v.(type) {
	case map[string]any:
		old, there := x[step]
		out := maps.Clone(x)
		if deeper {
			with, ok := edit(old, "/"+rest, add, f)
			out[step] = with
			return out, ok && there
		}
		with, keep := f(old)
		if delete(out, step); keep {
			out[step] = with
		}
		return out, there || add
	case []any:
		i, err := strconv.Atoi(step)
		if step == "-" && add && !deeper {
			i, err = len(x), nil
		}
		if err != nil || i > len(x) || i == len(x) && (deeper || !add) {
			return v, false
		}
		out := slices.Clone(x)
		if deeper {
			with, ok := edit(x[i], "/"+rest, add, f)
			out[i] = with
			return out, ok
		}
		if add {
			with, _ := f(nil)
			return slices.Insert(out, i, with), true
		}
		with, keep := f(x[i])
		if !keep {
			return slices.Delete(out, i, i+1), true
		}
		out[i] = with
		return out, true
	}
	return v, false
}

// pruneModel removes empty containers; some says whether anything is left.
func pruneModel(v any) (out any, some bool) {
	switch x := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for k, c := range x {
			if c, some := pruneModel(c); some {
				m[k] = c
			}
		}
		return m, len(m) > 0
	case []any:
		a := []any{}
		for _, c := range x {
			if c, some := pruneModel(c); some {
				a = append(a, c)
			}
		}
		return a, len(a) > 0
	}
	return v, true
}

// pair is a primitive of a list: its value and its extra, "" for none.
type pair struct{ value, extra string }

// TestFHIRPathPairs plays random operations on a list of primitives, whose
// two arrays must stay in step, and compares with a list of pairs.
func TestFHIRPathPairs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		model := drawPairs(t, rapid.IntRange(1, 4).Draw(t, "size"))
		src := []byte(`{"resourceType":"Patient","name":[{"family":"F"` + writePairs(model) + ` , "text":"t"}]}`)
		for n := range rapid.IntRange(1, 6).Draw(t, "operations") {
			if len(model) == 0 {
				break
			}
			i := rapid.IntRange(0, len(model)-1).Draw(t, "index")
			v := drawPairs(t, 1)[0]
			if v.value == "" && v.extra == "" {
				v.value = "V"
			}
			at := fmt.Sprintf("Patient.name[0].given[%d]", i)
			var text string
			switch rapid.SampledFrom([]string{"add", "insert", "delete", "replace", "move"}).Draw(t, "op") {
			case "add":
				text = op("add", "Patient.name[0]", `name "valueString":"given"`, v.part())
				model = append(model, v)
			case "insert":
				text = op("insert", "Patient.name[0].given", fmt.Sprintf(`index "valueInteger":%d`, i), v.part())
				model = slices.Insert(model, i, v)
			case "delete":
				text = op("delete", at)
				model = slices.Delete(model, i, i+1)
			case "replace":
				text = op("replace", at, v.part())
				model[i] = v
			case "move":
				j := rapid.IntRange(0, len(model)-1).Draw(t, "to")
				text = op("move", "Patient.name[0].given", fmt.Sprintf(`source "valueInteger":%d`, i), fmt.Sprintf(`destination "valueInteger":%d`, j))
				moved := model[i]
				model = slices.Insert(slices.Delete(model, i, i+1), j, moved)
			}
			d, err := tree.Parse(src)
			if err != nil {
				t.Fatal(err)
			}
			p, err := tree.Parse([]byte(ops(text)))
			if err != nil {
				t.Fatal(text, err)
			}
			got, err := patch.FHIRPath(d, p, path.Env{})
			if err != nil {
				t.Fatalf("%d: %s\n%s: %v", n, src, text, err)
			}
			if x := readPairs(t, got); !slices.Equal(x, model) {
				t.Fatalf("%s\n%s\ngot  %s\nwant %v", src, text, got, model)
			}
			src = got
		}
	})
}

// drawPairs draws pairs that have a value or an extra.
func drawPairs(t *rapid.T, n int) []pair {
	out := make([]pair, n)
	for i := range out {
		switch rapid.IntRange(0, 3).Draw(t, "pair") {
		case 0:
			out[i] = pair{extra: "e"}
		case 1:
			out[i] = pair{"v" + strconv.Itoa(i), "f"}
		default:
			out[i] = pair{value: "w" + strconv.Itoa(i)}
		}
	}
	return out
}

func (p pair) part() string {
	var members []string
	if p.value != "" {
		members = append(members, `"valueString":"`+p.value+`"`)
	}
	if p.extra != "" {
		members = append(members, `"_valueString":{"id":"`+p.extra+`"}`)
	}
	return "value " + strings.Join(members, ",")
}

func writePairs(pairs []pair) string {
	var values, extras []string
	some, more := false, false
	for _, p := range pairs {
		v, e := "null", "null"
		if p.value != "" {
			v, some = `"`+p.value+`"`, true
		}
		if p.extra != "" {
			e, more = `{ "id":"`+p.extra+`"}`, true
		}
		values, extras = append(values, v), append(extras, e)
	}
	out := ""
	if some {
		out += `,"given":[ ` + strings.Join(values, " , ") + `]`
	}
	if more {
		out += `,"_given":[` + strings.Join(extras, ", ") + ` ]`
	}
	return out
}

func readPairs(t *rapid.T, src []byte) []pair {
	var r struct {
		Name []struct {
			Given []*string
			Extra []*struct{ ID string } `json:"_given"`
			Text  string
		}
	}
	if err := json.Unmarshal(src, &r); err != nil || len(r.Name) != 1 || r.Name[0].Text != "t" {
		t.Fatalf("%s: %v", src, err)
	}
	n := r.Name[0]
	out := make([]pair, max(len(n.Given), len(n.Extra)))
	for i := range out {
		if i < len(n.Given) && n.Given[i] != nil {
			out[i].value = *n.Given[i]
		}
		if i < len(n.Extra) && n.Extra[i] != nil {
			out[i].extra = n.Extra[i].ID
		}
	}
	if n.Given != nil && n.Extra != nil && len(n.Given) != len(n.Extra) {
		t.Fatalf("arrays out of step: %s", src)
	}
	return out
}
