package cmd

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/valyala/fasthttp/fasthttputil"
)

// Door is the REST API of a house for callers inside this process. It is the
// very API that serve puts on a port, without the port: import and the demo
// data come in like everybody else's requests.
type Door struct {
	Base   string // FHIR base URL
	Client *http.Client

	house *House
	ended chan error
}

// doorBase is what the house is called inside the process, whatever clients
// outside call it.
const doorBase = "http://localhost"

// openDoor starts to serve the house inside the process.
func openDoor(h *House) *Door {
	ln := fasthttputil.NewInmemoryListener()
	ln.SetLocalAddr(&net.UnixAddr{Name: "inside", Net: "unix"}) // what comes in here is the operator's
	d := &Door{Base: doorBase + "/fhir", house: h, ended: make(chan error, 1)}
	go func() { d.ended <- h.App.Listener(ln) }()
	d.Client = &http.Client{Transport: &http.Transport{
		DialContext:         func(context.Context, string, string) (net.Conn, error) { return ln.Dial() },
		MaxIdleConnsPerHost: 64,
	}}
	return d
}

// Close ends the requests and the serving.
func (d *Door) Close() error {
	d.Client.CloseIdleConnections()
	end, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := d.house.App.Stop(end); err != nil {
		return err
	}
	return <-d.ended
}
