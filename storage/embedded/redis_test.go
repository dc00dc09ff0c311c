package embedded_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/webdoctor/webdoctor/storage/embedded"
)

func TestRedisExpiresAndAsksForThePassword(t *testing.T) {
	t.Parallel()
	r, err := embedded.StartRedis(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Stop()
	options, err := redis.ParseURL(r.URL())
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	defer client.Close()
	if err := client.Set(t.Context(), "short", "1", 300*time.Millisecond).Err(); err != nil {
		t.Fatal(err)
	}
	if err := client.Set(t.Context(), "long", "1", time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	for {
		err := client.Get(t.Context(), "short").Err()
		if errors.Is(err, redis.Nil) {
			break
		}
		if err != nil || time.Since(begun) > 5*time.Second {
			t.Fatalf("after %v: %v", time.Since(begun), err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if waited := time.Since(begun); waited < 90*time.Millisecond {
		t.Errorf("expired after %v", waited)
	}
	if left := client.TTL(t.Context(), "long").Val(); left > time.Hour-200*time.Millisecond || left < 59*time.Minute {
		t.Errorf("an hour has %v left", left)
	}

	for _, password := range []string{"", "guess"} {
		stranger := redis.NewClient(&redis.Options{Addr: options.Addr, Password: password})
		if err := stranger.Get(t.Context(), "long").Err(); err == nil || errors.Is(err, redis.Nil) {
			t.Errorf("password %q: %v", password, err)
		}
		stranger.Close()
	}
	if !strings.HasPrefix(options.Addr, "127.0.0.1:") {
		t.Errorf("listens on %s", options.Addr)
	}

	r.Stop()
	r.Stop() // twice is once
	if err := client.Ping(t.Context()).Err(); err == nil {
		t.Error("answers after stop")
	}
}
