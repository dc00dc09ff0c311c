package cmd

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
)

// listen opens the address, if it may be opened. Without accounts whoever
// reaches the server may read and change every record, so that it listens
// where only this machine reaches it.
func listen(addr string, accounts bool) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("%q is not an address such as 127.0.0.1:8080", addr)
	}
	if !accounts && !loopbackHost(host) {
		return nil, fmt.Errorf("refusing to listen on %s: with --access=open "+
			"everyone who reaches the server could read and change every record; "+
			"use a loopback address such as 127.0.0.1:%s, or --access=accounts", addr, port)
	}
	ln, err := net.Listen("tcp", addr)
	switch {
	case err == nil:
		return ln, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("another programme already listens on %s: stop it, or choose another address with --addr (port 0 takes a free one)", addr)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("this user may not listen on %s: choose a port above 1023 with --addr", addr)
	default:
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
}

// everywhere says whether an address is every address of the machine.
func everywhere(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsUnspecified()
}

// onlyHere says whether the server can be reached from this machine alone: by
// where it listens, and by what it is called, which a proxy may make public.
func onlyHere(addr, base string) bool {
	host, _, err := net.SplitHostPort(addr)
	u, wrong := url.Parse(base)
	return err == nil && wrong == nil && loopbackHost(host) && loopbackHost(u.Hostname())
}

// loopbackHost says whether a host, without its port, can only mean this
// machine. Names other than localhost are not looked up: what they mean may
// change.
func loopbackHost(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.Unmap().IsLoopback()
}

// baseURL is where clients find the server: what the operator says, else the
// server's own address. It has no slash at the end.
func baseURL(configured, own string) (string, error) {
	if configured == "" {
		return own, nil
	}
	u, err := url.Parse(configured)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", errors.New("--base-url is not an address such as https://ehr.example.org")
	}
	return strings.TrimRight(configured, "/"), nil
}
