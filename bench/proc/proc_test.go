package proc

import (
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	t.Parallel()
	const tail = " S 7 42 42 0 -1 4194560 1 2 3 4 150 50 300 100 20 0 1 0 5 6 7"
	for name, c := range map[string]struct {
		text string
		want Stat
		bad  bool
	}{
		"plain":             {"42 (postgres)" + tail, Stat{42, 7, "postgres", 2, 4}, false},
		"with parentheses":  {"42 (a (b) c)" + tail, Stat{42, 7, "a (b) c", 2, 4}, false},
		"nothing":           {"", Stat{}, true},
		"cut short":         {"42 (x) S 7", Stat{}, true},
		"letters for times": {"42 (x) S 7 42 42 0 -1 0 1 2 3 4 a b 0 0 0", Stat{}, true},
	} {
		got, err := parseStat([]byte(c.text))
		if got != c.want || (err != nil) != c.bad {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestParseBusyLeavesIdleOut(t *testing.T) {
	t.Parallel()
	got, err := parseBusy("cpu  100 200 300 9000 9000 50 50 100 7 7\ncpu0 1 1 1 1 1 1 1 1\n")
	if got != 8 || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := parseBusy("intr 1 2 3"); err == nil {
		t.Error("took a text without a cpu line")
	}
}

func TestParseMemory(t *testing.T) {
	t.Parallel()
	got, err := parseMemory("Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n")
	if got != (Memory{RSS: 1 << 20, Peak: 2 << 20}) || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := parseMemory("Name:\tx\n"); err == nil {
		t.Error("took a status without memory")
	}
}

func TestCostsGoToWhomTheyBelong(t *testing.T) {
	t.Parallel()
	all := []Stat{
		{PID: 10, Parent: 1, Command: "server", Own: 5, Reaped: 90},
		{PID: 11, Parent: 10, Command: "plugin", Own: 1},
		{PID: 12, Parent: 10, Command: "postgres", Own: 2, Reaped: 7},
		{PID: 13, Parent: 12, Command: "postgres", Own: 3},
		{PID: 20, Parent: 1, Command: "stranger", Own: 50},
	}
	if got := server(all, 10); got != 6 {
		t.Errorf("the server and its plugin used %v", got)
	}
	if got := postgres(all, 12); got != 12 {
		t.Errorf("the database, its backend and those that ended used %v", got)
	}
	if got := server(all, 0) + postgres(all, 0); got != 0 {
		t.Errorf("nobody used %v", got)
	}
}

func TestOwnClockRuns(t *testing.T) {
	t.Parallel()
	before, err := Watch{Server: os.Getpid()}.Now()
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(200 * time.Millisecond); time.Now().Before(end); { // burn
	}
	after, err := Watch{Server: os.Getpid()}.Now()
	if err != nil {
		t.Fatal(err)
	}
	spent := after.Sub(before)
	if spent.Client < 0.05 || spent.Server < 0.03 || spent.Busy < 0.05 {
		t.Errorf("burnt 0.2 s, read %+v", spent)
	}
}

func TestProcessTree(t *testing.T) {
	t.Parallel()
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = child.Process.Kill(); _ = child.Wait() }()
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, s := range below(all, os.Getpid(), func(Stat) bool { return false }) {
		found = found || s.PID == child.Process.Pid
	}
	if !found {
		t.Error("our child is not below us")
	}
	// Start returns while the kernel still lays out the arguments of the new
	// program; until then its command line reads as empty.
	v, ok := Flag(child.Process.Pid, "sleep")
	for end := time.Now().Add(10 * time.Second); !ok && time.Now().Before(end); v, ok = Flag(child.Process.Pid, "sleep") {
		time.Sleep(time.Millisecond)
	}
	if !ok || v != "60" {
		t.Errorf("the argument after sleep is %q", v)
	}
	if _, ok := Flag(child.Process.Pid, "-k"); ok {
		t.Error("found a flag that is not there")
	}
	if Postmaster(os.Getpid()) != 0 {
		t.Error("took something for a postmaster")
	}
}

func TestPeakSeesWhatIsGoneAfterwards(t *testing.T) {
	before, err := ReadMemory(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	const size = 64 << 20
	oops := errors.New("oops")
	top, err := Peak(t.Context(), os.Getpid(), func() error {
		b := make([]byte, size)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		return oops
	})
	if !errors.Is(err, oops) {
		t.Errorf("lost the error of the work: %v", err)
	}
	if top < before.RSS+size/2 {
		t.Errorf("peak %d MB after %d MB and 64 more", top>>20, before.RSS>>20)
	}
}
