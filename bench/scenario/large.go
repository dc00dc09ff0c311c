package scenario

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/webdoctor/webdoctor/bench/proc"
)

// largeSize is the size of the one large Binary.
const largeSize = 64 << 20

// Large says how a large Binary went in and out. A server that holds it in
// memory whole shows it in Grown.
type Large struct {
	Bytes        int64   `json:"bytes"`
	UploadMBps   float64 `json:"upload_mb_per_s"`
	DownloadMBps float64 `json:"download_mb_per_s"`
	Watched      bool    `json:"memory_watched"`
	Before       int64   `json:"rss_before_bytes,omitempty"`
	Peak         int64   `json:"rss_peak_bytes,omitempty"`
	Grown        int64   `json:"rss_grown_bytes,omitempty"`
}

// large uploads, downloads and compares. It fails if the server's memory grew
// by half of the body or more meanwhile.
func large(ctx context.Context, e *Env) (Large, error) {
	l := Large{Bytes: largeSize, Watched: e.PID != 0}
	move := func() error { return l.move(e) }
	if !l.Watched {
		return l, move()
	}
	before, err := proc.ReadMemory(e.PID)
	if err != nil {
		return l, err
	}
	l.Before = before.RSS
	if l.Peak, err = proc.Peak(ctx, e.PID, move); err != nil {
		return l, err
	}
	if l.Grown = max(0, l.Peak-l.Before); l.Grown >= largeSize/2 {
		return l, fmt.Errorf("the server grew by %d MB over a body of %d MB", l.Grown>>20, largeSize>>20)
	}
	return l, nil
}

func (l *Large) move(e *Env) error {
	conn := e.Client.Conn()
	defer conn.Close()
	sent, got := sha256.New(), sha256.New()
	source := rand.NewChaCha8([32]byte{byte(e.stamp.Add(1)), 1})
	begun := time.Now()
	resp, err := conn.Send(http.MethodPost, "/Binary", io.TeeReader(io.LimitReader(source, largeSize), sent), largeSize, upload...)
	if err != nil {
		return err
	}
	id, err := created(resp, "Binary")
	if err != nil {
		return err
	}
	l.UploadMBps = largeSize / 1e6 / time.Since(begun).Seconds()
	begun = time.Now()
	code, n, err := conn.Receive("/Binary/"+id, got, download...)
	if err != nil {
		return err
	}
	l.DownloadMBps = largeSize / 1e6 / time.Since(begun).Seconds()
	if code != http.StatusOK || n != largeSize || string(sent.Sum(nil)) != string(got.Sum(nil)) {
		return fmt.Errorf("status %d, %d bytes came back unlike the %d sent", code, n, largeSize)
	}
	return nil
}
