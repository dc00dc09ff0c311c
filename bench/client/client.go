// Package client speaks HTTP to a FHIR server, one keep-alive connection per
// worker and with little work per request, because the client shares the
// processors with what it measures.
package client

import (
	"crypto/tls"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

// patience is how long an answer may take before it counts as an error.
const patience = 2 * time.Minute

// FHIRJSON is the media type of resources.
const FHIRJSON = "application/fhir+json"

// Client knows where a server is and how to be let in.
type Client struct {
	base  string // without a slash at the end
	addr  string
	tls   bool
	token string
}

// New makes a client for a FHIR base URL. The token may be empty.
func New(base, token string) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q is no FHIR base URL such as http://127.0.0.1:8080/fhir", base)
	}
	c := &Client{base: strings.TrimRight(base, "/"), addr: u.Host, tls: u.Scheme == "https", token: token}
	if u.Port() == "" {
		c.addr += map[bool]string{false: ":80", true: ":443"}[c.tls]
	}
	return c, nil
}

// Base is the FHIR base URL.
func (c *Client) Base() string { return c.base }

// Conn is a connection for one worker. It is made at the first request, and
// made again when the server has closed it.
func (c *Client) Conn() *Conn {
	return &Conn{client: c, host: &fasthttp.HostClient{
		Addr: c.addr, IsTLS: c.tls, TLSConfig: &tls.Config{},
		MaxConns: 1, MaxIdleConnDuration: time.Minute,
		ReadTimeout: patience, WriteTimeout: patience,
		ReadBufferSize: 64 << 10, NoDefaultUserAgentHeader: true, DisablePathNormalizing: true,
	}}
}

// Conn is not safe for concurrent use, and an answer is good until the next
// request on the same connection.
type Conn struct {
	client *Client
	host   *fasthttp.HostClient
	req    fasthttp.Request
	resp   fasthttp.Response
}

// Close lets go of the connection.
func (c *Conn) Close() { c.host.CloseIdleConnections() }

// Header is one header of a request beyond the usual.
type Header struct{ Name, Value string }

// Do sends a request. The path is relative to the base: "/Patient/7", or ""
// for the base itself. A body is FHIR JSON unless a header says otherwise.
func (c *Conn) Do(method, path string, body []byte, headers ...Header) (*fasthttp.Response, error) {
	c.prepare(method, path, headers)
	if body != nil {
		c.req.SetBodyRaw(body)
	}
	c.resp.Reset()
	c.host.StreamResponseBody = false
	if err := c.host.Do(&c.req, &c.resp); err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, kind(path), err)
	}
	return &c.resp, nil
}

// Get is Do without a body.
func (c *Conn) Get(path string, headers ...Header) (*fasthttp.Response, error) {
	return c.Do(fasthttp.MethodGet, path, nil, headers...)
}

func (c *Conn) prepare(method, path string, headers []Header) {
	c.req.Reset()
	c.req.SetRequestURI(c.client.base + path)
	c.req.Header.SetMethod(method)
	c.req.Header.Set(fasthttp.HeaderAccept, FHIRJSON)
	if c.client.token != "" {
		c.req.Header.Set(fasthttp.HeaderAuthorization, "Bearer "+c.client.token)
	}
	if method == fasthttp.MethodPost || method == fasthttp.MethodPut {
		c.req.Header.SetContentType(FHIRJSON)
	}
	for _, h := range headers {
		c.req.Header.Set(h.Name, h.Value)
	}
}

// kind is the first step of a path: what may stand in an error.
func kind(path string) string {
	path, _, _ = strings.Cut(strings.TrimPrefix(path, "/"), "?")
	path, _, _ = strings.Cut(path, "/")
	return "/" + path
}

// Location is the type, id and version that a Location header or
// Bundle.entry.response.location names.
func Location(s string) (typ, id, version string) {
	parts := strings.Split(s, "/")
	for i := len(parts) - 2; i > 1; i-- {
		if parts[i] == "_history" {
			return parts[i-2], parts[i-1], parts[i+1]
		}
	}
	if n := len(parts); n >= 2 {
		return parts[n-2], parts[n-1], ""
	}
	return "", "", ""
}

// ETag is that of the last answer.
func (c *Conn) ETag() []byte { return c.resp.Header.Peek(fasthttp.HeaderETag) }
