package engine

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// binaryType is the resource whose content is bytes
// (http://hl7.org/fhir/R4/binary.html).
const binaryType = "Binary"

// inlineMax is the longest base64 text that stays in the database; longer
// ones, and every Binary.data, are kept as objects.
const inlineMax = 64 << 10

// OpenBinary opens the bytes behind a Binary, or a part of them.
func (e *Engine) OpenBinary(ctx context.Context, k fhir.Key, part *fhir.ByteRange) (fhir.Blob, error) {
	k.Type = binaryType
	if err := e.known(k); err != nil {
		return fhir.Blob{}, err
	}
	action := "read"
	if k.Version != 0 {
		action = "vread"
	}
	f, err := e.fence(ctx, action, []string{binaryType}, nil)
	if err != nil {
		return fhir.Blob{}, err
	}
	s, err := e.Store.Read(ctx, f, k)
	if err != nil {
		return fhir.Blob{}, err
	}
	if s.Deleted {
		return fhir.Blob{Resource: s.Resource}, gone(s.Key)
	}
	d, err := tree.Parse(s.JSON)
	if err != nil {
		return fhir.Blob{}, err
	}
	b := fhir.Blob{Resource: s.Resource, ContentType: d.Text(d.Find("contentType")), DataAt: -1}
	data := d.Find("data")
	var inline []byte
	if start, _ := d.Span(data); d.Kind(data) == tree.String {
		b.DataAt = start + 1
	}
	kept := len(s.Blobs) == 1 && s.Blobs[0].Offset == b.DataAt
	if kept {
		b.Size = s.Blobs[0].Object.Size
	} else if b.DataAt >= 0 { // a spelling of base64 that had to stay as it was written
		if inline, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(d.Text(data)), "")); err != nil {
			return fhir.Blob{}, fhir.Errorf(fhir.Unprocessable, "the data of this Binary are not base64").At("Binary.data")
		}
		b.Size, b.DataAt = int64(len(inline)), -1 // they stand in the JSON already
	}
	if b.Start, b.Length, err = span(part, b.Size); err != nil {
		return fhir.Blob{Resource: s.Resource, Size: b.Size}, err
	}
	if !kept {
		b.Body = io.NopCloser(bytes.NewReader(inline[b.Start : b.Start+b.Length]))
		return b, nil
	}
	b.Body, err = e.Objects.Open(ctx, s.Blobs[0].Object, b.Start, b.Length)
	return b, err
}

// span resolves a range against a size (RFC 9110 section 14.1.2).
func span(r *fhir.ByteRange, size int64) (start, length int64, err error) {
	if r == nil {
		return 0, size, nil
	}
	start, length = r.Start, r.Length
	if start < 0 {
		start, length = max(0, size+start), -1
	}
	if start >= size || length == 0 {
		return 0, 0, fhir.Errorf(fhir.Unsatisfiable, "the range lies outside of the %d bytes", size)
	}
	if length < 0 || length > size-start {
		length = size - start
	}
	return start, length, nil
}

// PutBinary stores a stream as a Binary.
func (e *Engine) PutBinary(ctx context.Context, c fhir.Change, meta fhir.BinaryMeta, body io.Reader) (fhir.Result, error) {
	c.Key.Type = binaryType
	if c.Method != fhir.POST && c.Method != fhir.PUT {
		return fhir.Result{}, fhir.Errorf(fhir.NotAllowed, "bytes are stored by POST or PUT")
	}
	// Asked before a byte is taken; asked again, with all that matters, by the commit.
	if _, err := e.fence(ctx, action(c.Method), []string{binaryType}, nil); err != nil {
		return fhir.Result{}, err
	}
	object, err := e.Objects.Put(ctx, body)
	if err != nil {
		return fhir.Result{}, err
	}
	text := []byte(`{"resourceType":"` + binaryType + `"`)
	if c.Key.ID != "" {
		text = append(text, `,"id":`+quote(c.Key.ID)...)
	}
	text = append(text, `,"contentType":`+quote(meta.ContentType)...)
	if meta.SecurityContext != "" {
		text = append(text, `,"securityContext":{"reference":`+quote(meta.SecurityContext)+`}`...)
	}
	if object.Size > 0 {
		text = append(text, `,"data":""`...)
	}
	c.JSON = append(text, '}')
	results, err := e.commit(ctx, []fhir.Change{c}, &object)
	if err != nil {
		return fhir.Result{}, err
	}
	return results[0], nil
}

func quote(s string) string {
	b, _ := json.Marshal(s) // of a string: cannot fail
	return string(b)
}

// holes finds the base64 strings of a document that are to be kept as
// objects and stores them. Only text that reads back to the same text goes:
// padded, without white space, without escapes.
func (e *Engine) holes(ctx context.Context, d *tree.Doc) ([]hole, error) {
	own := tree.None
	if d.TextIs(d.Find("resourceType"), binaryType) {
		own = d.Find("data")
	}
	if own == tree.None && len(d.Bytes()) <= inlineMax {
		return nil, nil
	}
	var out []hole
	for n := tree.Node(0); int(n) < d.Len(); n++ {
		if d.Kind(n) != tree.String || n != own && len(d.Raw(n)) <= inlineMax+2 {
			continue
		}
		raw := d.Raw(n)
		text := raw[1 : len(raw)-1]
		if !canonical(text) {
			continue
		}
		object, err := e.Objects.Put(ctx, base64.NewDecoder(base64.StdEncoding, bytes.NewReader(text)))
		if err != nil {
			return nil, err
		}
		out = append(out, hole{n, object})
	}
	return out, nil
}

// canonical says whether text is what encoding its decoded bytes gives.
func canonical(text []byte) bool {
	if len(text) == 0 || len(text)%4 != 0 {
		return false
	}
	body := bytes.TrimRight(text, "=")
	if len(text)-len(body) > 2 {
		return false
	}
	for _, c := range body {
		if !(c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/') {
			return false
		}
	}
	tail := text[len(text)-4:]
	_, err := base64.StdEncoding.Strict().DecodeString(string(tail))
	return err == nil
}
