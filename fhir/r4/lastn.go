package r4

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
)

// LastNDefinition is the canonical URL of the operation that LastN answers.
const LastNDefinition = "http://hl7.org/fhir/OperationDefinition/Observation-lastn"

// maxLastN is how many observations are looked at. A record with more that
// match is answered after a narrower question only.
const maxLastN = 10_000

// LastN answers Observation/$lastn: of each kind of observation the newest,
// by effective date. Every parameter of the search for observations narrows
// what is looked at. Observations are of one kind when they have a coding in
// common, also by way of a third (observation-operation-lastn.html).
func LastN(ctx context.Context, svc fhir.Service, op fhir.Operation) (fhir.Result, error) {
	arguments, err := op.Arguments()
	if err != nil {
		return fhir.Result{}, err
	}
	most := 1
	var query, used url.Values = url.Values{}, url.Values{}
	for _, a := range arguments {
		used.Add(a.Name, a.Value)
		base, _, _ := strings.Cut(a.Name, ":")
		switch base {
		case "max":
			if most, err = strconv.Atoi(a.Value); err != nil || most < 1 {
				return fhir.Result{}, fhir.Errorf(fhir.Value, "max is a number from 1").At("max")
			}
		case "_sort", "_count", "_total", "_cursor", "_page", "_summary", "_elements", "_include", "_revinclude":
			return fhir.Result{}, fhir.Errorf(fhir.NotSupported, "the operation takes max, and parameters that say which observations").At(a.Name)
		default:
			query.Add(a.Name, a.Value)
		}
	}
	if !given(query, "patient", "subject") {
		return fhir.Result{}, fhir.Errorf(fhir.Required, "patient or subject must be given").At("patient")
	}
	if !given(query, "code", "category", "combo-code") {
		return fhir.Result{}, fhir.Errorf(fhir.Required, "code or category must be given").At("code")
	}
	query.Set("_sort", "-date")
	query.Set("_count", "1000")
	kinds := kinds{most: most}
	s := fhir.Search{Type: "Observation", Query: query.Encode()}
	for seen := 0; ; {
		page, err := svc.Search(ctx, s)
		if err != nil {
			return fhir.Result{}, err
		}
		if seen += len(page.Match); seen > maxLastN {
			return fhir.Result{}, fhir.Errorf(fhir.TooCostly, "more than %d observations match; ask for a code, or for a time by date", maxLastN)
		}
		for _, r := range page.Match {
			if err := kinds.add(r); err != nil {
				return fhir.Result{}, err
			}
		}
		if page.Next == "" {
			result := fhir.Page{Match: kinds.newest(), Used: used.Encode(), Notes: page.Notes}
			total := len(result.Match)
			result.Total = &total
			return fhir.Result{Page: &result}, nil
		}
		s.Query = page.Next
	}
}

// given says whether one of the parameters is there, with or without a
// modifier, or as the beginning of a chain.
func given(query url.Values, names ...string) bool {
	for name := range query {
		base, _, _ := strings.Cut(name, ":")
		base, _, _ = strings.Cut(base, ".")
		if slices.Contains(names, base) {
			return true
		}
	}
	return false
}

// kinds sorts observations, that come newest first, by what was observed.
type kinds struct {
	most   int
	list   []fhir.Resource
	of     []int          // the kind of each
	parent []int          // kinds that turned out to be one point at it
	byCode map[string]int // a kind by any coding of it
}

// add takes the next observation. One without a coding is of the kind of its
// text, and without that a kind of its own.
func (k *kinds) add(r fhir.Resource) error {
	var o struct {
		Code struct {
			Text   string
			Coding []struct{ System, Code string }
		}
	}
	if err := json.Unmarshal(r.JSON, &o); err != nil {
		return err
	}
	if k.byCode == nil {
		k.byCode = map[string]int{}
	}
	var names []string
	for _, c := range o.Code.Coding {
		if c.Code != "" {
			names = append(names, c.System+"|"+c.Code)
		}
	}
	if len(names) == 0 && o.Code.Text != "" {
		names = append(names, "text|"+strings.ToLower(o.Code.Text))
	}
	kind := len(k.parent)
	k.parent = append(k.parent, kind)
	for _, name := range names {
		if other, known := k.byCode[name]; known {
			k.parent[k.root(kind)] = k.root(other)
		} else {
			k.byCode[name] = kind
		}
	}
	k.list, k.of = append(k.list, r), append(k.of, kind)
	return nil
}

// root is the kind that stands for all that turned out to be one with it.
func (k *kinds) root(kind int) int {
	for k.parent[kind] != kind {
		k.parent[kind] = k.parent[k.parent[kind]]
		kind = k.parent[kind]
	}
	return kind
}

// newest are the newest of each kind, kinds together, in the order of the
// newest of all.
func (k *kinds) newest() []fhir.Resource {
	groups := map[int][]fhir.Resource{}
	var order []int
	for i, r := range k.list {
		kind := k.root(k.of[i])
		if groups[kind] == nil {
			order = append(order, kind)
		}
		if len(groups[kind]) < k.most {
			groups[kind] = append(groups[kind], r)
		}
	}
	var list []fhir.Resource
	for _, kind := range order {
		list = append(list, groups[kind]...)
	}
	return list
}
