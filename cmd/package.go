package cmd

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir/tree"
)

// Package is about FHIR packages: the profiles, value sets and search
// parameters of an implementation guide in one file.
type Package struct {
	Add  PackageAdd  `cmd:"" help:"Store the definitions of a package (.tgz): profiles, terminology, search parameters."`
	List PackageList `cmd:"" help:"Tell which packages were added."`
}

// PackageAdd stores what a package defines.
type PackageAdd struct {
	Data `embed:""`

	File    string `arg:"" type:"existingfile" help:"The package, as an implementation guide publishes it." placeholder:"FILE"`
	To      string `help:"FHIR base URL of a running server, instead of the data directory." placeholder:"URL"`
	BaseURL string `help:"URL under which clients reach the server, as for serve." default:"http://127.0.0.1:8080" placeholder:"URL"`
}

// defining are the types of a package that say something to the server, in
// the order in which they are stored. Examples and texts are left out.
var defining = []string{"NamingSystem", "CodeSystem", "ValueSet", "ConceptMap", "StructureDefinition", "SearchParameter", "OperationDefinition", "Questionnaire"}

// guideType is the resource that tells of a package: it is stored last.
const guideType = "ImplementationGuide"

// packageMax bounds the text of a package.
const packageMax = 512 << 20

// manifest is package.json.
type manifest struct {
	Name         string   `json:"name"`
	Version      string   `json:"version"`
	Canonical    string   `json:"canonical"`
	Title        string   `json:"title"`
	FHIRVersions []string `json:"fhirVersions"`
	Versions     []string `json:"fhir-version-list"`
}

// Run stores each definition under its canonical URL and version: what was
// added before is updated, and two versions of a package stand side by side.
// What cannot be stored is told with the reason; everything else is in.
func (p *PackageAdd) Run(ctx context.Context, std Streams, log *slog.Logger) error {
	m, found, err := readPackage(p.File)
	if err != nil {
		return fmt.Errorf("read %s: %w", p.File, err)
	}
	if v := append(m.FHIRVersions, m.Versions...); len(v) > 0 && !slices.ContainsFunc(v, func(v string) bool { return strings.HasPrefix(v, "4.0") }) {
		return fmt.Errorf("the package %s is for FHIR %s, this server speaks 4.0", m.Name, strings.Join(v, ", "))
	}
	base, client, done, err := entrance{p.Data, p.To, p.BaseURL, "structural", "package add", "adding the package to"}.open(ctx, std, log)
	if err != nil {
		return err
	}
	stored, refused := 0, 0
	for _, typ := range defining {
		for _, d := range found[typ] {
			why, err := putDefinition(ctx, client, base, typ, d)
			switch {
			case err != nil:
				return errors.Join(err, done())
			case why == "":
				stored++
			default:
				refused++
				fmt.Fprintf(std.Out, "not stored: %s: %s\n", d.Text(d.Find("url")), why)
			}
		}
	}
	guide, err := tree.Parse(m.guide())
	if err == nil {
		var why string
		if why, err = putDefinition(ctx, client, base, guideType, guide); err == nil && why != "" {
			err = fmt.Errorf("the package cannot be listed: %s", why)
		}
	}
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	fmt.Fprintf(std.Out, "%s#%s: %d definitions stored, %d not\n", m.Name, m.Version, stored, refused)
	return nil
}

// guide is the resource that tells of the package.
func (m manifest) guide() []byte {
	address := m.Canonical
	if address == "" {
		address = "urn:webdoctor:package:" + m.Name
	}
	text, err := json.Marshal(map[string]any{
		"resourceType": guideType, "url": address + "/" + guideType + "/" + m.Name, "version": m.Version, "name": "Package", "title": m.Title,
		"status": "active", "packageId": m.Name, "fhirVersion": []string{"4.0.1"},
	})
	if err != nil {
		panic("cmd: a package is described by texts: " + err.Error())
	}
	return bytes.Replace(text, []byte(`"title":"",`), nil, 1)
}

