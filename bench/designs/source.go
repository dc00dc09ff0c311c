package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path"
	"strings"

	"github.com/webdoctor/webdoctor/bench/b100"
)

// raw is a resource as it would be stored.
type raw struct {
	typ, id string
	json    []byte
}

// source calls each with the resources of one bundle after the other.
type source func(each func([]raw) error) error

// generated makes bundles of one hundred resources.
func generated(resources int) source {
	return func(each func([]raw) error) error {
		for n := range resources / b100.Size {
			bundle := b100.New(n)
			refs := make([]string, len(bundle.Entries))
			for i, e := range bundle.Entries {
				refs[i] = e.Template.Type + "/" + strings.TrimPrefix(e.FullURL, "urn:uuid:")
			}
			list := make([]raw, len(refs))
			for i, e := range bundle.Entries {
				_, id, _ := strings.Cut(refs[i], "/")
				list[i] = raw{e.Template.Type, id, e.Template.AppendStored(nil, id, 1, "2026-11-24T10:00:00.000Z", refs)}
			}
			if err := each(list); err != nil {
				return err
			}
		}
		return nil
	}
}

// bundles reads the bundles in an archive, several times with other ids. A
// conditional reference becomes an id made of its condition, and so does the
// id of a resource that is created if there is none.
func bundles(archive string, times int) source {
	return func(each func([]raw) error) error {
		for copy := range times {
			if err := archived(archive, func(text []byte) error {
				list, err := entries(text, fmt.Sprintf("c%d", copy))
				if err != nil || len(list) == 0 {
					return err
				}
				return each(list)
			}); err != nil {
				return err
			}
		}
		return nil
	}
}

// largest is how large a file may be: beyond lie tests of limits.
const largest = 32 << 20

func archived(archive string, each func([]byte) error) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	for r := tar.NewReader(z); ; {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if head.Typeflag != tar.TypeReg || path.Ext(head.Name) != ".json" || strings.HasPrefix(path.Base(head.Name), "._") || head.Size > largest {
			continue
		}
		text, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if err := each(text); err != nil {
			return fmt.Errorf("%s: %w", path.Base(head.Name), err)
		}
	}
}

// entries are the resources of a bundle, whose ids begin with a prefix.
func entries(text []byte, prefix string) ([]raw, error) {
	var b struct {
		Entry []struct {
			FullURL  string
			Resource map[string]any
			Request  struct{ IfNoneExist string }
		}
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&b); err != nil {
		return nil, err
	}
	ids, refs := make([]string, len(b.Entry)), map[string]string{}
	for i, e := range b.Entry {
		typ, _ := e.Resource["resourceType"].(string)
		if ids[i] = named(prefix, e.FullURL); e.Request.IfNoneExist != "" {
			ids[i] = named(prefix, typ+"?"+e.Request.IfNoneExist)
		}
		refs[e.FullURL] = typ + "/" + ids[i]
	}
	var list []raw
	for i, e := range b.Entry {
		typ, _ := e.Resource["resourceType"].(string)
		if typ == "" {
			continue
		}
		e.Resource["id"] = ids[i]
		resolve(e.Resource, refs, prefix)
		out, err := json.Marshal(e.Resource)
		if err != nil {
			return nil, err
		}
		list = append(list, raw{typ, ids[i], out})
	}
	return list, nil
}

// resolve rewrites the references in a value.
func resolve(v any, refs map[string]string, prefix string) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			resolve(item, refs, prefix)
		}
	case map[string]any:
		for name, member := range v {
			ref, ok := member.(string)
			if !ok || name != "reference" {
				resolve(member, refs, prefix)
				continue
			}
			if to, known := refs[ref]; known {
				v[name] = to
			} else if typ, _, conditional := strings.Cut(ref, "?"); conditional {
				v[name] = typ + "/" + named(prefix, ref)
			}
		}
	}
}

// named makes an id of a text.
func named(prefix, text string) string {
	h := fnv.New128a()
	io.WriteString(h, text)
	return prefix + "-" + hex.EncodeToString(h.Sum(nil))
}
