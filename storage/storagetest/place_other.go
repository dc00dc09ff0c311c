//go:build !linux

package storagetest

import "os"

// place is where test clusters lie.
func place() string { return os.TempDir() }
