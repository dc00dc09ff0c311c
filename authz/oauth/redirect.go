package oauth

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// redirectTo is the registered address that an app asked for: the same text,
// or, for an address of the machine of the person, the same but for the port
// (RFC 8252, 7.3). There is no default.
func redirectTo(c Client, asked string) (*url.URL, bool) {
	u, err := url.Parse(asked)
	if err != nil || !goodRedirect(u) {
		return nil, false
	}
	if slices.Contains(c.Redirects, asked) {
		return u, true
	}
	if !loopback(u) {
		return nil, false
	}
	for _, text := range c.Redirects {
		registered, err := url.Parse(text)
		if err != nil || !loopback(registered) {
			continue
		}
		same := *u
		same.Host = registered.Host
		if same.String() == registered.String() && u.Hostname() == registered.Hostname() {
			return u, true
		}
	}
	return nil, false
}

// goodRedirect says whether an address may be registered to send codes to: by
// https, or by http to the machine of the person, where no network is
// between. Schemes of apps can be taken by another app.
func goodRedirect(u *url.URL) bool {
	return u.Host != "" && u.User == nil && u.Fragment == "" && u.Opaque == "" && !strings.Contains(u.Host, "*") && secureRedirect(u)
}

func secureRedirect(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && (loopback(u) || u.Hostname() == "localhost")
}

// loopback says whether the host is an address, not a name, of the machine
// itself.
func loopback(u *url.URL) bool {
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && u.Scheme == "http" && ip.IsLoopback()
}

// withParams adds parameters to a registered address. They replace those of
// the same name, so that an app cannot be told two answers.
func withParams(to *url.URL, params url.Values) string {
	u := *to
	q := u.Query()
	for name, values := range params {
		q[name] = values
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// origin is the web origin of an address, "" for none.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
