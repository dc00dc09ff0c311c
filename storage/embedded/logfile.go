//go:build unix

package embedded

import (
	"bytes"
	"os"
	"sync"
)

// A server's log is kept in two files of at most this size: the current one
// and the one before.
const logLimit = 8 << 20

// tailLimit is how much of the log an error message quotes.
const tailLimit = 1 << 10

// logFile is a log of bounded size. It never fails its writer: the server must
// not stop because its log cannot be written.
type logFile struct {
	name string

	mu   sync.Mutex
	f    *os.File
	size int64
	tail []byte
}

func openLog(name string) (*logFile, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	return &logFile{name: name, f: f, size: info.Size()}, nil
}

func (l *logFile) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tail = append(l.tail, b...)
	l.tail = bytes.Clone(l.tail[max(0, len(l.tail)-tailLimit):])
	if l.f == nil {
		return len(b), nil
	}
	if l.size > 0 && l.size+int64(len(b)) > logLimit {
		l.f.Close()
		l.f, l.size = nil, 0
		if err := os.Rename(l.name, l.name+".1"); err != nil {
			return len(b), nil
		}
		f, err := os.OpenFile(l.name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return len(b), nil
		}
		l.f = f
	}
	n, _ := l.f.Write(b)
	l.size += int64(n)
	return len(b), nil
}

// Tail is the end of what was written since the log was opened.
func (l *logFile) Tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(bytes.TrimSpace(l.tail))
}

// Close closes the file; what is still written afterwards is dropped.
func (l *logFile) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f != nil {
		l.f.Close()
		l.f = nil
	}
}
