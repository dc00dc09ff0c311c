package cmd

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/webdoctor/webdoctor/cmd/importer"
	"github.com/webdoctor/webdoctor/fhir/r4/clinic"
	"github.com/webdoctor/webdoctor/storage"
)

// demoKey is written down when the demo data are in.
const demoKey = "webdoctor/demo"

// loadDemo fills a server with the made-up clinic, once: at later starts what is there stays as it is, with the changes that were made to it.
// A load that was cut off is done over, which changes nothing that is in
// already. It ends before the server says that it is ready, so that the
// address that is printed has something to show.
func loadDemo(ctx context.Context, db *storage.DB, base string, client *http.Client, log *slog.Logger) error {
	if used, err := db.Used(ctx, demoKey); err != nil || used {
		return err
	}
	im := &importer.Importer{Base: base, Client: client, Log: log}
	begun := time.Now()
	for bundle := range clinic.Bundles(begun) {
		if err := im.Transaction(ctx, bundle.JSON); err != nil {
			return fmt.Errorf("load the demo data, %s: %w", bundle.Name, err)
		}
	}
	log.Info("loaded the demo data", "took", time.Since(begun).Round(time.Millisecond).String())
	return db.Use(ctx, demoKey)
}
