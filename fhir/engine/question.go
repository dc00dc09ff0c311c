package engine

import (
	"net/url"
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// question is what $validate is asked.
type question struct {
	Resource []byte // nil: the stored one
	Source   []byte // the body, and where the resource stands in it
	Offset   int
	Mode     string // create, update, delete, profile or nothing
	Profiles []string
}

// modes are those of resource-validation-mode.
var modes = []string{"create", "update", "delete", "profile"}

// question reads the URL and the body: Parameters, or the bare resource. A
// body that is no JSON is the resource to judge.
func (e *Engine) question(op fhir.Operation) (question, error) {
	var q question
	values, err := url.ParseQuery(op.Query)
	if err != nil {
		return q, fhir.Errorf(fhir.Value, "the query has a broken %% escape")
	}
	for name, list := range values {
		for _, v := range list {
			switch name {
			case "profile":
				q.Profiles = append(q.Profiles, v)
			case "mode":
				q.Mode = v
			case "_format", "_pretty":
			default:
				return q, fhir.Errorf(fhir.NotSupported, "the operation has no such parameter").At(name)
			}
		}
	}
	if op.JSON != nil {
		if err := q.body(op.JSON); err != nil {
			return q, err
		}
	}
	if q.Mode != "" && !slices.Contains(modes, q.Mode) {
		return q, fhir.Errorf(fhir.Value, "the mode is create, update, delete or profile").At("mode")
	}
	return q, nil
}

func (q *question) body(src []byte) error {
	d, err := tree.Parse(src)
	if err != nil || !isParameters(d) {
		q.Resource, q.Source = src, src
		return nil
	}
	for p := range d.Children(d.Find("parameter")) {
		switch name := d.Text(d.Get(p, "name")); name {
		case "resource":
			r := d.Get(p, "resource")
			if d.Kind(r) != tree.Object || q.Resource != nil {
				return fhir.Errorf(fhir.Invalid, "the parameter resource holds one resource").At(d.Path(p))
			}
			q.Resource, q.Source = d.Raw(r), src
			q.Offset, _ = d.Span(r)
		case "mode":
			q.Mode = value(d, p)
		case "profile":
			q.Profiles = append(q.Profiles, value(d, p))
		case "usageContext":
		default:
			return fhir.Errorf(fhir.NotSupported, "the operation has no such parameter").At(d.Path(p))
		}
	}
	return nil
}

// isParameters says whether a body is the parameters of the operation, rather
// than a Parameters resource to be validated: that has other names.
func isParameters(d *tree.Doc) bool {
	if !d.TextIs(d.Find("resourceType"), "Parameters") {
		return false
	}
	list := d.Find("parameter")
	if list == tree.None {
		return true
	}
	for p := range d.Children(list) {
		if name := d.Text(d.Get(p, "name")); slices.Contains([]string{"resource", "mode", "profile", "usageContext"}, name) {
			return true
		}
	}
	return false
}

// value is the text of a parameter's value[x].
func value(d *tree.Doc, p tree.Node) string {
	for c := range d.Children(p) {
		if strings.HasPrefix(d.Key(c), "value") {
			return d.Text(c)
		}
	}
	return ""
}
