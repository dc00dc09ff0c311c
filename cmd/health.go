package cmd

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Health answers the questions of whoever runs the server: GET /healthz (is
// the process alive?) and GET /readyz (should it get requests?). What exactly
// is wrong is told to callers on this machine only.
type Health struct {
	Checks []Check
	Log    *slog.Logger

	started  atomic.Bool
	stopping atomic.Bool
	mu       sync.Mutex
	at       time.Time
	last     []finding
}

// Check is one thing without which requests cannot be served.
type Check struct {
	Name string
	Test func(context.Context) error
}

// finding is the result of a check.
type finding struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Millis int64  `json:"ms"`
	Reason string `json:"reason,omitempty"`
}

// Started turns readiness on: everything that a start does has been done.
func (h *Health) Started() { h.started.Store(true) }

// Stopping turns readiness off for good, before the listener closes, so that
// load balancers look elsewhere.
func (h *Health) Stopping() { h.stopping.Store(true) }

// fresh is how long findings are given out again: probes of many balancers
// cost no more than one.
const fresh = time.Second

// checkTime bounds one check.
const checkTime = 2 * time.Second

// look runs the checks.
func (h *Health) look() (findings []finding, ready bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Since(h.at) > fresh {
		found := make([]finding, len(h.Checks))
		var wg sync.WaitGroup
		for i, c := range h.Checks {
			wg.Go(func() { found[i] = c.run() })
		}
		wg.Wait()
		for i, f := range found {
			if was := i >= len(h.last) || h.last[i].OK; was != f.OK {
				h.Log.Warn("readiness changed", "check", f.Name, "ok", f.OK, "reason", f.Reason)
			}
		}
		h.last, h.at = found, time.Now()
	}
	ready = h.started.Load() && !h.stopping.Load()
	for _, f := range h.last {
		ready = ready && f.OK
	}
	return h.last, ready
}

func (c Check) run() finding {
	ctx, cancel := context.WithTimeout(context.Background(), checkTime)
	defer cancel()
	begun := time.Now()
	err := c.Test(ctx)
	f := finding{Name: c.Name, OK: err == nil, Millis: time.Since(begun).Milliseconds()}
	if err != nil {
		f.Reason = err.Error()
	}
	return f
}

// Mount hangs the two pages under a router.
func (h *Health) Mount(r fiber.Router) {
	r.Get("/healthz", func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderCacheControl, "no-store")
		return c.SendString("alive\n")
	})
	r.Get("/readyz", h.readyz)
}

func (h *Health) readyz(c *fiber.Ctx) error {
	findings, ready := h.look()
	c.Set(fiber.HeaderCacheControl, "no-store")
	if !ready {
		c.Set(fiber.HeaderRetryAfter, "2")
		c.Status(fiber.StatusServiceUnavailable)
	}
	if c.Context().QueryArgs().Has("detail") {
		if !fromHere(c) {
			return c.SendStatus(fiber.StatusForbidden)
		}
		return c.JSON(map[string]any{"ready": ready, "started": h.started.Load(), "stopping": h.stopping.Load(), "checks": findings})
	}
	if !ready {
		return c.SendString("not ready\n")
	}
	return c.SendString("ready\n")
}

// askReady asks a server on this machine whether it is ready, and why not.
func askReady(fhirBase string) (ready bool, detail string, err error) {
	client := &http.Client{Timeout: checkTime + time.Second}
	res, err := client.Get(strings.TrimSuffix(fhirBase, "/fhir") + "/readyz?detail")
	if err != nil {
		return false, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	return res.StatusCode == http.StatusOK, string(text), err
}
