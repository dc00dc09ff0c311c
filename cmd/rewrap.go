package cmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/webdoctor/webdoctor/storage/blob"
)

// Rewrap seals every binary under the newest of the keys. It touches neither
// the database nor a running server, and may run beside one.
type Rewrap struct {
	Data `embed:""`
}

// Run goes through all binaries and says what it did.
func (r *Rewrap) Run(ctx context.Context, s Streams) error {
	services, err := services(osEnv)
	if err != nil {
		return err
	}
	if len(services.Keys) == 0 {
		return errors.New("there is no key: set BINARY_KEYS or BINARY_KEYS_FILE, the newest key first")
	}
	backend, _, err := openObjects(r.Dir, services)
	if err != nil {
		return err
	}
	done, err := blob.Rewrap(ctx, backend)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "%d binaries: %d encrypted now, %d under the new key, %d as they should be\n",
		done.Objects, done.Sealed, done.Renewed, done.Objects-done.Sealed-done.Renewed)
	return nil
}
