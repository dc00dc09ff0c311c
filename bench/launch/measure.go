package launch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/webdoctor/webdoctor/bench/proc"
)

// Starts is what starting takes.
type Starts struct {
	Cold    []float64 // ms, each on an empty directory
	Warm    []float64 // ms, each on the data of the last cold one
	IdleRSS int64     // bytes, a moment after the last start
}

// settle is how long a server is left alone before its idle memory is read.
const settle = 2 * time.Second

// Measure starts and stops a server, cold and warm, and leaves the last one
// running, with its data below "server" in the directory. Without a cold start
// the data are there already. The server is returned also with an error, to be
// stopped.
func Measure(ctx context.Context, o Options, colds, warms int) (*Server, Starts, error) {
	var starts Starts
	var server *Server
	top := o.Dir
	o.Dir = filepath.Join(top, "server")
	for i := range colds {
		if server != nil {
			if err := errors.Join(server.Stop(), os.RemoveAll(o.Dir)); err != nil {
				return server, starts, err
			}
		}
		if err := os.Mkdir(o.Dir, 0o700); err != nil {
			return server, starts, err
		}
		next, err := Start(ctx, o)
		if err != nil {
			return server, starts, fmt.Errorf("cold start %d: %w", i+1, err)
		}
		server = next
		starts.Cold = append(starts.Cold, milliseconds(server.Started))
	}
	for range warms {
		if server != nil {
			if err := server.Stop(); err != nil {
				return server, starts, err
			}
		}
		next, err := Start(ctx, o)
		if err != nil {
			return server, starts, err
		}
		server = next
		starts.Warm = append(starts.Warm, milliseconds(server.Started))
	}
	select {
	case <-ctx.Done():
		return server, starts, ctx.Err()
	case <-time.After(settle):
	}
	if m, err := proc.ReadMemory(server.PID()); err == nil {
		starts.IdleRSS = m.RSS
	}
	return server, starts, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
