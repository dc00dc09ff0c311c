package client

import (
	"fmt"
	"io"

	"github.com/valyala/fasthttp"
)

// Send streams size bytes from a reader as the body of a request; the body is
// never in memory whole, neither here nor, one hopes, there.
func (c *Conn) Send(method, path string, body io.Reader, size int, headers ...Header) (*fasthttp.Response, error) {
	c.prepare(method, path, headers)
	c.req.SetBodyStream(body, size)
	c.resp.Reset()
	c.host.StreamResponseBody = false
	if err := c.host.Do(&c.req, &c.resp); err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, kind(path), err)
	}
	return &c.resp, nil
}

// Receive streams the body of an answer into a writer and returns the status
// and the number of bytes.
func (c *Conn) Receive(path string, into io.Writer, headers ...Header) (status int, n int64, err error) {
	c.prepare(fasthttp.MethodGet, path, headers)
	c.resp.Reset()
	c.host.StreamResponseBody = true
	if err := c.host.Do(&c.req, &c.resp); err != nil {
		return 0, 0, fmt.Errorf("GET %s: %w", kind(path), err)
	}
	defer func() {
		if closeErr := c.resp.CloseBodyStream(); err == nil {
			err = closeErr
		}
	}()
	if s := c.resp.BodyStream(); s != nil {
		n, err = io.Copy(into, s)
	} else {
		m, writeErr := into.Write(c.resp.Body())
		n, err = int64(m), writeErr
	}
	return c.resp.StatusCode(), n, err
}
