package storage

import "testing"

// TestKnownIsBounded: the least recently learned keys are forgotten, those of
// the last generation are not.
func TestKnownIsBounded(t *testing.T) {
	t.Parallel()
	var k known
	for i := range int64(3 * maxKnown) {
		k.learn([]dictionaryKey{{key: i}})
	}
	if n := len(k.young) + len(k.old); n > 2*maxKnown {
		t.Errorf("%d keys are known", n)
	}
	for i, want := range map[int64]bool{0: false, maxKnown - 1: false, 2*maxKnown + 1: true, 3*maxKnown - 1: true, 3 * maxKnown: false} {
		if k.has(dictionaryKey{key: i}) != want {
			t.Errorf("%d is known: %v", i, !want)
		}
	}
	if k.has(dictionaryKey{key: 3*maxKnown - 1, system: 1}) {
		t.Error("a code of another system is known")
	}
}
