package cmd

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/webdoctor/webdoctor/cmd/importer"
)

// Progress tells how far an import or a reindex is: a bar that stays on its line on a
// terminal, else a line every few seconds.
type Progress struct {
	w        io.Writer
	terminal bool
	begun    time.Time
	last     time.Time
	drawn    bool
}

func newProgress(w io.Writer) *Progress {
	p := &Progress{w: w, begun: time.Now(), last: time.Now()}
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil {
			p.terminal = info.Mode()&os.ModeCharDevice != 0
		}
	}
	return p
}

// show tells how far an import is. How long it will take is told by the bytes that are left, which is fairer than files: one bundle
// may be ten thousand times another.
func (p *Progress) show(done, all importer.Sum) {
	share := 1.0
	if all.Bytes > 0 {
		share = float64(done.Bytes) / float64(all.Bytes)
	}
	more := ""
	if done.Refused > 0 {
		more = fmt.Sprintf("  %d refused", done.Refused)
	}
	p.draw(share, int64(done.Resources), int64(all.Resources), more)
}

// draw shows how much is done unless it did so a moment ago, and from when that took how long the rest will
// take.
func (p *Progress) draw(share float64, done, all int64, more string) {
	pause := 10 * time.Second
	if p.terminal {
		pause = 100 * time.Millisecond
	}
	now := time.Now()
	if now.Sub(p.last) < pause {
		return
	}
	p.last = now
	spent := now.Sub(p.begun)
	left := "?"
	if share > 0 {
		left = time.Duration(float64(spent) * (1 - share) / share).Round(time.Second).String()
	}
	text := fmt.Sprintf("%3.0f %%  %d of %d resources  %.0f/s  %s left", 100*share, done, all, float64(done)/spent.Seconds(), left) + more
	if !p.terminal {
		fmt.Fprintln(p.w, text)
		return
	}
	const width = 30
	full := int(share * width)
	fmt.Fprintf(p.w, "\r[%s%s] %s\x1b[K", strings.Repeat("█", full), strings.Repeat("·", width-full), text)
	p.drawn = true
}

// end leaves the terminal on a line of its own.
func (p *Progress) end() {
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
