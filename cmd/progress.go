package cmd

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/webdoctor/webdoctor/cmd/importer"
)

// Progress tells how far an import is: a bar that stays on its line on a
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

// show draws the state unless it did so a moment ago. How long it will take
// is told by the bytes that are left, which is fairer than files: one bundle
// may be ten thousand times another.
func (p *Progress) show(done, all importer.Sum) {
	pause := 10 * time.Second
	if p.terminal {
		pause = 100 * time.Millisecond
	}
	now := time.Now()
	if now.Sub(p.last) < pause {
		return
	}
	p.last = now
	share := 1.0
	if all.Bytes > 0 {
		share = float64(done.Bytes) / float64(all.Bytes)
	}
	spent := now.Sub(p.begun)
	left := "?"
	if share > 0 {
		left = time.Duration(float64(spent) * (1 - share) / share).Round(time.Second).String()
	}
	text := fmt.Sprintf("%3.0f %%  %d of %d resources  %.0f/s  %s left", 100*share, done.Resources, all.Resources, float64(done.Resources)/spent.Seconds(), left)
	if done.Refused > 0 {
		text += fmt.Sprintf("  %d refused", done.Refused)
	}
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
