package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
)

// entrance is how a command of the owner of the machine comes to the REST API:
// that of a server that was named, that of the server that holds the data
// directory, or one inside this process.
type entrance struct {
	Data
	To         string // FHIR base URL of a server, "" for none
	BaseURL    string
	Validation string
	command    string // for others who want the data directory
	doing      string // what is said to be done at a running server
}

// open finds the API. done ends what was started for it.
func (i entrance) open(ctx context.Context, std Streams, log *slog.Logger) (base string, client *http.Client, done func() error, err error) {
	nothing := func() error { return nil }
	if i.To != "" {
		u, err := url.Parse(i.To)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return "", nil, nil, errors.New("--to is not an address such as http://127.0.0.1:8080/fhir")
		}
		return strings.TrimRight(i.To, "/"), outsideClient(), nothing, nil
	}
	public, err := baseURL(i.BaseURL, doorBase)
	if err != nil {
		return "", nil, nil, err
	}
	configured, err := services(osEnv)
	if err != nil {
		return "", nil, nil, err
	}
	var c *Claim
	if configured.Database == "" {
		c, err = claim(i.Dir, i.command)
		if t, ok := errors.AsType[*taken](err); ok && t.holder.Socket != "" {
			fmt.Fprintf(std.Err, "%s the running server at %s\n", i.doing, t.holder.Base)
			return doorBase + "/fhir", operatorClient(t.holder.Socket), nothing, nil
		}
		if err != nil {
			return "", nil, nil, err
		}
	}
	tuneMemory()
	b, err := openBackends(ctx, i.Dir, configured, log)
	if err != nil {
		if c != nil {
			c.Release()
		}
		return "", nil, nil, err
	}
	house, err := build(b, public, importLimits, Rules{Validation: i.Validation, References: "free"}, nil, log, Log{}.requests(log))
	if err == nil {
		err = house.Index.Start(ctx)
	}
	if err != nil {
		b.Close(context.WithoutCancel(ctx))
		if c != nil {
			c.Release()
		}
		return "", nil, nil, fmt.Errorf("search parameters: %w", err)
	}
	background, quiet := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() { defer close(ended); house.Index.Run(background) }()
	door := openDoor(house)
	return door.Base, door.Client, func() error {
		err := door.Close()
		quiet()
		<-ended
		b.Close(context.WithoutCancel(ctx))
		if c != nil {
			c.Release()
		}
		return err
	}, nil
}

// outsideClient talks to another process. There is no limit of time: a large
// transaction takes as long as it takes, and Ctrl-C ends it.
func outsideClient() *http.Client {
	return &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 64}}
}
