package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Dir is a backend that keeps objects as files below a directory, which it
// makes. A file is written beside its place, synced and renamed, and the
// directories it is named in are synced too, so that it survives a power cut
// once Put has returned.
func Dir(path string) (Backend, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("object directory: %w", err)
	}
	d := &dir{root: path, tmp: filepath.Join(path, "tmp"), synced: map[string]bool{}}
	if err := os.MkdirAll(d.tmp, 0o700); err != nil {
		return nil, fmt.Errorf("object directory: %w", classify(err))
	}
	if err := d.Check(context.Background()); err != nil {
		return nil, fmt.Errorf("object directory: %w", err)
	}
	return d, nil
}

type dir struct {
	root string
	tmp  string // unfinished files

	mu     sync.Mutex
	synced map[string]bool // directories whose own name is known to be on disk
}

var (
	_ Backend = (*dir)(nil)
	_ spooler = (*dir)(nil)
)

func (d *dir) spool() string { return d.tmp }

func (d *dir) Put(ctx context.Context, key string, body io.ReadSeeker, size int64) error {
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return err
	}
	f, err := os.CreateTemp(d.tmp, "put-*")
	if err != nil {
		return place(err)
	}
	defer f.Close()
	defer os.Remove(f.Name()) // fails when it has been renamed
	n, err := io.Copy(f, untilDone{ctx, body})
	if err != nil {
		return place(err)
	}
	if n != size {
		return fmt.Errorf("%d bytes were announced and %d came", size, n)
	}
	return d.take(ctx, key, f)
}

// take makes a file of the spool the object.
func (d *dir) take(ctx context.Context, key string, f *os.File) error {
	path, err := d.path(key)
	if err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return place(err)
	}
	if err := d.parents(path); err != nil {
		return place(err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return place(err)
	}
	return place(syncDir(filepath.Dir(path)))
}

// parents makes the directories above path and sees to it, once each, that
// their names are on disk: one that is already there may have been made a
// moment ago by somebody who has not synced it yet.
func (d *dir) parents(path string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var missing []string
	for at := filepath.Dir(path); at != d.root && !d.synced[at]; at = filepath.Dir(at) {
		missing = append(missing, at)
	}
	for i := len(missing) - 1; i >= 0; i-- {
		if err := os.Mkdir(missing[i], 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := syncDir(filepath.Dir(missing[i])); err != nil {
			return err
		}
		d.synced[missing[i]] = true
	}
	return nil
}

func (d *dir) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	path, err := d.path(key)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		if _, gone := os.Stat(d.tmp); gone != nil {
			return nil, place(gone)
		}
		return nil, classify(err)
	}
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		f.Close()
		return nil, classify(err)
	}
	return &file{f, untilDone{ctx, io.LimitReader(f, length)}}, nil
}

// file is a part of an open file.
type file struct {
	f    *os.File
	part untilDone
}

func (p *file) Read(b []byte) (int, error) {
	n, err := p.part.Read(b)
	if err != nil && err != io.EOF {
		err = classify(err)
	}
	return n, err
}

func (p *file) Close() error { return p.f.Close() }

func (d *dir) Delete(_ context.Context, key string) error {
	path, err := d.path(key)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return classify(err)
	}
	return classify(syncDir(filepath.Dir(path)))
}

func (d *dir) Walk(ctx context.Context, f func(key string, size int64, modified time.Time) error) error {
	return filepath.WalkDir(d.root, func(path string, entry fs.DirEntry, err error) error {
		if cause := ctx.Err(); cause != nil {
			return cause
		}
		if errors.Is(err, fs.ErrNotExist) && path != d.root {
			return nil // deleted while we were on our way
		}
		if err != nil {
			return place(err)
		}
		if entry.IsDir() {
			if path == d.tmp {
				return fs.SkipDir
			}
			return nil
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return place(err)
		}
		rel, err := filepath.Rel(d.root, path)
		if err != nil {
			return err
		}
		return f(filepath.ToSlash(rel), info.Size(), info.ModTime())
	})
}

func (d *dir) Tidy(_ context.Context, before time.Time) error {
	entries, err := os.ReadDir(d.tmp)
	if err != nil {
		return place(err)
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err != nil || info.ModTime().After(before) {
			continue // gone meanwhile, or young
		}
		if err := os.Remove(filepath.Join(d.tmp, entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return place(err)
		}
	}
	return nil
}

// Check writes a file and reads it.
func (d *dir) Check(context.Context) error {
	f, err := os.CreateTemp(d.tmp, "check-*")
	if err != nil {
		return place(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if _, err := f.WriteString("check"); err != nil {
		return place(err)
	}
	var back [5]byte
	if _, err := f.ReadAt(back[:], 0); err != nil || string(back[:]) != "check" {
		return &failure{ErrCorrupt, fmt.Errorf("wrote a file and read %q: %w", back, err)}
	}
	return nil
}

// path is the file of a key. Keys are ours; anything else is a mistake that
// must not become a path.
func (d *dir) path(key string) (string, error) {
	plain := strings.IndexFunc(key, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '/'
	}) < 0
	if !plain || !filepath.IsLocal(key) || filepath.ToSlash(filepath.Clean(key)) != key || strings.HasPrefix(key, "tmp/") {
		return "", fmt.Errorf("%q is not a key", key)
	}
	return filepath.Join(d.root, filepath.FromSlash(key)), nil
}

// syncDir puts the names in a directory on disk.
func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
