package terminology

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
)

// view is the terminology as one request sees it.
type view struct {
	*Registry
	ctx        context.Context
	svc        fhir.Service // nil: the server asks for itself
	generation int64
	given      []*parsed         // came with the request, before all others
	versions   map[string]string // of systems of which no version is named
	checked    map[string]string // the only ones that are allowed
	forced     map[string]string // whatever version is named
	work       int               // spent
	limit      int               // of work
	inside     []*ValueSet       // being evaluated
	shown      map[fhir.Key]bool
	memo       map[canonical]*parsed // what was found under a URL
}

// view begins a request. With a service it sees of what is stored what that
// shows, and is exact; without, it may be a second behind other servers.
func (r *Registry) view(ctx context.Context, svc fhir.Service) (*view, error) {
	v := &view{Registry: r, ctx: ctx, svc: svc, limit: maxWork}
	if r.stored == nil {
		return v, nil
	}
	var err error
	if v.generation, err = r.stored.Generation(ctx, svc != nil); err != nil {
		return nil, err
	}
	return v, nil
}

// errCostly is the answer to what takes too much.
var errCostly = fhir.Errorf(fhir.TooCostly, "the value set takes too much to evaluate: it has more than a million codes, or includes others again and again; a narrower one can be")

// maxWork is how many codes and clauses a request may look at.
const maxWork = 1_000_000

// spend counts a step.
func (v *view) spend() error {
	v.work++
	if v.work > v.limit {
		return errCostly
	}
	if v.work%1024 == 0 {
		return v.ctx.Err()
	}
	return nil
}

// system finds a code system; nil if there is none of that URL and version.
func (v *view) system(url, version string) (*System, error) {
	if version == "" {
		version = v.versions[url]
	}
	if forced := v.forced[url]; forced != "" {
		version = forced
	}
	if checked := v.checked[url]; checked != "" {
		if version != "" && version != checked {
			return nil, fhir.Errorf(fhir.Unprocessable, "the value set asks for another version of %s than check-system-version allows", clip(url)).At("check-system-version")
		}
		version = checked
	}
	p, err := v.find(systemType, url, version)
	if err != nil {
		return nil, err
	}
	if p == nil || p.system.Content == "not-present" {
		if s := ruled(url); s != nil && version == "" {
			return s, nil
		}
		if p == nil {
			return nil, nil
		}
	}
	return p.system, nil
}

// valueSet finds a value set by its canonical URL; nil if there is none.
func (v *view) valueSet(canonical string) (*ValueSet, error) {
	url, version := split(canonical)
	p, err := v.find(valueSetType, url, version)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return implicit(url), nil
	}
	return p.valueSet, nil
}

// implicit is a value set that a code system implies by its URL
// (snomedct.html#implicit, loinc.html#implicit); nil if there is none.
func implicit(url string) *ValueSet {
	system, rest, ok := strings.Cut(url, "?fhir_vs")
	c := clause{system: system}
	switch {
	case url == "http://loinc.org/vs":
		c.system = "http://loinc.org"
	case !ok:
		return nil
	case rest == "":
	case strings.HasPrefix(rest, "=isa/"):
		c.filters = []filter{{property: "concept", op: "is-a", value: strings.TrimPrefix(rest, "=isa/")}}
	default:
		return nil
	}
	return &ValueSet{meta: meta{URL: url, Status: "active"}, defined: true, inactive: true, include: []clause{c}}
}

// find is the resource of a canonical URL, nil if there is none.
func (v *view) find(typ, url, version string) (*parsed, error) {
	if url == "" {
		return nil, nil
	}
	plain := v.svc == nil && len(v.given) == 0
	name := canonical{typ, url, version}
	if p, ok := v.memo[name]; ok {
		return p, nil
	}
	if plain {
		if p, ok := v.cache.resolution(name, v.generation); ok {
			return p, nil
		}
	}
	p, err := v.look(typ, url, version)
	switch {
	case err != nil:
		return nil, err
	case plain:
		v.cache.resolve(name, v.generation, p)
	default:
		if v.memo == nil {
			v.memo = map[canonical]*parsed{}
		}
		v.memo[name] = p
	}
	return p, nil
}

