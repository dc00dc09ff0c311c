package ucum

import "sync"

// parsed is what Parse made of a code.
type parsed struct {
	unit Unit
	err  error
}

// memory has what Parse made of the codes that are in use. When it is full it
// begins anew: codes that keep coming are soon back.
var memory remembered

type remembered struct {
	mu    sync.RWMutex
	codes map[string]parsed
}

const maxRemembered = 4096

func (m *remembered) get(code string) (parsed, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	p, ok := m.codes[code]
	return p, ok
}

func (m *remembered) put(code string, p parsed) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.codes == nil || len(m.codes) >= maxRemembered {
		m.codes = map[string]parsed{}
	}
	m.codes[code] = p
}
