package blob

import (
	"bytes"
	"context"
	"errors"
	"io"
)

// stored reads an object of a backend as a file is read, from any position.
type stored struct {
	ctx     context.Context
	backend Backend
	key     string
	size    int64

	at   int64
	body io.ReadCloser // at position at, nil when it must be opened
}

func (s *stored) Read(b []byte) (n int, err error) {
	if s.at >= s.size {
		return 0, io.EOF
	}
	if s.body == nil {
		if s.body, err = s.backend.Get(s.ctx, s.key, s.at, s.size-s.at); err != nil {
			s.body = nil
			return 0, err
		}
	}
	n, err = s.body.Read(b)
	s.at += int64(n)
	if err == io.EOF && s.at < s.size {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (s *stored) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.at
	case io.SeekEnd:
		offset += s.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the start")
	}
	if offset != s.at {
		s.close()
	}
	s.at = offset
	return offset, nil
}

func (s *stored) close() {
	if s.body != nil {
		s.body.Close()
		s.body = nil
	}
}

// replaced reads as rest does, but for its first bytes, which are those of
// head.
type replaced struct {
	head *bytes.Reader
	rest *stored
	at   int64
}

func (r *replaced) Read(b []byte) (n int, err error) {
	if r.at < r.head.Size() {
		n, err = r.head.ReadAt(b, r.at)
		if err == io.EOF {
			err = nil
		}
	} else {
		if _, err = r.rest.Seek(r.at, io.SeekStart); err != nil {
			return 0, err
		}
		n, err = r.rest.Read(b)
	}
	r.at += int64(n)
	return n, err
}

func (r *replaced) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.rest.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the start")
	}
	r.at = offset
	return offset, nil
}
