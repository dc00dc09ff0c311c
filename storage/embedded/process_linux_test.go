package embedded_test

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/storage/embedded"
)

// A server of its own process: the test binary, run again.
const serverVariable = "WEBDOCTOR_TEST_SERVER"

type job struct {
	Dir    string
	Alone  bool   // forbid namespaces, as some containers do
	Binary string // a copy of this programme that the other user can run, "" for this one
}

// started is what the other process says when its server is up.
type started struct {
	PID int
	URL string
}

// TestServer is not a test but the other process: it does nothing unless told.
func TestServer(t *testing.T) {
	text, ok := os.LookupEnv(serverVariable)
	if !ok {
		return
	}
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		t.Fatal(err)
	}
	if j.Alone {
		if err := os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0); err != nil {
			t.Fatal(err)
		}
	}
	p, err := embedded.StartPostgres(t.Context(), embedded.PostgresConfig{Dir: j.Dir})
	if err != nil {
		t.Fatal(err)
	}
	line, err := json.Marshal(started{p.PID(), p.URL("postgres")})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(string(line))
	_, _ = os.Stdin.Read(make([]byte, 1)) // until the first process has seen enough
	stop(t, p)
}

// other starts a server in another process. Done ends it in order.
func other(t *testing.T, j job, attr *syscall.SysProcAttr) (cmd *osexec.Cmd, s started, done func()) {
	t.Helper()
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	cmd = osexec.Command(cmp.Or(j.Binary, os.Args[0]), "-test.run=^TestServer$")
	cmd.Env = append(os.Environ(), serverVariable+"="+string(text))
	cmd.SysProcAttr = attr
	cmd.Stderr = t.Output()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	r := bufio.NewReader(out)
	var said strings.Builder
	for s.PID == 0 {
		line, err := r.ReadString('\n')
		said.WriteString(line)
		if err != nil {
			t.Fatalf("the other process says %q", said.String())
		}
		_ = json.Unmarshal([]byte(line), &s) // or the line is another
	}
	return cmd, s, func() {
		in.Close()
		rest, _ := bufio.NewReader(r).ReadString(0)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the other process: %v: %s", err, rest)
		}
	}
}

// alive says whether a process runs; a zombie does not.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, _ := strings.Cut(string(stat), ") ")
	return err == nil && !strings.HasPrefix(state, "Z")
}

func TestServerKilledLeavesNoPostgres(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	cmd, s, _ := other(t, job{Dir: dir}, nil)
	exec(t, s.URL, "CREATE TABLE kept AS SELECT 7 AS n")
	busy, err := pgx.Connect(t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close(t.Context())
	if _, err := busy.Exec(t.Context(), "BEGIN; INSERT INTO kept VALUES (8)"); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for begun := time.Now(); alive(s.PID); time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > 10*time.Second {
			t.Fatal("postgres has not ended")
		}
	}
	p := start(t, dir)
	if n := query[int](t, p.URL("postgres"), "SELECT sum(n) FROM kept"); n != 7 {
		t.Errorf("kept %d", n)
	}
}

