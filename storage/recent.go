package storage

import (
	"encoding/binary"
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/webdoctor/webdoctor/fhir/engine"
)

// recent remembers what stored bytes were decoded to, since the patient who is
// being seen is read again and again, and so are the first pages of common
// searches; decoding is half of what such a page costs the server. It is asked with the stored bytes
// themselves after the database has shown them, behind the fence, so that it
// can neither be out of date nor tell anybody more. The zero value is ready to
// use.
//
// What is seen for the second time is kept: who walks through everything does
// not drive out what is asked for often.
type recent struct {
	mu         sync.RWMutex
	young, old map[string][]byte
	size       int // of young

	seen [8192]atomic.Uint32 // by hash, what was decoded once
}

// maxRecent is how many bytes each of the two generations holds.
const maxRecent = 4 << 20

var recentSeed = maphash.MakeSeed()

// stored is like reader.stored, by whom what is not known is decoded. What it
// returns is shared, as all that was read is: nobody may write to it.
func (c *recent) stored(r reader, v *versionRow, typ, id string, key []byte) (engine.Stored, []byte, error) {
	key = append(append(key[:0], v.content...), id...)
	key = append(binary.BigEndian.AppendUint64(key, uint64(v.updated.UnixMicro())), byte(len(id))) // so that no two are spelled alike
	if json, ok := c.find(key); ok {
		return storedAs(v, typ, id, json), key, nil
	}
	s, err := r.stored(v, typ, id)
	if err == nil && s.JSON != nil {
		c.keep(key, s.JSON)
	}
	return s, key, err
}

func (c *recent) find(key []byte) ([]byte, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	json, ok := c.young[string(key)]
	if !ok {
		json, ok = c.old[string(key)]
	}
	return json, ok
}

// keep remembers what was seen before.
func (c *recent) keep(key, json []byte) {
	hash := maphash.Bytes(recentSeed, key)
	if seen := &c.seen[hash%uint64(len(c.seen))]; seen.Swap(uint32(hash>>32)) != uint32(hash>>32) || len(json) > maxRecent/64 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.young == nil || c.size > maxRecent {
		c.old, c.young, c.size = c.young, map[string][]byte{}, 0
	}
	c.young[string(key)] = json[:len(json):len(json)]
	c.size += len(key) + len(json)
}
