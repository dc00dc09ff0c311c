// Command generate writes the compact tables of package spec from the
// StructureDefinitions, SearchParameters, CompartmentDefinitions,
// OperationDefinitions, CodeSystems, ValueSets and ConceptMaps of one pinned
// npm package.
//
// It takes facts only: names, cardinalities, types, targets, flags, bindings,
// invariants, expressions, codes and what they are called; no description,
// definition or narrative.
// What the package changed against FHIR 4.0.1 is put right by errata.json.
// The output depends on nothing but the package and the Go release, so that
// running it again must leave the work tree as it was.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	local := flag.String("package", "", "a local copy of the npm package: the unpacked directory or the tarball")
	out := flag.String("out", ".", "the directory of package spec")
	flag.Parse()
	if err := run(*local, *out); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(local, out string) error {
	src, err := open(local)
	if err != nil {
		return err
	}
	e, err := readErrata()
	if err != nil {
		return err
	}
	structure, err := definitions(src, e)
	if err != nil {
		return fmt.Errorf("write definitions: %w", err)
	}
	codes, err := terminology(src, e)
	if err != nil {
		return fmt.Errorf("write codes: %w", err)
	}
	resources, err := canonicals(src, e)
	if err != nil {
		return fmt.Errorf("write terminology: %w", err)
	}
	constrained, err := profiles(src)
	if err != nil {
		return fmt.Errorf("write profiles: %w", err)
	}
	if err := e.unused(); err != nil {
		return err
	}
	if err := compress(filepath.Join(out, "profiles.gz"), constrained); err != nil {
		return err
	}
	if err := compress(filepath.Join(out, "definitions.gz"), structure); err != nil {
		return err
	}
	if err := compress(filepath.Join(out, "codes.gz"), codes); err != nil {
		return err
	}
	return writeCanonicals(filepath.Join(out, "terminology.gz"), resources)
}

// definitions is the text of definitions.gz: types, then extensions, search
// parameters, compartments and operations.
func definitions(src source, e *errata) ([]byte, error) {
	var t table
	var resources, types bundle
	if err := src.read("profiles-resources.json", &resources); err != nil {
		return nil, err
	}
	if err := src.read("profiles-types.json", &types); err != nil {
		return nil, err
	}
	var search bundle
	if err := src.read("search-parameters.json", &search); err != nil {
		return nil, err
	}
	if err := writeTypes(&t, append(resources.of("StructureDefinition"), types.of("StructureDefinition")...), e); err != nil {
		return nil, err
	}
	var extensions bundle
	if err := src.read("extension-definitions.json", &extensions); err != nil {
		return nil, err
	}
	if err := writeExtensions(&t, extensions.of("StructureDefinition")); err != nil {
		return nil, err
	}
	if err := writeSearchParameters(&t, search.of("SearchParameter"), e); err != nil {
		return nil, err
	}
	if err := writeCompartments(&t, resources.of("CompartmentDefinition")); err != nil {
		return nil, err
	}
	if err := writeOperations(&t, resources.of("OperationDefinition")); err != nil {
		return nil, err
	}
	return t.bytes()
}
