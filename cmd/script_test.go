package cmd_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/webdoctor/webdoctor/cmd"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// TestMain makes the test binary answer to the name webdoctor, so that the
// scripts run the real programme in processes of its own.
func TestMain(m *testing.M) {
	testscript.Main(cleaning{m}, map[string]func(){
		"webdoctor": func() { os.Exit(cmd.Run(os.Args[1:])) },
	})
}

// cleaning removes what the tests shared.
type cleaning struct{ *testing.M }

func (c cleaning) Run() int {
	code := c.M.Run()
	if dir, err := template(); err == nil {
		os.RemoveAll(dir)
	}
	return code
}

// TestScripts runs testdata/script/*.txtar. Besides the commands of
// testscript they have:
//
//	serve [-as NAME] [-fresh] [flags]   start the server, set $BASE, $ROOT and $PORT ($BASE_NAME, $ROOT_NAME, $PORT_NAME)
//	client METHOD URL [-H 'k: v'] [-d FILE|-b TEXT]   send a request; status, headers and body are stdout
//	capture NAME REGEXP                 set $NAME to the first group of the last stdout
//	certificate HOST                    write cert.pem and key.pem of a certificate for the host
//	shutdown [NAME]                     SIGTERM, and the exit code must be 0
//	ends [NAME]                         wait until the server ends by itself; the exit code must be 0
//	kill9 [NAME]                        SIGKILL to the server
//	killpg [NAME]                       SIGKILL to its private Postgres
//	noorphans [DATA]                    nothing of the private Postgres is left
//	ready [NAME] / ! ready [NAME]       wait until /readyz says so
//	database                            set $DATABASE_URL to an empty, migrated database
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			if dir := os.Getenv("WEBDOCTOR_PG_BIN"); dir != "" {
				env.Setenv("WEBDOCTOR_PG_BIN", dir)
			}
			env.Values[servers{}] = map[string]*server{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve":       serve,
			"client":      client,
			"capture":     capture,
			"shutdown":    shutdown,
			"ends":        ends,
			"certificate": certificate,
			"kill9":       kill9,
			"killpg":      killpg,
			"noorphans":   noorphansCmd,
			"ready":       ready,
			"database": func(ts *testscript.TestScript, _ bool, _ []string) {
				ts.Setenv("DATABASE_URL", storagetest.Postgres(t))
			},
		},
	})
}

// servers is the key under which a script keeps its servers by name.
type servers struct{}

// named finds a server of the script; "" is the one without a name.
func named(ts *testscript.TestScript, args []string) *server {
	name := ""
	if len(args) > 0 {
		name = args[0]
	}
	s := ts.Value(servers{}).(map[string]*server)[name]
	if s == nil {
		ts.Fatalf("no server %q was started", name)
	}
	return s
}

// environment is that of the script, as a list.
func environment(ts *testscript.TestScript) []string {
	env := plain()
	for _, name := range strings.Fields(`DATABASE_URL DATABASE_HOST DATABASE_PORT DATABASE_NAME DATABASE_USER DATABASE_PASSWORD
		PGHOST PGDATABASE PGUSER PGPASSWORD REDIS_URL S3_ENDPOINT S3_BUCKET S3_ACCESS_KEY S3_SECRET_KEY S3_REGION S3_TLS BINARY_KEYS BINARY_KEYS_FILE
		WEBDOCTOR_ADDR WEBDOCTOR_DATA WEBDOCTOR_BASE_URL WEBDOCTOR_REFERENCES WEBDOCTOR_DRAIN WEBDOCTOR_SPELLING`) {
		if v := ts.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

func serve(ts *testscript.TestScript, neg bool, args []string) {
	name, fresh := "", false
	for len(args) > 0 {
		if args[0] == "-as" && len(args) > 1 {
			name, args = args[1], args[2:]
			continue
		}
		if args[0] == "-fresh" {
			fresh, args = true, args[1:]
			continue
		}
		break
	}
	data := ts.MkAbs("data")
	if _, err := os.Stat(data); err != nil && !fresh && ts.Getenv("DATABASE_URL") == "" {
		ts.Check(plant(data))
	}
	s, err := start(ts.MkAbs("."), data, environment(ts), args...)
	if neg {
		if err == nil {
			s.kill()
			ts.Fatalf("serve started although it should not")
		}
		fmt.Fprintln(ts.Stderr(), err)
		return
	}
	ts.Check(err)
	ts.Value(servers{}).(map[string]*server)[name] = s
	ts.Defer(func() { s.kill(); ts.Logf("[log of the server]\n%s", s.log) })
	suffix := ""
	if name != "" {
		suffix = "_" + name
	}
	ts.Setenv("BASE"+suffix, s.Base)
	ts.Setenv("ROOT"+suffix, s.Root)
	ts.Setenv("PORT"+suffix, s.Root[strings.LastIndexByte(s.Root, ':')+1:])
}

// certificate makes a self-signed certificate.
func certificate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: certificate HOST")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	about := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: args[0]}, DNSNames: []string{args[0]}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	cert, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	ts.Check(err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: cert}, "key.pem": {Type: "PRIVATE KEY", Bytes: secret}} {
		ts.Check(os.WriteFile(ts.MkAbs(name), pem.EncodeToMemory(block), 0o600))
	}
}

