package portal_test

import (
	"context"
	"flag"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/webdoctor/webdoctor/portal"
)

var screenshots = flag.String("screenshots", "", "directory for pictures of every exhibit, in two widths, light and dark")

// chromium starts a browser, nil where there is none.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Log("there is no chromium here: nothing was looked at in a browser")
		return nil
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Headless, chromedp.WindowSize(1400, 1000), chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()))
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// served puts the portal on a port of this machine, as browsers want it.
func (h *house) served(t *testing.T, ln net.Listener) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- h.app.Listener(ln) }()
	t.Cleanup(func() {
		if err := h.app.ShutdownWithTimeout(5 * time.Second); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func listen(t *testing.T) (net.Listener, string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln, "http://localhost:" + strings.TrimPrefix(ln.Addr().String(), "127.0.0.1:")
}

// look is how a page is looked at.
type look struct {
	name, scheme, language string
	width, height          int64
}

// TestLayout looks at every exhibit in a browser: nothing is wider than the
// window, nothing that can be touched is too small, and the policy of the
// pages refuses nothing that they want.
func TestLayout(t *testing.T) {
	ctx := chromium(t)
	if ctx == nil {
		return
	}
	ln, here := listen(t)
	h := newHouse(t, logged(t), func(c *portal.Config) { c.Base = here })
	h.served(t, ln)
	exhibits := tour(t, h.browser(t))
	looks := []look{{"phone-light", "light", "en", 360, 740}, {"phone-rtl", "light", "ar", 360, 740}} // where room is scarce
	if *screenshots != "" {
		looks = append(looks, look{"desktop-light", "light", "en", 1280, 800}, look{"desktop-dark", "dark", "en", 1280, 800}, look{"phone-dark", "dark", "en", 360, 740}, look{"desktop-rtl", "light", "ar", 1280, 800}, look{"phone-de", "light", "de", 360, 740})
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(here+"/login")); err != nil { // the browser is there
		t.Fatal(err)
	}
	defer console(ctx, t)()
	for _, l := range looks {
		if err := chromedp.Do(ctx, chromedp.EmulateViewport(l.width, l.height), dressed(l)); err != nil {
			t.Fatal(err)
		}
		for _, path := range exhibits {
			if err := chromedp.Do(ctx, chromedp.Navigate(here+path)); err != nil {
				t.Fatal(err)
			}
			wrong, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](measure))
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range wrong {
				t.Errorf("%s %s: %s", path, l.name, w)
			}
			if *screenshots != "" {
				picture(ctx, t, filepath.Join(*screenshots, strings.ReplaceAll(strings.TrimPrefix(path, "/gallery/"), "/", "-")+"."+l.name+".png"))
			}
		}
	}
}

// console makes what the browser complains about failures of the test: what
// the policy of a page refuses, scripts that fail, files that are not there.
func console(ctx context.Context, t *testing.T) (done func()) {
	heard, stop := context.WithCancel(ctx)
	entries := chromedp.Events(heard, log.EntryAdded)
	over := make(chan struct{})
	go func() {
		defer close(over)
		for e, err := range entries {
			if err != nil {
				return
			}
			if e.Entry.Level == log.EntryLevelError {
				t.Errorf("%s: %s", e.Entry.URL, e.Entry.Text)
			}
		}
	}()
	return func() { stop(); <-over }
}

// dressed sets the colours and the language that the reader wants.
func dressed(l look) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		if _, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}}}); err != nil {
			return chromedp.Void{}, err
		}
		_, err := cdp.Call(ctx, t, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": l.language}})
		return chromedp.Void{}, err
	}
}

// measure lists what is wrong with the layout of a page.
const measure = `(() => {
	const wrong = [];
	const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
	if (wide > 0) wrong.push("wider than the window by " + wide);
	for (const e of document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea, summary")) {
		const r = e.getBoundingClientRect();
		if (r.width === 0 || e.closest(".skip") || e.matches(".tick input")) continue;
		if (r.left < -1 || r.right > innerWidth + 1) wrong.push("outside: " + e.outerHTML.slice(0, 80));
		const inline = e.tagName === "A" && getComputedStyle(e).display === "inline";
		if (!inline && r.height < 24) wrong.push("too small to touch: " + e.outerHTML.slice(0, 80));
	}
	if (!getComputedStyle(document.body).getPropertyValue("--accent")) wrong.push("the styles were not loaded");
	return wrong;
})()`

func picture(ctx context.Context, t *testing.T, file string) {
	t.Helper()
	raw, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, raw, 0o644); err != nil {
		t.Fatal(err)
	}
}
