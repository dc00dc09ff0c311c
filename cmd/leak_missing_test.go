package cmd

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// notYet are the cases that no test of this package asks, and what they wait
// for: words by which the routes or operations will be known once they are
// there. Cases that wait for nothing are asked by the tests of another room.
var notYet = map[string]struct{ why, until string }{
	"T03": {"every route without a token: the doors of authz", "/oauth"}, "T04": {"tokens", "/oauth"}, "T05": {"tokens", "/oauth"}, "T06": {"tokens", "/oauth"}, "T07": {"tokens", "/oauth"}, "T08": {"tokens", "/oauth"},
	"T09": {"cookies of the portal", "/login"}, "T10": {"revoking an app", "/oauth"}, "T11": {"changing a password", "/login"}, "T15": {"the bearer door", "/oauth"}, "T16": {"introspection", "/oauth"}, "T17": {"codes", "/oauth"},
	"T18": {"PKCE", "/oauth"}, "T19": {"client assertions", "/oauth"}, "T20": {"narrowing scopes", "/oauth"}, "T21": {"launches", "/oauth"}, "T22": {"registration of clients", "/oauth"}, "S15": {"scopes at the authorization endpoint", "/oauth"},
	"C19": {"a flow to ask for a connection", "$match"}, "C28": {"organizations apart from each other: another database each", ""},
	"L12": {"TestSearchesLeaveNoTrace", ""}, "L13": {"sealed pages: TestSearchesLeaveNoTrace", ""}, "L22": {"TestSearchesLeaveNoTrace", ""}, "L24": {"documents that hold resources", "$document"}, "L25": {"documents", "$document"},
	"H08": {"caches: the headers of rest", ""}, "H09": {"hammering with the race detector", ""},
	"W16": {"holds", "$hold"}, "W20": {"forms of the portal", "/login"}, "W21": {"app state", "smart-app-state"},
}

// TestLeaksAreCovered: every case of sections 1 to 6 is asked, or is listed
// with its reason; and once a route is mounted, cases that waited for it no
// longer may.
func TestLeaksAreCovered(t *testing.T) {
	t.Parallel()
	asked := map[string]bool{"C20": true, "C21": true, "L10": true, "H07": true} // TestCareRelations, TestEveryRoleLeavesNoTrace
	for _, l := range append(leakReads(), leakWrites()...) {
		asked[l.id] = true
	}
	var missing []string
	for section, n := range map[string]int{"T": 22, "S": 15, "C": 28, "L": 25, "H": 9, "W": 21} {
		for i := 1; i <= n; i++ {
			id := section + string(rune('0'+i/10)) + string(rune('0'+i%10))
			if _, later := notYet[id]; !asked[id] && !later {
				missing = append(missing, id)
			} else if asked[id] && later {
				t.Errorf("%s is asked: it need not be listed", id)
			}
		}
	}
	if slices.Sort(missing); len(missing) > 0 {
		t.Errorf("no test asks %s", strings.Join(missing, " "))
	}
	// What is mounted, by the words of the composition root.
	root, err := os.ReadFile("house.go")
	if err != nil {
		t.Fatal(err)
	}
	for id, c := range notYet {
		if c.until != "" && strings.Contains(string(root), `"`+c.until) {
			t.Errorf("%s is mounted, and %s (%s) is still not asked", c.until, id, c.why)
		}
	}
}
