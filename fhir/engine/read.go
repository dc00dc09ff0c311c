package engine

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"

	"github.com/webdoctor/webdoctor/fhir"
)

// Read is the read and vread interaction.
// http://hl7.org/fhir/R4/http.html#read, #vread
func (e *Engine) Read(ctx context.Context, k fhir.Key) (fhir.Resource, error) {
	return e.read(ctx, e.Store, k)
}

func (e *Engine) read(ctx context.Context, from Reader, k fhir.Key) (fhir.Resource, error) {
	if err := e.known(k); err != nil {
		return fhir.Resource{}, err
	}
	action := "read"
	if k.Version != 0 {
		action = "vread"
	}
	f, err := e.fence(ctx, action, []string{k.Type}, nil)
	if err != nil {
		return fhir.Resource{}, err
	}
	s, err := from.Read(ctx, f, k)
	if err != nil {
		return fhir.Resource{}, err
	}
	if s.Deleted {
		return s.Resource, gone(s.Key)
	}
	r, err := e.whole(ctx, s)
	if err != nil || f.Anywhere {
		return r, err
	}
	list := []fhir.Resource{r}
	err = e.view(ctx, from, f, list)
	return list[0], err
}

func gone(k fhir.Key) error {
	return fhir.Errorf(fhir.Gone, "%s was deleted", k.Current())
}

// whole puts the parts of a version that are kept as objects back to where
// they belong.
func (e *Engine) whole(ctx context.Context, s Stored) (fhir.Resource, error) {
	if len(s.Blobs) == 0 {
		return s.Resource, nil
	}
	size := len(s.JSON)
	for _, b := range s.Blobs {
		size += base64.StdEncoding.EncodedLen(int(b.Object.Size))
	}
	out := bytes.NewBuffer(make([]byte, 0, size))
	at := 0
	for _, b := range s.Blobs {
		out.Write(s.JSON[at:b.Offset])
		at = b.Offset
		if err := e.copyBase64(ctx, out, b.Object); err != nil {
			return fhir.Resource{}, fmt.Errorf("%s: %w", s.Key, err)
		}
	}
	out.Write(s.JSON[at:])
	r := s.Resource
	r.JSON = out.Bytes()
	return r, nil
}

func (e *Engine) copyBase64(ctx context.Context, w io.Writer, o Object) error {
	body, err := e.Objects.Open(ctx, o, 0, -1)
	if err != nil {
		return err
	}
	defer body.Close()
	enc := base64.NewEncoder(base64.StdEncoding, w)
	if _, err := io.Copy(enc, body); err != nil {
		return err
	}
	return enc.Close()
}

// pageMax bounds the bytes of objects that one page may bring into memory.
const pageMax = 64 << 20

// wholeAll is whole for the resources of a page.
func (e *Engine) wholeAll(ctx context.Context, list []Stored) ([]fhir.Resource, error) {
	out := make([]fhir.Resource, len(list))
	size := int64(0)
	for i, s := range list {
		for _, b := range s.Blobs {
			size += b.Object.Size
		}
		if size > pageMax {
			return nil, fhir.Errorf(fhir.TooCostly, "the binary content of this page is over %d MB; ask for fewer resources with _count, or read them one by one", pageMax>>20)
		}
		var err error
		if out[i], err = e.whole(ctx, s); err != nil {
			return nil, err
		}
	}
	return out, nil
}
