package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"time"
)

// Serve runs the server until it is told to stop.
type Serve struct {
	Data   `embed:""`
	Limits `embed:""`
	Rules  `embed:""`
	TLS    `embed:""`
	Access `embed:""`

	Recording `embed:""`

	Addr    string        `help:"Address to listen on; only loopback addresses are possible with --access=open. Port 0 takes a free one." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	BaseURL string        `help:"URL under which clients reach the server, when it differs from the address (behind a proxy)." placeholder:"URL"`
	Demo    bool          `help:"Fill an empty server with the records of a made-up clinic."`
	Drain   time.Duration `help:"How long to go on serving, with /readyz saying no, after being told to stop: time for a load balancer to notice." default:"0s"`
}

// stopTime bounds the end: requests that run longer are cut off, and
// Postgres is told to drop everything.
const stopTime = 25 * time.Second

// Run builds, mounts, starts, and at the end stops in the opposite order.
func (s *Serve) Run(ctx context.Context, std Streams, log *slog.Logger, settings Log) error {
	tuneMemory()
	configured, err := services(osEnv)
	if err != nil {
		return err
	}
	// The listener comes first: whether the address may be used is known at
	// once, and clients that come early wait in the queue of the kernel
	// instead of being turned away.
	ln, err := listen(s.Addr, s.guarded())
	if err != nil {
		return err
	}
	defer ln.Close()
	base, err := baseURL(s.BaseURL, s.TLS.scheme()+"://"+ln.Addr().String())
	if err != nil {
		return err
	}
	if s.BaseURL == "" && everywhere(ln.Addr()) {
		return errors.New("the server would not know its own address: say with --base-url how clients reach it, such as https://ehr.example.org")
	}
	if s.TLS.on() {
		if ln, err = s.TLS.wrap(ln, log); err != nil {
			return err
		}
	}
	var c *Claim
	if configured.Database == "" { // two servers may share a configured database, never a private one
		if c, err = claim(s.Dir, "serve"); err != nil {
			return err
		}
		defer c.Release()
	}
	b, err := openBackends(ctx, s.Dir, configured, log)
	if err != nil {
		return err
	}
	defer func() {
		end, cancel := context.WithTimeout(context.Background(), stopTime)
		defer cancel()
		b.Close(end)
		log.Info("stopped")
	}()
	if b.Record, err = s.Recording.open(s.Dir, s.guarded()); err != nil {
		return err
	}
	var doors *Doors
	if s.guarded() {
		if doors, err = openDoors(ctx, b, base, s.Access, s.Demo && onlyHere(s.Addr, base), log); err != nil {
			return err
		}
	}
	house, err := build(b, base, s.Limits, s.Rules, doors, log, settings.requests(log))
	if err != nil {
		return err
	}
	if err := house.Index.Start(ctx); err != nil {
		return fmt.Errorf("search parameters: %w", err)
	}
	ended := make(chan error, 2)
	go func() { ended <- house.App.Listener(ln) }()
	if s.Demo {
		door := openDoor(house)
		if err := loadDemo(ctx, b.DB, door.Base, door.Client, log); err != nil {
			return err
		}
		door.Client.CloseIdleConnections()
	}
	if c != nil {
		socket, err := listenOperator(s.Dir)
		if err != nil {
			return err
		}
		defer socket.Close()
		go func() { ended <- house.App.Server().Serve(socket) }()
		if err := c.Announce(Holder{PID: os.Getpid(), Command: "serve", Base: base + "/fhir", Socket: socket.Addr().String(), Database: b.DatabaseURL}); err != nil {
			return err
		}
	}
	welcome := ""
	if doors != nil {
		if welcome, err = doors.first(ctx); err != nil {
			return err
		}
	}
	background, quiet := context.WithCancel(context.WithoutCancel(ctx))
	var work sync.WaitGroup
	work.Go(func() { sweep(background, house.Objects, log) })
	work.Go(func() { forget(background, house.Index, log) })
	work.Go(func() { house.Index.Run(background) })
	if house.Audit != nil {
		work.Go(func() { house.Audit.Run(background, log) })
	}
	if doors != nil {
		work.Go(func() { doors.run(background) })
	}
	house.Health.Started()
	debug.FreeOSMemory() // what the start needed is not needed again
	fmt.Fprintf(std.Out, "WebDoctor is ready: FHIR R4 at %s/fhir, health at %s://%s/readyz, data in %s. Stop it with Ctrl-C.\n", base, s.TLS.scheme(), ln.Addr(), s.Dir)
	fmt.Fprint(std.Out, welcome)
	log.Info("ready", "addr", ln.Addr().String(), "services", configured, "version", readBuild().Version)

	select {
	case err = <-ended:
		err = errors.Join(errors.New("the listener ended"), err)
	case <-b.Died():
		err = errors.New("the private Postgres ended and does not come back; see postgres/postgres.log in the data directory")
	case <-ctx.Done():
		err = s.drain(house, log)
	}
	quiet()
	work.Wait()
	return err
}

// drain ends the requests: first the word that no more are wanted, then no
// more are taken, then those under way are waited for.
func (s *Serve) drain(h *House, log *slog.Logger) error {
	log.Info("stopping")
	h.Health.Stopping()
	time.Sleep(s.Drain)
	end, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if err := h.App.Stop(end); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("some requests did not end in %s and were cut off: %w", stopTime, err)
	}
	return nil
}

// tuneMemory lets the heap grow to three times what lives, but makes the collector
// work harder near a size that a small machine has to spare. Who sets GOGC or
// GOMEMLIMIT knows better.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(1 << 30)
	}
}
