// Package outgoing fetches what others tell the server to fetch: the keys of
// a client, later the address of a webhook. Whoever may register an address
// could otherwise use the server as a hand inside its own network, so that
// every connection is looked at when it is made, after the name was resolved:
// only public addresses are connected to.
package outgoing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Limits of one fetch.
const (
	timeout  = 2 * time.Second
	sizeCap  = 64 << 10
	idleTime = 30 * time.Second
)

var (
	// ErrAddress says that an address is not one that may be connected to.
	ErrAddress = errors.New("the address is not a public one")

	// ErrSize says that there was more to read than we read.
	ErrSize = errors.New("the answer is too long")
)

// Client fetches from public addresses. The zero value does so by https only.
type Client struct {
	// Near lets the client reach private addresses and plain http. It is for
	// tests and for an operator whose apps live in the same network.
	Near bool

	http *http.Client
}

// New makes a client.
func New(near bool) *Client {
	c := &Client{Near: near}
	dialer := &net.Dialer{Timeout: timeout, Control: func(_, address string, _ syscall.RawConn) error {
		if near {
			return nil
		}
		return public(address)
	}}
	c.http = &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would resolve the name, where nobody looks
			DialContext:            dialer.DialContext,
			TLSHandshakeTimeout:    timeout,
			ResponseHeaderTimeout:  timeout,
			MaxResponseHeaderBytes: 16 << 10,
			MaxIdleConns:           4,
			IdleConnTimeout:        idleTime,
			ForceAttemptHTTP2:      true,
		},
		// A redirect is an address that nobody registered.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// Check says whether an address may be fetched from at all, as far as its text
// tells: https, a host, no user, and not an address of a private network.
func (c *Client) Check(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		return errors.New("not an address that can be fetched from")
	case u.Scheme != "https" && (u.Scheme != "http" || !c.Near):
		return errors.New("the address must begin with https")
	case c.Near:
		return nil
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".internal") || strings.HasSuffix(host, ".local") {
		return ErrAddress
	}
	if ip, err := netip.ParseAddr(host); err == nil && !isPublic(ip) {
		return ErrAddress
	}
	return nil
}

// Get fetches a JSON document and says how long it may be kept, at most: what
// its Cache-Control says, or usual when it says nothing.
func (c *Client) Get(ctx context.Context, address string, usual time.Duration) (body []byte, keep time.Duration, err error) {
	if err := c.Check(address); err != nil {
		return nil, 0, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, 0, err
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "WebDoctor")
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, 0, fmt.Errorf("fetch: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, 0, fmt.Errorf("fetch: the answer is %d", resp.StatusCode)
	}
	if body, err = io.ReadAll(io.LimitReader(resp.Body, sizeCap+1)); err != nil {
		return nil, 0, fmt.Errorf("fetch: %w", err)
	}
	if len(body) > sizeCap {
		return nil, 0, ErrSize
	}
	return body, kept(resp.Header, usual), nil
}

// kept is what Cache-Control allows (RFC 9111).
func kept(h http.Header, usual time.Duration) time.Duration {
	for _, line := range h.Values("Cache-Control") {
		for directive := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(directive)), "=")
			switch name {
			case "no-store", "no-cache":
				return 0
			case "max-age":
				seconds, err := strconv.Atoi(strings.Trim(value, `"`))
				if err != nil || seconds < 0 {
					return 0
				}
				age, _ := strconv.Atoi(h.Get("Age"))
				usual = max(0, time.Duration(min(seconds, 1<<30)-max(0, age))*time.Second)
			}
		}
	}
	return usual
}

// public looks at the address of a connection that is about to be made.
func public(address string) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !isPublic(to.Addr()) {
		return ErrAddress
	}
	return nil
}

// reserved are the networks that are not somewhere on the Internet, besides
// those that netip names (RFC 6890 and the registries of IANA).
var reserved = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10")

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		list[i] = netip.MustParsePrefix(text)
	}
	return list
}

func isPublic(ip netip.Addr) bool {
	ip = ip.Unmap()
	if ip.Zone() != "" || !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
		return false
	}
	for _, p := range reserved {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}
