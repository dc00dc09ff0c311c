package b100

import "fmt"

// Names are the parts of a person's name that a search by name looks at.
func Names(person Object) []string {
	var parts []string
	names, _ := person.Get("name").(Array)
	for _, n := range names {
		n, _ := n.(Object)
		for _, member := range []string{"family", "given", "prefix"} {
			switch v := n.Get(member).(type) {
			case string:
				parts = append(parts, v)
			case Array:
				for _, x := range v {
					s, _ := x.(string)
					parts = append(parts, s)
				}
			}
		}
	}
	return parts
}

// Code is the code of the first coding of a resource's code.
func Code(o Object) string {
	concept, _ := o.Get("code").(Object)
	codings, _ := concept.Get("coding").(Array)
	if len(codings) == 0 {
		return ""
	}
	first, _ := codings[0].(Object)
	code, _ := first.Get("code").(string)
	return code
}

// Text is the text at a path of members; of an array its first item counts.
// It is "" where the path leads nowhere.
func Text(o Object, path ...string) string {
	var v any = o
	for _, name := range path {
		if list, ok := v.(Array); ok && len(list) > 0 {
			v = list[0]
		}
		in, ok := v.(Object)
		if !ok {
			return ""
		}
		v = in.Get(name)
	}
	switch v := v.(type) {
	case nil, Array, Object:
		return ""
	case string:
		return v
	default:
		return fmt.Sprint(v)
	}
}

// Diagnoses are the SNOMED CT codes of the conditions.
func Diagnoses() (codes []string) {
	for _, d := range diagnoses {
		codes = append(codes, d.code)
	}
	return codes
}
