package rest

import (
	"context"
	"net"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/webdoctor/webdoctor/fhir"
)

// App is a Fiber app with [Settings] that is safe with them, and that stops
// as soon as no request runs: see [App.Stop].
type App struct {
	*fiber.App
	connections connections
}

// NewApp is an app to mount things in. Whatever a handler leaves of a
// request's body never reaches the parser of the next request, and methods
// that Fiber does not know get an OperationOutcome too.
func NewApp() *App {
	a := &App{App: fiber.New(Settings())}
	server := a.Server()
	next := server.Handler
	server.Handler = func(ctx *fasthttp.RequestCtx) {
		c, ok := ctx.Conn().(*connection)
		if ok && !c.begin() {
			ctx.Response.SetConnectionClose() // it is closed already, and nobody would see what came of the request
			return
		}
		if slices.Contains(fiber.DefaultMethods, string(ctx.Method())) {
			next(ctx)
		} else {
			refuse(ctx, &fhir.Error{Code: fhir.NotSupported, Message: "no such method in HTTP"}, fiber.StatusNotImplemented)
		}
		(&web{ctx: ctx}).drain()
		if !ctx.IsHead() && !ctx.Response.IsBodyStream() && len(ctx.Response.Body()) >= writeBuffer {
			c.hold()
		}
	}
	server.ConnState = changed
	server.CloseOnShutdown = true // answers during a stop say Connection: close
	return a
}

// Listener serves the connections of ln until the app is stopped.
func (a *App) Listener(ln net.Listener) error {
	return a.App.Listener(&listener{ln, &a.connections})
}

// Stop takes no more connections, closes those on which no request runs, and
// waits for the requests that run. What still runs when ctx ends is cut off,
// and the error is that of ctx.
//
// The stop of fasthttp alone waits for connections, not for requests: one on
// which nothing was ever sent, as HTTP clients keep in reserve, or on which
// half a request stands, would hold it until its timeouts.
func (a *App) Stop(ctx context.Context) error {
	stopped := make(chan error, 1)
	go func() { stopped <- a.ShutdownWithContext(ctx) }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for begun := time.Now(); ; {
		a.connections.closeUnused(time.Since(begun))
		select {
		case err := <-stopped:
			a.connections.closeAll()
			return err
		case <-tick.C:
		}
	}
}
