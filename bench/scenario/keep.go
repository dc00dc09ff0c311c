package scenario

import (
	"encoding/gob"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"

	"github.com/webdoctor/webdoctor/bench/b100"
	"github.com/webdoctor/webdoctor/bench/raw"
)

// Kept is what a later run must know of data that an earlier one has loaded.
type Kept struct {
	Bundles int
	Raw     bool       // the raw side has them, too
	Base    [2]float64 // bytes of the two databases before anything was loaded
	Data    uint64     // of the generator and of the raw schema: others would not fit
}

// kept is one bundle in the file.
type kept struct {
	Refs, RawRefs []string
	Patient       int64 // the row of the patient on the raw side
}

// data is a sum over what the generator makes and how the raw side keeps it.
func data() uint64 {
	h := fnv.New64a()
	h.Write(b100.New(1).Transaction())
	io.WriteString(h, raw.Schema)
	return h.Sum64()
}

func keptIn(dir string) string { return filepath.Join(dir, "loaded.gob") }

// Unkeep says that the data of a directory are about to change: until Keep has
// been called again they are good for nothing.
func Unkeep(dir string) error {
	err := os.Remove(keptIn(dir))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// Keep writes down what is loaded.
func (e *Env) Keep(dir string, base [2]float64) (err error) {
	path := keptIn(dir)
	f, err := os.Create(path + ".new")
	if err != nil {
		return err
	}
	enc := gob.NewEncoder(f)
	err = enc.Encode(Kept{Bundles: len(e.Loaded), Raw: e.Raw != nil, Base: base, Data: data()})
	for _, l := range e.Loaded {
		err = errors.Join(err, enc.Encode(kept{l.Refs, l.RawRefs, l.Patient.Row()}))
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("keep: %w", err)
	}
	return os.Rename(path+".new", path)
}

// Look says what a directory holds; nothing is no error.
func Look(dir string) (k Kept, err error) {
	f, err := os.Open(keptIn(dir))
	if errors.Is(err, os.ErrNotExist) {
		return Kept{}, nil
	}
	if err != nil {
		return Kept{}, err
	}
	defer f.Close()
	if err := gob.NewDecoder(f).Decode(&k); err != nil {
		return Kept{}, fmt.Errorf("%s: %w", keptIn(dir), err)
	}
	if k.Data != data() {
		return Kept{}, fmt.Errorf("%s holds other data than this bench would load: remove it", dir)
	}
	return k, nil
}

// Resume takes over what is loaded from an earlier run.
func (e *Env) Resume(dir string) error {
	f, err := os.Open(keptIn(dir))
	if err != nil {
		return err
	}
	defer f.Close()
	dec := gob.NewDecoder(f)
	var k Kept
	if err := dec.Decode(&k); err != nil {
		return err
	}
	for n := range k.Bundles {
		var one kept
		if err := dec.Decode(&one); err != nil {
			return fmt.Errorf("%s: bundle %d: %w", keptIn(dir), n, err)
		}
		b := b100.New(n)
		l := facts(n, b)
		l.Refs, l.RawRefs = one.Refs, one.RawRefs
		if k.Raw {
			l.Patient = raw.Stored(raw.NewPlan(b.Entries[0].Resource), one.RawRefs, 0, one.Patient)
		}
		e.Loaded = append(e.Loaded, l)
	}
	return nil
}
