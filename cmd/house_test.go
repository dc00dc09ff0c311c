package cmd_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/webdoctor/webdoctor"

// may lists, for each room, the rooms it may enter (law 4: arrows point
// inward). What is not listed is forbidden, and so is a room that is not
// listed. Only cmd knows everyone.
var may = map[string][]string{
	"fhir":                        {},
	"fhir/tree":                   {"fhir"},
	"fhir/spec":                   {},
	"fhir/internal/npm":           {},
	"fhir/internal/published":     {},
	"fhir/spec/internal/generate": {"fhir/internal/npm"},
	"fhir/path":                   {"fhir", "fhir/tree", "fhir/spec", "fhir/ucum"},
	"fhir/patch":                  {"fhir", "fhir/tree", "fhir/path", "fhir/spec"},
	"fhir/ucum":                   {},
	"fhir/ucum/internal/generate": {"fhir/internal/npm"},
	"fhir/search":                 {"fhir", "fhir/tree", "fhir/path", "fhir/spec", "fhir/ucum"},
	"fhir/terminology":            {"fhir", "fhir/tree", "fhir/spec", "fhir/ucum"},
	"fhir/validate":               {"fhir", "fhir/tree", "fhir/path", "fhir/spec"},
	"fhir/profile":                {"fhir", "fhir/tree", "fhir/path", "fhir/spec", "fhir/validate"},
	"fhir/engine":                 {"fhir", "fhir/tree", "fhir/path", "fhir/patch", "fhir/spec", "fhir/search", "fhir/validate", "fhir/profile"},
	"fhir/rest":                   {"fhir", "fhir/tree", "fhir/spec", "fhir/search"},
	"fhir/r4":                     {"fhir"},
	"fhir/r4/clinic":              {"fhir/r4"},
	"authz":                       {"fhir"},
	"authz/accounts":              {"fhir", "authz"},
	"authz/accounts/smtp":         {"authz/accounts"},
	"authz/oauth":                 {"fhir", "authz", "authz/outgoing"},
	"authz/outgoing":              {},
	"portal":                      {"fhir", "authz", "authz/accounts", "portal/i18n"},
	"portal/i18n":                 {},
	"migrations":                  {},
	"storage":                     {"fhir", "fhir/tree", "fhir/spec", "fhir/search", "fhir/engine", "authz", "authz/accounts", "authz/oauth", "migrations", "storage/blob", "storage/ledger"},
	"storage/ledger":              {"fhir"},
	"storage/blob":                {},
	"storage/internal/dictionary": {"fhir/r4/clinic", "fhir/spec"},
	"storage/blob/blobtest":       {"storage/blob"},
	"storage/embedded":            {},
	"storage/storagetest":         {"migrations", "storage/blob", "storage/embedded"},
	"bench":                       {"storage/embedded"},
	"bench/benchtest":             {},
	"bench/designs":               {"bench", "fhir/search", "fhir/spec", "fhir/tree", "migrations", "storage/embedded"}, // it extracts values as the server does
}

// home says in which rooms a library may be used (law 5: one library, one
// room). Below cmd and bench every package of the room counts as the room.
var home = map[string][]string{
	"github.com/gofiber/fiber":             {"cmd", "fhir/rest", "authz/oauth", "portal"},
	"github.com/ory/fosite":                {"authz/oauth"},
	"github.com/go-webauthn/webauthn":      {"authz/accounts"},
	"github.com/wneessen/go-mail":          {"authz/accounts/smtp"},
	"github.com/go-jose/go-jose":           {"authz/oauth"},
	"github.com/uptrace/bun":               {"storage", "migrations"},
	"github.com/jackc/pgx":                 {"storage", "storage/embedded", "storage/storagetest", "migrations", "bench", "bench/designs"},
	"github.com/minio/minio-go":            {"storage/blob"},
	"github.com/redis/go-redis":            {"cmd"},
	"github.com/alicebob/miniredis":        {"storage/embedded"},
	"github.com/samply/golang-fhir-models": {"fhir/r4", "fhir/r4/clinic"},
	"golang.org/x/mod":                     {"storage/ledger"},
	"github.com/prometheus":                {"cmd"},
	"github.com/alecthomas/kong":           {"cmd", "bench", "bench/designs"},
	"github.com/joho/godotenv":             {"cmd"},
	"codeberg.org/go-pdf/fpdf":             {"fhir/r4/clinic"},
	"github.com/ory/ladon":                 {"authz"},
	"rsc.io/qr":                            {"portal"},
	"github.com/chromedp":                  {}, // test files only
	"pgregory.net/rapid":                   {}, // test files only
	"github.com/rogpeppe/go-internal":      {}, // test files only
	"testing":                              {"fhir/internal/published", "storage/storagetest", "storage/blob/blobtest", "bench/benchtest"},
}

// listed is what "go list" says about a package.
type listed struct {
	ImportPath, Name string
	Imports, Deps    []string
}

func list(t *testing.T, patterns ...string) []listed {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list", "-json=ImportPath,Name,Imports,Deps"}, patterns...)...).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p listed
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// room is the name of a package inside the house, "main" for the root.
func room(path string) (string, bool) {
	if path == module {
		return "main", true
	}
	name, ours := strings.CutPrefix(path, module+"/")
	if !ours {
		return "", false
	}
	for _, whole := range []string{"cmd", "bench"} {
		if strings.HasPrefix(name, whole+"/") && name != "bench/benchtest" && name != "bench/designs" {
			return whole, true
		}
	}
	return name, true
}

func TestArrowsPointInward(t *testing.T) {
	t.Parallel()
	for _, p := range list(t, module+"/...") {
		from, _ := room(p.ImportPath)
		for _, imported := range p.Imports {
			to, ours := room(imported)
			switch {
			case !ours, from == to, from == "cmd":
			case from == "main" && to == "cmd":
			case !slices.Contains(may[from], to):
				t.Errorf("%s may not import %s", from, to)
			}
		}
		if _, known := may[from]; !known && from != "cmd" && from != "main" {
			t.Errorf("%s is a room without a place in the house: add it to the plan", from)
		}
	}
}

func TestLibrariesStayInTheirRooms(t *testing.T) {
	t.Parallel()
	for _, p := range list(t, module+"/...") {
		from, _ := room(p.ImportPath)
		for _, imported := range p.Imports {
			for library, rooms := range home {
				if (imported == library || strings.HasPrefix(imported, library+"/")) && !slices.Contains(rooms, from) {
					t.Errorf("%s is at home in %v, not in %s", library, rooms, from)
				}
			}
		}
	}
}

// TestBinaryHoldsNoTestTools walks everything that is linked into the
// programme: what only tests need must not come along.
func TestBinaryHoldsNoTestTools(t *testing.T) {
	t.Parallel()
	for _, p := range list(t, module) {
		for _, dep := range p.Deps {
			for _, unwanted := range []string{
				"pgregory.net/rapid", "github.com/chromedp", "github.com/rogpeppe/go-internal", "github.com/versity/versitygw",
				module + "/storage/storagetest", module + "/bench",
			} {
				if dep == unwanted || strings.HasPrefix(dep, unwanted+"/") {
					t.Errorf("the binary contains %s", dep)
				}
			}
		}
	}
}
