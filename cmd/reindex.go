package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"
)

// Reindex begins the run that POST $reindex begins, or waits for the end of
// one that is under way. The running server does the work if there is one,
// else this process.
type Reindex struct {
	Data `embed:""`

	Types   []string `arg:"" optional:"" name:"type" help:"Resource types; all of them if none is named."`
	Resume  bool     `help:"Go on with the run that is under way instead of beginning a new one."`
	To      string   `help:"FHIR base URL of a running server, instead of the data directory." placeholder:"URL"`
	BaseURL string   `help:"URL under which clients reach the server, as for serve: references that begin with it are local." default:"http://127.0.0.1:8080" placeholder:"URL"`
}

// lookAgain is how often the state of the run is asked for.
const lookAgain = 500 * time.Millisecond

// Run ends when the index is complete. If it is interrupted, the position of
// the run is kept in the database: a server goes on with it, and so does
// --resume.
func (x *Reindex) Run(ctx context.Context, std Streams, log *slog.Logger) error {
	base, client, done, err := entrance{x.Data, x.To, x.BaseURL, "off", "reindex", "reindexing at"}.open(ctx, std, log)
	if err != nil {
		return err
	}
	err = x.run(ctx, std, client, base)
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted; a running server goes on with the run, and so does webdoctor reindex --resume")
	}
	return errors.Join(err, done())
}

func (x *Reindex) run(ctx context.Context, std Streams, client *http.Client, base string) error {
	urls := []string{base + "/$reindex"}
	if len(x.Types) > 0 {
		urls = nil
		for _, typ := range x.Types {
			urls = append(urls, base+"/"+typ+"/$reindex")
		}
	}
	if !x.Resume {
		for _, url := range urls {
			if _, err := askReindex(ctx, client, http.MethodPost, url); err != nil {
				return err
			}
		}
	}
	begun := time.Now()
	bar := newProgress(std.Err)
	defer bar.end()
	for {
		var all reindexState
		for _, url := range urls {
			one, err := askReindex(ctx, client, http.MethodGet, url)
			if err != nil {
				return err
			}
			all.add(one)
		}
		if all.left == 0 {
			bar.end()
			fmt.Fprintf(std.Out, "the index is complete: %d resources of %d types, %s\n", all.done, all.types, time.Since(begun).Round(100*time.Millisecond))
			return nil
		}
		share := 0.0
		if all.total > 0 {
			share = min(1, float64(all.done)/float64(all.total))
		}
		bar.draw(share, all.done, all.total, fmt.Sprintf("  %d types to go", all.left))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lookAgain):
		}
	}
}

// reindexState is what $reindex says, of all types together.
type reindexState struct {
	types, left int // of left the run is not over
	done, total int64
}

func (s *reindexState) add(o reindexState) {
	s.types, s.left, s.done, s.total = s.types+o.types, s.left+o.left, s.done+o.done, s.total+o.total
}

// askReindex calls the operation.
func askReindex(ctx context.Context, client *http.Client, method, url string) (state reindexState, err error) {
	a, err := ask(ctx, client, method, url, nil)
	if err != nil {
		return state, err
	}
	if !a.good() {
		why, err := a.why()
		if err != nil {
			return state, err
		}
		return state, fmt.Errorf("%s: %s", a.status, why)
	}
	type part struct {
		Name         string
		ValueCode    string
		ValueInteger int64
	}
	var told struct {
		Parameter []struct {
			Name string
			Part []part
		}
	}
	if err := a.into(&told); err != nil {
		return state, err
	}
	for _, p := range told.Parameter {
		if p.Name != "index" {
			continue
		}
		state.types++
		for _, part := range p.Part {
			switch part.Name {
			case "done":
				state.done += part.ValueInteger
			case "total":
				state.total += part.ValueInteger
			}
		}
		if !slices.Contains(p.Part, part{Name: "state", ValueCode: "done"}) {
			state.left++
		}
	}
	return state, nil
}
