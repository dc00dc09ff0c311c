package terminology

import (
	"container/list"
	"sync"
)

// cacheBytes is how much memory the parsed resources that are kept may take,
// about. The one used last stays whatever its size.
const cacheBytes = 128 << 20

// cache keeps what was parsed. A version of a resource never changes, so that
// nothing in it is ever wrong.
type cache struct {
	mu      sync.Mutex
	entries map[string]*list.Element
	order   list.List // the one used last in front
	size    int

	generation int64                 // of finds and resolved
	finds      map[string][]string   // names of entries, by type and query
	resolved   map[canonical]*parsed // what the server itself finds under a URL, nil for nothing
}

// canonical names a resource by what others call it.
type canonical struct{ typ, url, version string }

type entry struct {
	name   string
	parsed *parsed
}

// get returns what was parsed under a name, and parses it if it is not there.
// Two that ask at once may both do so.
func (c *cache) get(name string, parse func() (*parsed, error)) (*parsed, error) {
	if p := c.peek(name); p != nil {
		return p, nil
	}
	p, err := parse()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries = map[string]*list.Element{}
	}
	if el := c.entries[name]; el != nil {
		return el.Value.(*entry).parsed, nil
	}
	c.entries[name] = c.order.PushFront(&entry{name, p})
	c.size += p.size
	for c.size > cacheBytes && c.order.Len() > 1 {
		last := c.order.Back()
		old := c.order.Remove(last).(*entry)
		delete(c.entries, old.name)
		c.resolved = nil // it may hold what was dropped
		c.size -= old.parsed.size
	}
	return p, nil
}

func (c *cache) peek(name string) *parsed {
	c.mu.Lock()
	defer c.mu.Unlock()
	el := c.entries[name]
	if el == nil {
		return nil
	}
	c.order.MoveToFront(el)
	return el.Value.(*entry).parsed
}

// found returns what a question to the store had for an answer, if nothing
// was written since.
func (c *cache) found(question string, generation int64) ([]*parsed, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	names, ok := c.finds[question]
	if !ok || c.generation != generation {
		return nil, false
	}
	all := make([]*parsed, 0, len(names))
	for _, name := range names {
		el := c.entries[name]
		if el == nil {
			return nil, false // it was dropped
		}
		c.order.MoveToFront(el)
		all = append(all, el.Value.(*entry).parsed)
	}
	return all, true
}

// maxFinds is how many answers are remembered, maxQuestion how long their
// questions may be: most of them say that there is nothing, and anybody may ask.
const (
	maxFinds    = 10_000
	maxQuestion = 1_000
)

// remember keeps an answer that is as old as the generation, at least.
func (c *cache) remember(question string, generation int64, names []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.generation > generation || len(question) > maxQuestion {
		return
	}
	c.advance(generation)
	if c.finds == nil || len(c.finds) >= maxFinds {
		c.finds = map[string][]string{}
	}
	c.finds[question] = names
}

// advance forgets what was true of an older generation.
func (c *cache) advance(generation int64) {
	if c.generation != generation {
		c.generation, c.finds, c.resolved = generation, nil, nil
	}
}

// resolution is what was found under a URL, if nothing was written since.
func (c *cache) resolution(k canonical, generation int64) (*parsed, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.generation != generation {
		return nil, false
	}
	p, ok := c.resolved[k]
	return p, ok
}

// resolve keeps what was found under a URL.
func (c *cache) resolve(k canonical, generation int64, p *parsed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.generation > generation || len(k.url)+len(k.version) > maxQuestion {
		return
	}
	c.advance(generation)
	if c.resolved == nil || len(c.resolved) >= maxFinds {
		c.resolved = map[canonical]*parsed{}
	}
	c.resolved[k] = p
}
