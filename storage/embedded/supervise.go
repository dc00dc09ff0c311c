//go:build unix

package embedded

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Pauses between a crash and the next start. The first is short, because the
// usual case is a postmaster killed by hand or by the kernel's memory guard
// that will run again at once.
const (
	firstPause = 100 * time.Millisecond
	longPause  = 10 * time.Second
	calm       = time.Minute // a run this long forgets earlier crashes
)

// settings of the server where they differ from PostgreSQL's own: sized for a
// machine shared with WebDoctor, durable, and silent about patients.
var serverSettings = map[string]string{
	"listen_addresses":                  "", // the socket is the only way in
	"max_connections":                   "60",
	"max_wal_size":                      "4GB",
	"checkpoint_timeout":                "15min",
	"random_page_cost":                  "1.1",
	"autovacuum_vacuum_scale_factor":    "0.05",
	"timezone":                          "UTC",
	"log_timezone":                      "UTC",
	"logging_collector":                 "off",
	"log_checkpoints":                   "off",
	"log_line_prefix":                   "%m [%p] ",
	"log_error_verbosity":               "terse", // no DETAIL: it quotes the values of rows
	"log_min_error_statement":           "panic", // no STATEMENT: it may carry them too
	"log_parameter_max_length":          "0",
	"log_parameter_max_length_on_error": "0",
	"log_autovacuum_min_duration":       "-1",
	"log_min_duration_statement":        "-1",
	"unix_socket_permissions":           "0700",
	"fsync":                             "on",
	"full_page_writes":                  "on",
	"synchronous_commit":                "on",
}

// supervise starts the postmaster, reports the first start, and starts it
// again whenever it dies, until Stop.
//
// It stays on one operating-system thread, because the kernel sends the
// parent-death signal when the thread that forked ends, not the process.
func (p *Postgres) supervise(ctx context.Context, started chan<- error) {
	runtime.LockOSThread()
	defer close(p.done)
	defer p.release()
	pause := firstPause
	for first := true; ; first = false {
		begun := time.Now()
		exited, err := p.launch()
		if err == nil {
			err = p.await(ctx, exited)
		}
		if first {
			started <- err
			if err != nil {
				return
			}
			ctx = context.Background()
		}
		if err == nil {
			p.log.Info("postgres is ready", "pid", p.PID(), "version", p.bin.version, "after", time.Since(begun).Round(time.Millisecond).String())
			select {
			case <-p.stopping:
				p.signal(syscall.SIGINT)
				p.err = ended(<-exited)
				p.postmaster.Store(nil)
				return
			case err = <-exited:
				p.postmaster.Store(nil)
				err = cmp.Or(ended(err), errors.New("it exited"))
			}
		}
		if time.Since(begun) > calm {
			pause = firstPause
		}
		p.log.Error("postgres is down, starting it again", "error", err.Error(), "pause", pause.String())
		select {
		case <-p.stopping:
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, longPause)
		if err := evict(ctx, p.log, p.cluster); err != nil {
			p.log.Error("remains of the last postgres", "error", err.Error())
		}
	}
}

// compression is the best way to compress whole pages in the write-ahead log
// that the binaries were built with. The way that all of them have costs
// several times the processor time of lz4.
func (p *Postgres) compression() string {
	cmd := exec.Command(p.bin.path("postgres"), "-D", p.cluster, "-C", "wal_compression", "-c", "wal_compression=lz4")
	cmd.Dir, cmd.Env, cmd.SysProcAttr = "/", environment(), p.as.attr()
	if cmd.Run() != nil {
		return "on"
	}
	return "lz4"
}

// launch starts a postmaster and returns the channel on which its end will be
// reported. It must be called from the thread that supervises.
func (p *Postgres) launch() (<-chan error, error) {
	if err := clearSocket(p.run, p.as); err != nil {
		return nil, err
	}
	args := []string{"-D", p.cluster, "-k", p.run, "-p", socketPort}
	settings := maps.Clone(serverSettings)
	maps.Copy(settings, memorySettings(memory()))
	settings["wal_compression"] = p.compression()
	maps.Copy(settings, p.settings)
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	cmd := exec.Command(p.bin.path("postgres"), args...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = "/", environment(), p.as.attr()
	dieWithParent(cmd.SysProcAttr, syscall.SIGINT)
	// A pipe of our own: Wait would otherwise last until the last backend
	// of a killed postmaster has closed its end.
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = w, w
	err = cmd.Start()
	w.Close()
	if err != nil {
		r.Close()
		return nil, err
	}
	p.postmaster.Store(cmd.Process)
	logged := make(chan struct{})
	go func() {
		_, _ = io.Copy(p.output, r)
		r.Close()
		close(logged)
	}()
	exited := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		select { // its last words are the ones that matter, and a backend that outlives it keeps the pipe open
		case <-logged:
		case <-time.After(lastWords):
		}
		exited <- err
	}()
	return exited, nil
}

// lastWords is how long the end of a postmaster waits for the rest of its log.
const lastWords = 100 * time.Millisecond

// await returns nil when the server answers. If it does not come up, or nobody
// wants it any longer, no postmaster is left behind.
func (p *Postgres) await(ctx context.Context, exited <-chan error) error {
	begun, told := time.Now(), false
	for {
		try, cancel := context.WithTimeout(ctx, 2*time.Second)
		conn, err := pgx.Connect(try, p.URL("postgres"))
		if err == nil {
			err = conn.Close(try)
		}
		cancel()
		if err == nil {
			return nil
		}
		if !told && time.Since(begun) > 3*time.Second {
			told = true
			p.log.Info("postgres is recovering", "pid", p.PID())
		}
		select {
		case err := <-exited:
			p.postmaster.Store(nil)
			return fmt.Errorf("postgres ended while starting (%w); the end of %s: %s", cmp.Or(ended(err), errors.New("exit status 0")), p.output.name, p.output.Tail())
		case <-ctx.Done():
			p.signal(syscall.SIGINT)
			<-exited
			p.postmaster.Store(nil)
			return ctx.Err()
		case <-p.stopping:
			p.signal(syscall.SIGINT)
			<-exited
			p.postmaster.Store(nil)
			return errors.New("stopped while starting")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// ended turns the end of a postmaster into an error, nil for a clean one.
func ended(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("postmaster: %w", err)
}

// environment is all that a child of ours sees of our own: no passwords, and
// none of the PG* variables that would change what it does.
func environment() []string {
	env := []string{"LC_ALL=C", "TZ=UTC"}
	for _, name := range []string{"PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}
