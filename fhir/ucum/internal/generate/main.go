// Command generate writes units.tsv of package ucum from the units and
// prefixes of one pinned npm package. It takes facts only: codes, whether a
// unit takes prefixes, and its definition; no name, symbol or property. What
// the package does not say, or says otherwise than we need it, is put right by
// the lists below. The output depends on nothing but the package.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// arbitrary are the units that UCUM marks as arbitrary (§24), a mark which the
// package leaves out: each can be compared with itself alone. [IU] is not
// among them since it is defined as [iU].
const arbitrary = "[hp_X] [hp_C] [hp_M] [hp_Q] [kp_X] [kp_C] [kp_M] [kp_Q] [iU] [arb'U] [USP'U] [GPL'U] [MPL'U] [APL'U] [beth'U] [anti'Xa'U] " +
	"[todd'U] [dye'U] [smgy'U] [bdsk'U] [ka'U] [knk'U] [mclg'U] [tb'U] [CCID_50] [TCID_50] [EID_50] [PFU] [FFU] [CFU] [IR] [BAU] [AU] " +
	"[Amb'a'1'U] [PNU] [Lf] [D'ag'U] [FEU] [ELU] [EU]"

// bases are units that UCUM defines by others and we do not. To UCUM a mole is
// a number, so that a concentration of cells would be one of a substance; the
// SI has it as a quantity of its own, and so have we.
const bases = "mol"

func main() {
	local := flag.String("package", "", "a local copy of the npm package, the tarball")
	out := flag.String("out", ".", "the directory of package ucum")
	flag.Parse()
	if err := run(*local, *out); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(local, out string) error {
	files, err := source.Read(local, sourceDir)
	if err != nil {
		return err
	}
	prefixes, err := read(files["prefixes.ts"])
	if err != nil {
		return fmt.Errorf("prefixes: %w", err)
	}
	units, err := read(files["units.ts"])
	if err != nil {
		return fmt.Errorf("units: %w", err)
	}
	text, err := table(prefixes, units)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "units.tsv"), []byte(text), 0o644)
}

// table is the text of units.tsv, in the order of the package: per line a
// code, its kind, and after it what the kind asks for.
//
//	p  prefix: value
//	b  base unit
//	a  arbitrary unit, a base of its own
//	u  unit: value, unit
//	s  special unit: value, unit, function
//
// An upper case kind says that the unit takes prefixes.
func table(prefixes, units []entry) (string, error) {
	own, fixed := words(arbitrary), words(bases)
	var b strings.Builder
	for _, p := range prefixes {
		fmt.Fprintf(&b, "%s\tp\t%s\n", p.code, p.value)
	}
	for _, u := range units {
		kind, rest := "u", "\t"+u.value+"\t"+u.unit
		switch {
		case own[u.code]:
			kind, rest = "a", ""
		case u.base || fixed[u.code]:
			kind, rest = "b", ""
		case u.function != "":
			kind, rest = "s", rest+"\t"+u.function
		}
		delete(own, u.code)
		delete(fixed, u.code)
		if u.metric {
			kind = strings.ToUpper(kind)
		}
		fmt.Fprintf(&b, "%s\t%s%s\n", u.code, kind, rest)
	}
	if len(own)+len(fixed) > 0 {
		return "", fmt.Errorf("the package does not have %v %v", own, fixed)
	}
	return b.String(), nil
}

func words(list string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		set[word] = true
	}
	return set
}
