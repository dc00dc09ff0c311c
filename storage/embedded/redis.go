package embedded

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// tick is how often the clock of the in-process Redis is wound; keys outlive
// their expiry by no more than this.
const tick = 200 * time.Millisecond

// Redis is a Redis server inside this process, on a loopback port and behind a
// password, since every user of the machine can reach the port.
type Redis struct {
	server   *miniredis.Miniredis
	password string
	stopOnce sync.Once
	stopping chan struct{}
	done     chan struct{}
}

// StartRedis starts a Redis that is empty and that keeps nothing beyond Stop.
func StartRedis(ctx context.Context) (*Redis, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("start redis: %w", err)
	}
	r := &Redis{server: miniredis.NewMiniRedis(), password: rand.Text(), stopping: make(chan struct{}), done: make(chan struct{})}
	r.server.RequireAuth(r.password)
	if err := r.server.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("start redis: %w", err)
	}
	go r.wind()
	return r, nil
}

// wind moves the server's clock on: left alone it stands still and no key ever
// expires.
func (r *Redis) wind() {
	defer close(r.done)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	last := time.Now()
	for {
		select {
		case <-r.stopping:
			return
		case <-ticker.C:
			now := time.Now()
			r.server.FastForward(now.Sub(last))
			last = now
		}
	}
}

// URL is the address with the password, as redis.ParseURL takes it.
func (r *Redis) URL() string {
	u := url.URL{Scheme: "redis", User: url.UserPassword("default", r.password), Host: r.server.Addr(), Path: "/0"}
	return u.String()
}

// Stop ends the server and forgets everything in it.
func (r *Redis) Stop() {
	r.stopOnce.Do(func() {
		close(r.stopping)
		<-r.done
		r.server.Close()
	})
}
