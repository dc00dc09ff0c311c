package portal

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"path"
	"strings"

	"github.com/gofiber/fiber/v2"
)

//go:embed static/*
var staticFiles embed.FS

// assets are the files that pages load. Their addresses carry a hash of the
// content, so that browsers may keep them for ever and still get new ones.
type assets struct {
	byAddress map[string]asset
	addresses map[string]string // of a name
}

type asset struct {
	kind        string
	plain, gzip []byte
}

func loadAssets() (*assets, error) {
	a := &assets{map[string]asset{}, map[string]string{}}
	entries, err := fs.ReadDir(staticFiles, "static")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		plain, err := staticFiles.ReadFile(path.Join("static", e.Name()))
		if err != nil {
			return nil, err
		}
		var packed bytes.Buffer
		w, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
		if _, err := w.Write(plain); err != nil {
			return nil, err
		}
		if err := w.Close(); err != nil {
			return nil, err
		}
		sum := sha256.Sum256(plain)
		ext := path.Ext(e.Name())
		address := strings.TrimSuffix(e.Name(), ext) + "-" + hex.EncodeToString(sum[:8]) + ext
		a.byAddress[address] = asset{mime.TypeByExtension(ext), plain, packed.Bytes()}
		a.addresses[e.Name()] = "/static/" + address
	}
	return a, nil
}

// url is the address of a file. One that is not there is a mistake of ours.
func (a *assets) url(name string) (string, error) {
	address, ok := a.addresses[name]
	if !ok {
		return "", fmt.Errorf("portal: no file %q", name)
	}
	return address, nil
}

// serveAsset answers with a file. It is the same for everybody.
func (s *server) serveAsset(c *fiber.Ctx) error {
	f, ok := s.assets.byAddress[c.Params("file")]
	if !ok {
		return s.serve(route{need: anyone, do: s.lost})(c)
	}
	s.harden(c, nil)
	c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	c.Set(fiber.HeaderContentType, f.kind)
	if strings.Contains(c.Get(fiber.HeaderAcceptEncoding), "gzip") {
		c.Set(fiber.HeaderContentEncoding, "gzip")
		return c.Send(f.gzip)
	}
	return c.Send(f.plain)
}
