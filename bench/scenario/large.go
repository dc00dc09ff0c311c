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
// memory whole shows it in what it has grown by.
type Large struct {
	Bytes        int64   `json:"bytes"`
	UploadMBps   float64 `json:"upload_mb_per_s"`
	DownloadMBps float64 `json:"download_mb_per_s"`
	Watched      bool    `json:"memory_watched"`
	Before       int64   `json:"rss_before_bytes,omitempty"`
	UploadGrew   int64   `json:"rss_upload_grew_bytes,omitempty"`
	DownloadGrew int64   `json:"rss_download_grew_bytes,omitempty"` // beyond what it had when the download began
}

// large uploads, downloads and compares. It fails if the server's memory grew
// by half of the body or more meanwhile.
func large(ctx context.Context, e *Env) (Large, error) {
	l := Large{Bytes: largeSize, Watched: e.PID != 0}
	conn := e.Client.Conn()
	defer conn.Close()
	sent, got := sha256.New(), sha256.New()
	var id string
	err := l.watch(ctx, e, &l.UploadGrew, &l.UploadMBps, func() (err error) {
		source := rand.NewChaCha8([32]byte{byte(e.stamp.Add(1)), 1})
		body := io.TeeReader(io.LimitReader(source, largeSize), sent)
		resp, err := conn.Send(http.MethodPost, "/Binary", body, largeSize, upload...)
		if err != nil {
			return err
		}
		id, err = created(resp, "Binary")
		return err
	})
	if err != nil {
		return l, err
	}
	err = l.watch(ctx, e, &l.DownloadGrew, &l.DownloadMBps, func() error {
		code, n, err := conn.Receive("/Binary/"+id, got, download...)
		if err == nil && (code != http.StatusOK || n != largeSize || string(sent.Sum(nil)) != string(got.Sum(nil))) {
			err = fmt.Errorf("status %d, %d bytes came back unlike the %d sent", code, n, largeSize)
		}
		return err
	})
	if err == nil && max(l.UploadGrew, l.DownloadGrew) >= largeSize/2 {
		err = fmt.Errorf("the server grew by %d MB in the upload and by %d MB in the download of %d MB", l.UploadGrew>>20, l.DownloadGrew>>20, largeSize>>20)
	}
	return l, err
}

// watch times one way of the body and sees what the server's memory does.
func (l *Large) watch(ctx context.Context, e *Env, grew *int64, rate *float64, move func() error) error {
	timed := func() error {
		begun := time.Now()
		err := move()
		*rate = largeSize / 1e6 / time.Since(begun).Seconds()
		return err
	}
	if !l.Watched {
		return timed()
	}
	before, err := proc.ReadMemory(e.PID)
	if err != nil {
		return err
	}
	if l.Before == 0 {
		l.Before = before.RSS
	}
	peak, err := proc.Peak(ctx, e.PID, timed)
	*grew = max(0, peak-before.RSS)
	return err
}
