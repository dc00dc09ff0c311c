package engine

import (
	"context"
	"net/url"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/profile"
	"github.com/webdoctor/webdoctor/fhir/tree"
	"github.com/webdoctor/webdoctor/fhir/validate"
)

// profileType is the resource type of profiles.
const profileType = "StructureDefinition"

// constrained holds a document against the profiles that were asked for and
// those that its resources claim in meta.profile. Profiles are those that are
// stored here; none is ever fetched from elsewhere.
func (e *Engine) constrained(ctx context.Context, d *tree.Doc, q question, most int) []fhir.Issue {
	budget := profile.Budget(d)
	c := &profile.Checker{Defs: e.Spec, Find: e.profiles(ctx), Terms: e.codes(ctx), Budget: &budget}
	var issues []fhir.Issue
	add := func(n tree.Node, canonical string, asked bool) {
		for _, is := range c.Check(d, n, canonical, most-len(issues)) {
			at, _ := d.Span(is.Node)
			if key := d.KeyStart(is.Node); key >= 0 {
				at = key
			}
			if is.Code == fhir.NotFound && (e.Unknown || asked && is.Node == n) {
				is.Severity = "error" // who names a profile wants to know
			}
			src := q.Source
			if src == nil {
				src = d.Bytes()
			}
			is.Expression = e.Validator.Expression(d, is.Node, is.Below)
			is.Line, is.Col = tree.Line(src, q.Offset+at)
			issues = append(issues, is.Issue)
		}
	}
	for _, p := range q.Profiles {
		add(d.Root(), p, true)
	}
	for n := tree.Node(0); int(n) < d.Len() && len(issues) < most; n++ {
		if d.Kind(n) != tree.Object || d.Get(n, "resourceType") == tree.None {
			continue
		}
		claimed := map[string]bool{}
		for p := range d.Children(d.Get(d.Get(n, "meta"), "profile")) {
			if canonical := d.Text(p); canonical != "" && !claimed[canonical] && len(issues) < most {
				claimed[canonical] = true
				add(n, canonical, false)
			}
		}
	}
	return issues
}

// codes are what profiles and bindings may ask about codes.
func (e *Engine) codes(ctx context.Context) validate.Terms {
	if e.Codes == nil {
		return nil
	}
	return e.Codes(ctx)
}

// maxProfiles is how many profiles one question may lead to.
const maxProfiles = 500

// profiles finds profiles by their canonical URLs, each once for a question.
func (e *Engine) profiles(ctx context.Context) func(canonical string) (*profile.Profile, error) {
	type found struct {
		profile *profile.Profile
		err     error
	}
	known := map[string]found{}
	return func(canonical string) (*profile.Profile, error) {
		f, ok := known[canonical]
		if !ok {
			if len(known) >= maxProfiles {
				return nil, fhir.Errorf(fhir.TooCostly, "the resource leads to too many profiles")
			}
			f.profile, f.err = e.profile(ctx, canonical)
			known[canonical] = f
		}
		return f.profile, f.err
	}
}

// profile is the one of that URL and version, else the highest version.
func (e *Engine) profile(ctx context.Context, canonical string) (*profile.Profile, error) {
	address, version, pinned := strings.Cut(canonical, "|")
	found, err := e.Find(ctx, profileType, "url="+url.QueryEscape(escaped(address)))
	if err != nil {
		return nil, err
	}
	var best *tree.Doc
	for _, r := range found {
		d, err := tree.Parse(r.JSON)
		if err != nil {
			return nil, err
		}
		v := d.Text(d.Find("version"))
		if pinned && v != version {
			continue
		}
		if best == nil || fhir.CompareVersions(v, best.Text(best.Find("version"))) > 0 {
			best = d
		}
	}
	if best == nil {
		// R4's own need not be stored.
		text, ok := e.Spec.Profile(address)
		if !ok {
			return nil, nil
		}
		if best, err = tree.Parse([]byte(text)); err != nil {
			return nil, err
		}
		if pinned && version != best.Text(best.Find("version")) {
			return nil, nil
		}
	}
	return profile.Read(best, e.Spec)
}

// escaped is a value as a search parameter takes it (search.html#escaping).
func escaped(value string) string {
	return strings.NewReplacer(`\`, `\\`, `,`, `\,`, `$`, `\$`, `|`, `\|`).Replace(value)
}
