package portal

import (
	"log/slog"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/portal/i18n"
)

// Config is what the portal is made of.
type Config struct {
	Base string // public URL of the server, without a slash at its end

	Accounts Accounts
	Apps     Apps
	Service  fhir.Service // clinical data

	Mailbox bool // nothing sends letters: a page shows them
	Demo    bool // everybody may look into the mailbox, not only administrators
	Dev     bool // there is a gallery

	Zone *time.Location // of the clinic
	Now  func() time.Time
	Log  *slog.Logger
}

// server is the portal.
type server struct {
	Config
	secure    bool // people come by https
	origin    string
	languages []*i18n.Language
	looks     looks
	assets    *assets
	once      *once
}

// Mount hangs the pages under router. It takes every path that is left, so
// that a page that is not there is a page too: mount it last.
func Mount(router fiber.Router, cfg Config) error {
	s, err := newServer(cfg)
	if err != nil {
		return err
	}
	router.Get("/static/:file", s.serveAsset)
	for _, rt := range s.routes() {
		if rt.method == fiber.MethodGet {
			router.Get(rt.path, s.serve(rt)) // and HEAD
		} else {
			router.Add(rt.method, rt.path, s.serve(rt))
		}
	}
	router.All("/*", s.serve(route{need: anyone, do: s.lost}))
	return nil
}

func newServer(cfg Config) (*server, error) {
	s := &server{Config: cfg, once: newOnce()}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Zone == nil {
		s.Zone = time.Local
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	var err error
	if s.origin, s.secure, err = originOf(cfg.Base); err != nil {
		return nil, err
	}
	if s.languages, err = i18n.Load(); err != nil {
		return nil, err
	}
	if s.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	if s.looks, err = s.parse(); err != nil {
		return nil, err
	}
	return s, nil
}