// TestScriptsGoToTheirEnd: testscript has commands that end a script early and
// call it passed, and they win over ours of the same name.
func TestScriptsGoToTheirEnd(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("%d scripts, %v", len(scripts), err)
	}
	for _, script := range scripts {
		text, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		commands, _, _ := strings.Cut(string(text), "\n-- ")
		for n, line := range strings.Split(commands, "\n") {
			if word, _, _ := strings.Cut(strings.TrimSpace(line), " "); word == "stop" || word == "skip" {
				t.Errorf("%s:%d: %q ends the script", script, n+1, line)
			}
		}
	}
}

// shownHeaders are the headers that client prints, in this order.
var shownHeaders = []string{"Content-Type", "Content-Length", "Content-Range", "Accept-Ranges", "ETag", "Last-Modified", "Location", "Allow", "Retry-After", "Cache-Control", "Vary", "Access-Control-Allow-Origin"}

func client(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: client METHOD URL [-H 'k: v'] [-d FILE|-b TEXT]")
	}
	body, headers := "", []string(nil)
	for rest := args[2:]; len(rest) > 0; rest = rest[2:] {
		if len(rest) < 2 {
			ts.Fatalf("%s needs a value", rest[0])
		}
		switch rest[0] {
		case "-H":
			headers = append(headers, rest[1])
		case "-b":
			body = rest[1]
		case "-d":
			body = ts.ReadFile(rest[1])
		default:
			ts.Fatalf("unknown option %s", rest[0])
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	status, h, answer, err := call(ctx, args[0], args[1], body, headers...)
	ts.Check(err)
	w := ts.Stdout()
	fmt.Fprintln(w, status, http.StatusText(status))
	for _, name := range shownHeaders {
		if v := h.Get(name); v != "" {
			fmt.Fprintf(w, "%s: %s\n", name, v)
		}
	}
	fmt.Fprintln(w)
	var pretty bytes.Buffer
	if json.Indent(&pretty, []byte(answer), "", "  ") == nil {
		answer = pretty.String()
	}
	fmt.Fprintln(w, answer)
}

func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: capture NAME REGEXP")
	}
	m := regexp.MustCompile("(?m)" + args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(m) < 2 {
		ts.Fatalf("stdout has nothing like %s", args[1])
	}
	ts.Setenv(args[0], m[1])
}

func shutdown(ts *testscript.TestScript, neg bool, args []string) {
	if err := named(ts, args).stop(); (err != nil) != neg {
		ts.Fatalf("the server ended with %v", err)
	}
}

func ends(ts *testscript.TestScript, neg bool, args []string) {
	if err := named(ts, args).ended(40 * time.Second); (err != nil) != neg {
		ts.Fatalf("the server ended with %v", err)
	}
}

func kill9(ts *testscript.TestScript, _ bool, args []string) { named(ts, args).kill() }

func killpg(ts *testscript.TestScript, _ bool, args []string) {
	s := named(ts, args)
	pid, err := s.postmaster()
	ts.Check(err)
	ts.Check(syscall.Kill(pid, syscall.SIGKILL))
	// The backends outlive their postmaster for a moment and still answer, so
	// that a server may seem ready: wait for the next postmaster.
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if next, err := s.postmaster(); err == nil && next != pid {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("Postgres was not started again")
		}
	}
}

func noorphansCmd(ts *testscript.TestScript, _ bool, args []string) {
	dir := "data"
	if len(args) > 0 {
		dir = args[0]
	}
	ts.Check(noOrphans(ts.MkAbs(dir)))
}

func ready(ts *testscript.TestScript, neg bool, args []string) {
	s := named(ts, args)
	for range 200 {
		status, _, _, err := call(context.Background(), "GET", s.Root+"/readyz", "")
		if err == nil && (status == http.StatusOK) != neg {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	ts.Fatalf("readiness did not change in 20 seconds")
}