// readPackage reads the definitions of a package, by type.
func readPackage(file string) (m manifest, found map[string][]*tree.Doc, err error) {
	f, err := os.Open(file)
	if err != nil {
		return m, nil, err
	}
	defer f.Close()
	zr, err := gzip.NewReader(f)
	if err != nil {
		return m, nil, errors.New("this is no package: it is not compressed by gzip")
	}
	found = map[string][]*tree.Doc{}
	for tr, left := tar.NewReader(zr), int64(packageMax); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return m, nil, err
		}
		dir, name := path.Split(h.Name)
		if path.Base(dir) != "package" || path.Ext(name) != ".json" || strings.HasPrefix(name, ".") {
			continue
		}
		text, err := io.ReadAll(io.LimitReader(tr, left))
		if err != nil {
			return m, nil, err
		}
		if left -= int64(len(text)); left <= 0 {
			return m, nil, errors.New("the package is too large")
		}
		if name == "package.json" {
			if err := json.Unmarshal(text, &m); err != nil {
				return m, nil, fmt.Errorf("package.json: %w", err)
			}
			continue
		}
		d, err := tree.Parse(text)
		if err != nil {
			return m, nil, fmt.Errorf("%s: %w", name, err)
		}
		if typ := d.Text(d.Find("resourceType")); d.Find("url") != tree.None {
			found[typ] = append(found[typ], d)
		}
	}
	if m.Name == "" || m.Version == "" {
		return m, nil, errors.New("this is no package: it has no package.json with name and version")
	}
	return m, found, nil
}

// putDefinition stores a definition under its URL and version. why says what
// the server has against it.
func putDefinition(ctx context.Context, client *http.Client, base, typ string, d *tree.Doc) (why string, err error) {
	criteria := url.Values{"url": {d.Text(d.Find("url"))}}
	if v := d.Text(d.Find("version")); v != "" {
		criteria.Set("version", v)
	}
	a, err := ask(ctx, client, http.MethodPut, base+"/"+typ+"?"+criteria.Encode(), anonymous(d))
	if err != nil || a.good() {
		return "", err
	}
	return a.why()
}

// anonymous is a resource without its id: versions of a package use the same
// ids, and the server gives each its own.
func anonymous(d *tree.Doc) []byte {
	id := d.Find("id")
	if id == tree.None {
		return d.Bytes()
	}
	next := d.Skip(id)
	if int(next) < d.Len() && d.Parent(next) == d.Root() {
		return tree.Splice(d.Bytes(), tree.Edit{Start: d.KeyStart(id), End: d.KeyStart(next)})
	}
	_, end := d.Span(id)
	start := bytes.LastIndexByte(d.Bytes()[:d.KeyStart(id)], ',')
	return tree.Splice(d.Bytes(), tree.Edit{Start: max(start, 0), End: end})
}

// PackageList tells which packages there are.
type PackageList struct {
	Data `embed:""`

	To      string `help:"FHIR base URL of a running server, instead of the data directory." placeholder:"URL"`
	BaseURL string `help:"URL under which clients reach the server, as for serve." default:"http://127.0.0.1:8080" placeholder:"URL"`
}

// Run prints name#version, one a line.
func (p *PackageList) Run(ctx context.Context, std Streams, log *slog.Logger) error {
	base, client, done, err := entrance{p.Data, p.To, p.BaseURL, "structural", "package list", "asking"}.open(ctx, std, log)
	if err != nil {
		return err
	}
	list, err := packages(ctx, client, base)
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	for _, name := range list {
		fmt.Fprintln(std.Out, name)
	}
	return nil
}

// packages lists the packages that a server tells of, however many pages that
// takes.
func packages(ctx context.Context, client *http.Client, base string) ([]string, error) {
	var list []string
	for query := "_count=1000&_elements=packageId,version"; query != ""; {
		a, err := ask(ctx, client, http.MethodGet, base+"/"+guideType+"?"+query, nil)
		if err != nil {
			return nil, err
		}
		if !a.good() {
			return nil, a.stranger()
		}
		var page struct {
			Link  []struct{ Relation, URL string }
			Entry []struct {
				Resource struct{ PackageID, Version string }
			}
		}
		if err := a.into(&page); err != nil {
			return nil, err
		}
		for _, e := range page.Entry {
			if e.Resource.PackageID != "" {
				list = append(list, e.Resource.PackageID+"#"+e.Resource.Version)
			}
		}
		query = ""
		for _, l := range page.Link {
			if l.Relation == "next" {
				// Only what is asked counts: links begin with the address by
				// which the world knows the server, and that need not be ours.
				_, query, _ = strings.Cut(l.URL, "?")
			}
		}
	}
	slices.Sort(list)
	return list, nil
}
