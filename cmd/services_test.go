package cmd

import (
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/storage/blob"
)

func TestServicesFromTheEnvironment(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		env   map[string]string
		want  Services
		error string
	}{
		{name: "nothing"},
		{name: "url", env: map[string]string{"DATABASE_URL": "postgres://u:p@h:1/d", "DATABASE_NAME": "ignored"}, want: Services{Database: "postgres://u:p@h:1/d"}},
		{name: "postgresql scheme", env: map[string]string{"DATABASE_URL": "postgresql://h/d"}, want: Services{Database: "postgresql://h/d"}},
		{name: "not a url", env: map[string]string{"DATABASE_URL": "host=secret"}, error: "DATABASE_URL is not a postgres:// address"},
		{name: "parts", env: map[string]string{"DATABASE_NAME": "ehr", "DATABASE_USER": "me", "DATABASE_PASSWORD": "p@ss/word", "DATABASE_HOST": "db", "DATABASE_PORT": "6432"},
			want: Services{Database: "postgres://me:p%40ss%2Fword@/ehr?host=db&port=6432"}},
		{name: "name alone", env: map[string]string{"DATABASE_NAME": "ehr"}, want: Services{Database: "postgres:///ehr"}},
		{name: "password for the PG user", env: map[string]string{"DATABASE_NAME": "ehr", "DATABASE_PASSWORD": "x", "PGUSER": "me"}, want: Services{Database: "postgres://me:x@/ehr"}},
		{name: "bad port", env: map[string]string{"DATABASE_PORT": "secret"}, error: "DATABASE_PORT is not a port number"},
		{name: "PG names", env: map[string]string{"PGHOST": "db", "PGDATABASE": "ehr"}, want: Services{Database: "postgres:///"}},
		{name: "PGUSER alone", env: map[string]string{"PGUSER": "me", "PGPASSWORD": "x"}},
		{name: "redis", env: map[string]string{"REDIS_URL": "rediss://h:1/0"}, want: Services{Redis: "rediss://h:1/0"}},
		{name: "not redis", env: map[string]string{"REDIS_URL": "h:6379"}, error: "REDIS_URL is not a redis:// or rediss:// address"},
		{name: "s3", env: map[string]string{"S3_ENDPOINT": "h:9000", "S3_BUCKET": "b", "S3_ACCESS_KEY": "a", "S3_SECRET_KEY": "s", "S3_REGION": "r", "S3_TLS": "true"},
			want: Services{S3: blob.S3Config{Endpoint: "h:9000", Bucket: "b", AccessKey: "a", SecretKey: "s", Region: "r", TLS: true}}},
		{name: "s3 without bucket", env: map[string]string{"S3_ENDPOINT": "h:9000"}, error: "S3_BUCKET is missing although S3_ENDPOINT is set"},
		{name: "keys", env: map[string]string{"BINARY_KEYS": oneKey}, want: Services{Keys: must(blob.ParseKeys(oneKey))}},
		{name: "keys twice", env: map[string]string{"BINARY_KEYS": oneKey, "BINARY_KEYS_FILE": "x"}, error: "BINARY_KEYS and BINARY_KEYS_FILE are both set: one of them is enough"},
		{name: "no key", env: map[string]string{"BINARY_KEYS": "hunter2"}, error: "key 1 of the binaries is not the base64 of 32 bytes"},
		{name: "s3 without endpoint", env: map[string]string{"S3_SECRET_KEY": "s"}, error: "S3_ENDPOINT is missing although other S3_ variables are set"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := services(func(name string) string { return row.env[name] })
			if row.error != "" {
				if err == nil || err.Error() != row.error {
					t.Errorf("error %v, want %s", err, row.error)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(got, row.want) {
				t.Errorf("got %+v %v, want %+v", got, err, row.want)
			}
		})
	}
}

// oneKey is the text of a key of the binaries.
const oneKey = "c2l4dGVlbiBieXRlcyBhbmQgc2l4dGVlbiBtb3JlLi4="

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestServicesAreNotLogged(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	s := Services{Database: "postgres://u:hunter2@h/d", Redis: "redis://:hunter2@h", S3: blob.S3Config{Endpoint: "h", SecretKey: "hunter2"}}
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "services", s)
	if strings.Contains(b.String(), "hunter2") || !strings.Contains(b.String(), `"database":"configured"`) {
		t.Errorf("logged %s", b.String())
	}
}

func TestLoopbackHost(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"127.0.0.1": true, "127.9.8.7": true, "::1": true, "[::1]": true, "localhost": true, "LocalHost": true, "::ffff:127.0.0.1": true,
		"": false, "0.0.0.0": false, "::": false, "10.0.0.1": false, "192.168.1.1": false, "example.org": false, "localhost.example.org": false,
		"127.0.0.1.example.org": false, "2130706433": false, "0x7f.1": false, "fe80::1": false, "127.1": false,
	} {
		if got := loopbackHost(host); got != want {
			t.Errorf("loopbackHost(%q) = %v", host, got)
		}
	}
}

func TestWithoutPort(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"localhost:8080": "localhost", "localhost": "localhost", "127.0.0.1:1": "127.0.0.1", "[::1]:8080": "::1", "[::1]": "::1", "a.b:c": "a.b",
	} {
		if got := withoutPort(host); got != want {
			t.Errorf("withoutPort(%q) = %q", host, got)
		}
	}
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	const own = "http://127.0.0.1:8080"
	for configured, want := range map[string]string{
		"": "http://127.0.0.1:8080", "https://ehr.example.org/": "https://ehr.example.org", "https://example.org/ehr": "https://example.org/ehr",
	} {
		if got, err := baseURL(configured, own); err != nil || got != want {
			t.Errorf("baseURL(%q) = %q, %v", configured, got, err)
		}
	}
	for _, bad := range []string{"ehr.example.org", "ftp://x", "http://", "http://u:p@h", "http://h?q", "http://h#f", "http://h:port"} {
		if got, err := baseURL(bad, own); err == nil {
			t.Errorf("baseURL(%q) = %q", bad, got)
		}
	}
}

func TestOnlyHere(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		addr, base string
		want       bool
	}{
		{"127.0.0.1:8080", "http://127.0.0.1:8080", true},
		{"localhost:8080", "http://localhost", true},
		{"[::1]:0", "http://[::1]:4711", true},
		{"0.0.0.0:8080", "http://localhost", false},
		{":8080", "http://localhost", false},
		{"192.0.2.7:8080", "http://192.0.2.7:8080", false},
		{"127.0.0.1:8080", "https://ehr.example.org", false}, // a proxy stands before it
	} {
		if got := onlyHere(row.addr, row.base); got != row.want {
			t.Errorf("onlyHere(%q, %q) = %v", row.addr, row.base, got)
		}
	}
}