// look looks for the resource of a canonical URL: one that came with the request,
// one that is stored, one of R4, in this order, if no version is named. Of
// several that are stored one that is complete comes before others, then the
// highest version.
func (v *view) look(typ, url, version string) (*parsed, error) {
	suits := func(p *parsed) bool {
		return p.typ == typ && p.meta().URL == url && (version == "" || p.meta().Version == version)
	}
	if i := slices.IndexFunc(v.given, suits); i >= 0 {
		return v.given[i], nil
	}
	var stored []*parsed
	if v.stored != nil {
		var err error
		if stored, err = v.storedBy(typ, byURL(url)); err != nil {
			return nil, err
		}
	}
	stored = slices.DeleteFunc(slices.Clone(stored), func(p *parsed) bool { return !suits(p) })
	built, err := v.builtIn(typ, url, version)
	if err != nil {
		return nil, err
	}
	if built != nil {
		// What R4 ships cannot be redefined under its own version, only known
		// better.
		stored = slices.DeleteFunc(stored, func(p *parsed) bool {
			version, better := p.meta().Version, rank(built)-rank(p)
			return better < 0 || better == 0 && (version == "" || version == built.meta().Version)
		})
	}
	if len(stored) > 0 {
		best := slices.MinFunc(stored, func(a, b *parsed) int {
			if ra, rb := rank(a), rank(b); ra != rb {
				return ra - rb
			}
			return fhir.CompareVersions(b.meta().Version, a.meta().Version)
		})
		if best.typ == systemType {
			return v.supplemented(best)
		}
		return best, nil
	}
	if built != nil && typ == systemType {
		return v.supplemented(built)
	}
	return built, nil
}

// rank puts code systems that say more before those that say less.
func rank(p *parsed) int {
	if p.typ != systemType {
		return 0
	}
	return 1 + slices.Index([]string{"complete", "fragment", "example", "not-present"}, p.system.Content)
}

// builtIn is a resource of R4, the latest version if none is named.
func (v *view) builtIn(typ, url, version string) (*parsed, error) {
	list := v.definitions.Canonical(typ, url)
	for i := len(list) - 1; i >= 0; i-- {
		if version == "" || list[i].Version == version {
			return v.load(list[i])
		}
	}
	return nil, nil
}

// load reads a resource of R4.
func (v *view) load(c *spec.Canonical) (*parsed, error) {
	return v.cache.get(c.Type+" "+c.URL+"|"+c.Version, func() (*parsed, error) {
		text, err := c.JSON()
		if err != nil {
			return nil, err
		}
		p, err := parse(c.Type, text, fhir.Key{})
		if err != nil {
			return nil, fmt.Errorf("parse %s: %w", c.URL, err)
		}
		return p, nil
	})
}

// storedBy are the stored resources that match a query, those that the caller
// is shown.
func (v *view) storedBy(typ, query string) ([]*parsed, error) {
	if v.stored == nil {
		return nil, nil
	}
	question := typ + "?" + query
	list, ok := v.cache.found(question, v.generation)
	if !ok {
		found, err := v.stored.Find(v.ctx, typ, query)
		if err != nil {
			return nil, err
		}
		var names []string
		for _, res := range found {
			name := res.Key.String()
			p, err := v.cache.get(name, func() (*parsed, error) { return parse(typ, res.JSON, res.Key) })
			if err != nil {
				return nil, fmt.Errorf("parse %s: %w", name, err)
			}
			list, names = append(list, p), append(names, name)
		}
		v.cache.remember(question, v.generation, names)
	}
	if v.svc == nil {
		return list, nil
	}
	var shown []*parsed
	for _, p := range list {
		ok, err := v.shows(p.key)
		if err != nil {
			return nil, err
		}
		if ok {
			shown = append(shown, p)
		}
	}
	return shown, nil
}

// shows asks the service whether the caller may see a resource. It is asked
// for a number, since the resource itself is here.
func (v *view) shows(k fhir.Key) (bool, error) {
	if ok, known := v.shown[k]; known {
		return ok, nil
	}
	page, err := v.svc.Search(v.ctx, fhir.Search{Type: k.Type, Query: "_id=" + k.ID + "&_summary=count"})
	if code := fhir.CodeOf(err); code == fhir.Forbidden || code == fhir.Unauthorized {
		err = nil
	} else if err != nil {
		return false, err
	}
	if v.shown == nil {
		v.shown = map[fhir.Key]bool{}
	}
	v.shown[k] = page.Total != nil && *page.Total > 0
	return v.shown[k], nil
}
