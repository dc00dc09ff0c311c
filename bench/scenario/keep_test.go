package scenario_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/bench/benchtest"
	"github.com/webdoctor/webdoctor/bench/scenario"
)

// What one run has loaded and kept is what the next one measures.
func TestKeptDataAreMeasuredAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if k, err := scenario.Look(dir); err != nil || k.Bundles != 0 {
		t.Fatalf("an empty directory holds %+v, %v", k, err)
	}
	first := env(t, benchtest.New(), 3, nil)
	if err := first.Keep(dir, [2]float64{7, 8}); err != nil {
		t.Fatal(err)
	}
	k, err := scenario.Look(dir)
	if err != nil || k.Bundles != 3 || k.Raw || k.Base != [2]float64{7, 8} {
		t.Errorf("%+v, %v", k, err)
	}
	second := &scenario.Env{Client: first.Client, Exact: true, Fresh: true}
	if err := second.Resume(dir); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(first.Loaded, second.Loaded) {
		t.Error("what came back is not what was kept")
	}
	chosen, err := scenario.Select([]string{"read", "s_obs_code", "everything"})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range chosen {
		if err := check(t, second, s); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
	if err := scenario.Unkeep(dir); err != nil {
		t.Fatal(err)
	}
	if k, err := scenario.Look(dir); err != nil || k.Bundles != 0 {
		t.Errorf("after the data have changed the directory still holds %+v, %v", k, err)
	}
	if err := second.Resume(dir); err == nil || !strings.Contains(err.Error(), "loaded") {
		t.Errorf("resumed from nothing: %v", err)
	}
}
