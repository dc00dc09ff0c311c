//go:build unix && !linux

package embedded_test

import "testing"

func tempDir(t *testing.T) string { return t.TempDir() }
