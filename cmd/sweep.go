package cmd

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/webdoctor/webdoctor/storage"
)

// sweepEvery is how often objects without a row are looked for. They are left
// behind by requests that were cut off between the object and its row.
const sweepEvery = 6 * time.Hour

// sweepAge is how old an object without a row must be: no request takes so
// long between the two.
const sweepAge = 24 * time.Hour

// again does work in the background until the context ends. The first time
// comes soon after the start, and not at the same moment on all servers of a
// database.
func again(ctx context.Context, every time.Duration, work func()) {
	wait := 5*time.Minute + rand.N(10*time.Minute)
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		work()
		wait = every
	}
}

// sweep removes objects without a row, until the context ends.
func sweep(ctx context.Context, objects *storage.Objects, log *slog.Logger) {
	again(ctx, sweepEvery, func() {
		swept, err := objects.Sweep(ctx, sweepAge)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			log.Error("sweep objects without a row", "error", err.Error())
		case swept.Missing > 0:
			log.Error("objects are missing that versions of resources need", "missing", swept.Missing)
		case swept.Rows+swept.Blobs.Condemned+swept.Blobs.Deleted+swept.Blobs.Damaged > 0:
			log.Info("swept objects without a row", "rows", swept.Rows, "condemned", swept.Blobs.Condemned,
				"deleted", swept.Blobs.Deleted, "damaged", swept.Blobs.Damaged)
		}
	})
}

// forgetEvery is how often dictionaries of the index are gone through for what
// no resource says any more.
const forgetEvery = 24 * time.Hour

// forget goes through the dictionaries, until the context ends.
func forget(ctx context.Context, index *storage.Index, log *slog.Logger) {
	again(ctx, forgetEvery, func() {
		gone, err := index.Forget(ctx, storage.ForgetAge)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			log.Error("sweep dictionaries of the index", "error", err.Error())
		case gone != storage.Forgotten{}:
			log.Info("swept dictionaries of the index", "terms", gone.Terms, "texts", gone.Texts, "wordings", gone.Wordings)
		}
	})
}