// TestOrphanIsEnded: a postmaster that could not hear that we died, because it
// was stopped, is found at the next start.
func TestOrphanIsEnded(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	cmd, s, _ := other(t, job{Dir: dir}, nil)
	exec(t, s.URL, "CREATE TABLE kept AS SELECT 7 AS n")
	if err := syscall.Kill(s.PID, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if !alive(s.PID) {
		t.Fatal("no orphan")
	}
	p := start(t, dir)
	if alive(s.PID) || p.PID() == s.PID {
		t.Error("the orphan lives")
	}
	if n := query[int](t, p.URL("postgres"), "SELECT n FROM kept"); n != 7 {
		t.Errorf("kept %d", n)
	}
}

// TestBothKilled: the server and postgres at the same moment, as by a power cut.
func TestBothKilled(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	cmd, s, _ := other(t, job{Dir: dir}, nil)
	exec(t, s.URL, "CREATE TABLE kept AS SELECT 7 AS n")
	if err := errors.Join(syscall.Kill(s.PID, syscall.SIGKILL), cmd.Process.Kill()); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	p := start(t, dir)
	if n := query[int](t, p.URL("postgres"), "SELECT n FROM kept"); n != 7 {
		t.Errorf("kept %d", n)
	}
}

// ordinary is the user nobody if we are root, and else ourselves, with a
// directory and a copy of this programme that they can use.
func ordinary(t *testing.T) (job, *syscall.SysProcAttr) {
	t.Helper()
	top := tempDir(t)
	j := job{Dir: filepath.Join(top, "data", "postgres")}
	if os.Geteuid() != 0 {
		return j, nil
	}
	const nobody = 65534
	j.Binary = filepath.Join(top, "programme")
	text, err := os.ReadFile(os.Args[0])
	if err == nil {
		err = os.WriteFile(j.Binary, text, 0o755)
	}
	// The directory above is tempDir's and closed to others.
	if err = errors.Join(err, os.Chown(top, nobody, nobody), os.Chmod(filepath.Dir(top), 0o755)); err != nil {
		t.Fatal(err)
	}
	return j, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
}

func TestOrdinaryUser(t *testing.T) {
	t.Parallel()
	j, attr := ordinary(t)
	for range 2 {
		_, s, done := other(t, j, attr)
		if n := query[int](t, s.URL, "SELECT 1"); n != 1 {
			t.Error("no answer")
		}
		done()
	}
}

// TestNamelessUser: containers are run under any number.
func TestNamelessUser(t *testing.T) {
	t.Parallel()
	j, attr := ordinary(t)
	if attr == nil || !mayMap(&syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER}) {
		return // we cannot become another user, or the kernel has no answer to it
	}
	const nameless = 54321
	if err := os.Chown(filepath.Dir(filepath.Dir(j.Dir)), nameless, nameless); err != nil {
		t.Fatal(err)
	}
	attr.Credential = &syscall.Credential{Uid: nameless, Gid: nameless}
	for range 2 {
		_, s, done := other(t, j, attr)
		if n := query[int](t, s.URL, "SELECT 1"); n != 1 {
			t.Error("no answer")
		}
		done()
	}
}

// TestClusterChangesHands: root uses a namespace where it may and another user
// where it may not, on the same data.
func TestClusterChangesHands(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(tempDir(t), "data", "postgres")
	ids := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 100_000}}
	alone := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER, UidMappings: ids, GidMappings: ids, GidMappingsEnableSetgroups: true}
	plan := []*syscall.SysProcAttr{nil, alone, nil}
	if os.Geteuid() != 0 || !mayMap(alone) {
		plan = []*syscall.SysProcAttr{nil, nil} // there is one way only, and it serves all tests
	}
	var owners []uint32
	for i, attr := range plan {
		_, s, done := other(t, job{Dir: dir, Alone: attr != nil}, attr)
		if i == 0 {
			exec(t, s.URL, "CREATE TABLE kept AS SELECT 7 AS n")
		} else if n := query[int](t, s.URL, "SELECT n FROM kept"); n != 7 {
			t.Errorf("kept %d", n)
		}
		info, err := os.Stat(filepath.Join(dir, "cluster", "base"))
		if err != nil {
			t.Fatal(err)
		}
		owners = append(owners, info.Sys().(*syscall.Stat_t).Uid)
		done()
	}
	if len(plan) == 3 && (owners[0] != 0 || owners[1] == 0 || owners[2] != 0) {
		t.Errorf("owners of the cluster: %v", owners)
	}
	if !slices.Equal(owners[:1], owners[len(owners)-1:]) {
		t.Errorf("owners of the cluster: %v", owners)
	}
}

// mayMap says whether the kernel makes such a namespace.
func mayMap(attr *syscall.SysProcAttr) bool {
	cmd := osexec.Command("/bin/true")
	copied := *attr
	cmd.SysProcAttr = &copied
	return cmd.Run() == nil
}

// TestPlaceOfAnother: root starts the server below a directory that only its
// owner may enter, as with sudo in somebody's home.
func TestPlaceOfAnother(t *testing.T) {
	t.Parallel()
	home := filepath.Join(tempDir(t), "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		const somebody = 1 // "daemon" of Linux systems: it has a name
		if err := errors.Join(os.Chown(home, somebody, somebody), os.Chmod(filepath.Dir(filepath.Dir(home)), 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	p := start(t, filepath.Join(home, "clinic", "data", "postgres"))
	if n := query[int](t, p.URL("postgres"), "SELECT 1"); n != 1 {
		t.Error("no answer")
	}
	for _, dir := range []string{home, filepath.Join(home, "clinic"), filepath.Join(home, "clinic", "data")} {
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o067 != 0 {
			t.Errorf("%s has mode %v", dir, info.Mode())
		}
	}
}
