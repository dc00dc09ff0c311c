package proc

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Watch names the processes that belong to a run. A zero is a process that is
// not there or not known; its time then counts as other.
type Watch struct {
	Server         int // the FHIR server
	ServerPostgres int // the postmaster of its database
	RawPostgres    int // the postmaster of the raw side
}

// CPU is seconds of processor time since some beginning; only differences
// mean anything.
type CPU struct {
	Busy           float64 // of the whole machine
	Client         float64 // of this process
	Server         float64
	ServerPostgres float64
	RawPostgres    float64
}

// Sub is the time spent between two readings.
func (c CPU) Sub(before CPU) CPU {
	return CPU{
		Busy: c.Busy - before.Busy, Client: c.Client - before.Client, Server: c.Server - before.Server,
		ServerPostgres: c.ServerPostgres - before.ServerPostgres, RawPostgres: c.RawPostgres - before.RawPostgres,
	}
}

// Other is what nobody of ours used.
func (c CPU) Other() float64 {
	return max(0, c.Busy-c.Client-c.Server-c.ServerPostgres-c.RawPostgres)
}

// Now reads the clocks of everybody watched.
func (w Watch) Now() (CPU, error) {
	busy, err := busy()
	if err != nil {
		return CPU{}, err
	}
	all, err := All()
	if err != nil {
		return CPU{}, err
	}
	var self syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &self); err != nil {
		return CPU{}, err
	}
	return CPU{
		Busy:           busy,
		Client:         seconds(self.Utime) + seconds(self.Stime),
		Server:         server(all, w.Server),
		ServerPostgres: postgres(all, w.ServerPostgres),
		RawPostgres:    postgres(all, w.RawPostgres),
	}, nil
}

// server is the process and those it has started, its database excepted.
func server(all []Stat, pid int) float64 {
	if pid == 0 {
		return 0
	}
	sum := own(all, pid)
	for _, s := range below(all, pid, func(s Stat) bool { return s.Command == "postgres" }) {
		sum += s.Own
	}
	return sum
}

// postgres is a postmaster and its backends. Backends that have ended are in
// what the postmaster has reaped; without that a run that closes connections
// would seem to have cost nothing.
func postgres(all []Stat, pid int) float64 {
	if pid == 0 {
		return 0
	}
	sum := own(all, pid)
	for _, s := range all {
		if s.PID == pid {
			sum += s.Reaped
		}
	}
	for _, s := range below(all, pid, func(Stat) bool { return false }) {
		sum += s.Own
	}
	return sum
}

func own(all []Stat, pid int) float64 {
	for _, s := range all {
		if s.PID == pid {
			return s.Own
		}
	}
	return 0
}

func seconds(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }

// busy is the time that the machine's processors were not idle.
func busy() (float64, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	return parseBusy(string(text))
}

func parseBusy(text string) (float64, error) {
	line, _, _ := strings.Cut(text, "\n")
	f := strings.Fields(line)
	if len(f) < 9 || f[0] != "cpu" {
		return 0, errors.New("proc: no cpu line in stat")
	}
	var sum float64
	for i, field := range f[1:9] {
		if i == 3 || i == 4 { // idle, waiting for input and output
			continue
		}
		v, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return 0, err
		}
		sum += v
	}
	return sum / hz, nil
}

// WaitIdle returns when others have used less than limit processors for two
// seconds in a row, or when patience ends; it says which.
func WaitIdle(ctx context.Context, limit float64, patience time.Duration, w Watch) (idle bool, err error) {
	const step = time.Second
	quiet := 0
	before, err := w.Now()
	if err != nil {
		return false, err
	}
	for end := time.Now().Add(patience); time.Now().Before(end); {
		begun := time.Now()
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(step):
		}
		now, err := w.Now()
		if err != nil {
			return false, err
		}
		if now.Sub(before).Other()/time.Since(begun).Seconds() < limit {
			quiet++
		} else {
			quiet = 0
		}
		if quiet == 2 {
			return true, nil
		}
		before = now
	}
	return false, nil
}
