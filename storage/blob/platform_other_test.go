//go:build unix && !linux

package blob_test

import "testing"

func platformTask(t *testing.T, job task) { t.Fatalf("no task %q here", job.Do) }
