package cmd

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"
)

// TLS is the certificate that the server shows. Without one it speaks plain
// HTTP, to a proxy in front of it or to this machine.
type TLS struct {
	Cert string `name:"tls-cert" help:"PEM file of the certificate and its chain; the server then speaks TLS only." type:"path" placeholder:"FILE"`
	Key  string `name:"tls-key" help:"PEM file of the certificate's private key." type:"path" placeholder:"FILE"`
}

// on says whether the server speaks TLS.
func (t TLS) on() bool { return t.Cert != "" }

// scheme is that of the server's URLs.
func (t TLS) scheme() string {
	if t.on() {
		return "https"
	}
	return "http"
}

// Validate is called by kong.
func (t TLS) Validate() error {
	if (t.Cert == "") != (t.Key == "") {
		return errors.New("--tls-cert and --tls-key belong together")
	}
	return nil
}

// wrap makes a listener speak TLS 1.2 or 1.3. A renewed certificate is taken
// up within a minute; one that cannot be read leaves the old one in use, and
// the log says so.
func (t TLS) wrap(ln net.Listener, log *slog.Logger) (net.Listener, error) {
	c := &certificate{files: t, log: log}
	if err := c.load(); err != nil {
		return nil, err
	}
	return tls.NewListener(ln, &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current(), nil },
	}), nil
}

// newCertificate is how often the files are looked at for one.
const newCertificate = time.Minute

// certificate is what the files hold.
type certificate struct {
	files TLS
	log   *slog.Logger

	mu     sync.Mutex
	pair   *tls.Certificate
	read   time.Time // of the files, when they were read
	looked time.Time
}

// load reads the files.
func (c *certificate) load() error {
	changed, err := c.changed()
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	pair, err := tls.LoadX509KeyPair(c.files.Cert, c.files.Key)
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	c.pair, c.read, c.looked = &pair, changed, time.Now()
	return nil
}

// changed is when the newer of the files was written.
func (c *certificate) changed() (time.Time, error) {
	var newest time.Time
	for _, file := range []string{c.files.Cert, c.files.Key} {
		info, err := os.Stat(file)
		if err != nil {
			return newest, err
		}
		if info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	return newest, nil
}

// current is the certificate to show now.
func (c *certificate) current() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < newCertificate {
		return c.pair
	}
	c.looked = time.Now()
	if changed, err := c.changed(); err == nil && changed.Equal(c.read) {
		return c.pair
	}
	if err := c.load(); err != nil {
		c.log.Error("the new certificate cannot be used, the old one stays", "error", err.Error())
	} else {
		c.log.Info("took up the new certificate")
	}
	return c.pair
}
