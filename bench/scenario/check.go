package scenario

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/webdoctor/webdoctor/bench/client"
)

// status refuses an answer with another status, quoting its beginning: the
// data are invented, so nothing is given away.
func status(resp *fasthttp.Response, want ...int) error {
	for _, w := range want {
		if resp.StatusCode() == w {
			return nil
		}
	}
	body := resp.Body()
	return fmt.Errorf("status %d instead of %d: %.300s", resp.StatusCode(), want[0], body)
}

// header refuses an answer whose header does not begin as it should.
func header(resp *fasthttp.Response, name, prefix string) error {
	if v := string(resp.Header.Peek(name)); v == "" || !strings.HasPrefix(v, prefix) {
		return fmt.Errorf("header %s is %q, should begin with %q", name, v, prefix)
	}
	return nil
}

// versioned checks the headers that go with a version of a resource
// (http.html#versions).
func versioned(resp *fasthttp.Response, version string) error {
	return errors.Join(
		header(resp, "ETag", `W/"`+version+`"`),
		header(resp, "Last-Modified", ""),
		header(resp, "Content-Type", client.FHIRJSON))
}

// created checks the answer to a create and returns the new id.
func created(resp *fasthttp.Response, typ string) (id string, err error) {
	if err := status(resp, fasthttp.StatusCreated); err != nil {
		return "", err
	}
	location := string(resp.Header.Peek("Location"))
	got, id, version := client.Location(location)
	if got != typ || id == "" || version == "" {
		return "", fmt.Errorf("location %q names no version of a %s", location, typ)
	}
	return id, header(resp, "ETag", `W/"`+version+`"`)
}

// same says how a resource that came back differs from what was sent. Only
// what the server may write itself is left out: id, meta.versionId,
// meta.lastUpdated and what is in meta beside what was sent. Numbers must keep
// their digits. With exact, members must also keep their order and every
// value its bytes.
func same(sent, got []byte, exact bool) error {
	a, err := members(sent)
	if err != nil {
		return fmt.Errorf("sent: %w", err)
	}
	b, err := members(got)
	if err != nil {
		return fmt.Errorf("got back: %w", err)
	}
	if err := sameMeta(a.meta, b.meta); err != nil {
		return err
	}
	if exact {
		if x, y := bytes.Join(a.rest, []byte(",")), bytes.Join(b.rest, []byte(",")); !bytes.Equal(x, y) {
			return fmt.Errorf("the bytes that came back differ from %s", difference(x, y))
		}
		return nil
	}
	x, y := object(a.rest), object(b.rest)
	if !reflect.DeepEqual(x, y) {
		return errors.New("what came back is not what was sent")
	}
	return nil
}

// parts of a resource: its members except id and meta, each as it stands.
type parts struct {
	rest [][]byte
	meta map[string]any
}

func members(text []byte) (parts, error) {
	var p parts
	dec := json.NewDecoder(bytes.NewReader(text))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return p, errors.New("not a JSON object")
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return p, err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return p, err
		}
		switch name {
		case "id":
		case "meta":
			if err := decode(value, &p.meta); err != nil {
				return p, err
			}
		default:
			p.rest = append(p.rest, fmt.Appendf(nil, "%q:%s", name, value))
		}
	}
	_, err := dec.Token()
	return p, err
}

func decode(text []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	return dec.Decode(into)
}

func object(rest [][]byte) (o map[string]any) {
	_ = decode(fmt.Appendf(nil, "{%s}", bytes.Join(rest, []byte(","))), &o) // was read once already
	return o
}

func sameMeta(sent, got map[string]any) error {
	for name, v := range sent {
		if name != "versionId" && name != "lastUpdated" && !reflect.DeepEqual(v, got[name]) {
			return fmt.Errorf("meta.%s is %v, sent was %v", name, got[name], v)
		}
	}
	if got["versionId"] == nil || got["lastUpdated"] == nil {
		return errors.New("meta has no versionId or no lastUpdated")
	}
	return nil
}

// difference shows where two texts part.
func difference(a, b []byte) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	from := max(0, i-20)
	return fmt.Sprintf("byte %d on: %.60q became %.60q", i, a[min(from, len(a)):], b[min(from, len(b)):])
}

// bundle is what the checks look at in a Bundle.
type bundle struct {
	ResourceType, Type string
	Total              *int
	Link               []struct{ Relation, URL string }
	Entry              []struct {
		FullURL  string
		Resource json.RawMessage
		Search   struct{ Mode string }
		Request  struct{ Method, URL string }
		Response struct{ Status, ETag string }
	}
}

func parseBundle(resp *fasthttp.Response, typ string) (b bundle, err error) {
	if err := status(resp, fasthttp.StatusOK); err != nil {
		return b, err
	}
	body, err := resp.BodyUncompressed()
	if err != nil {
		return b, fmt.Errorf("not compressed as it says: %w", err)
	}
	if err := json.Unmarshal(body, &b); err != nil {
		return b, fmt.Errorf("not a bundle: %w", err)
	}
	if b.ResourceType != "Bundle" || b.Type != typ {
		return b, fmt.Errorf("a %s of type %q instead of a Bundle of type %q", b.ResourceType, b.Type, typ)
	}
	return b, nil
}

// identity is what every resource has.
type identity struct {
	ResourceType, ID string
	Meta             struct{ VersionID string }
}

func identify(text []byte) (i identity, err error) {
	if err := json.Unmarshal(text, &i); err != nil {
		return i, fmt.Errorf("not a resource: %w", err)
	}
	return i, nil
}

// readSame reads a resource and compares it with what was sent.
func (e *Env) readSame(conn *client.Conn, ref string, sent []byte) error {
	resp, err := conn.Get("/" + ref)
	if err != nil {
		return err
	}
	if err := status(resp, fasthttp.StatusOK); err != nil {
		return fmt.Errorf("read %s: %w", ref, err)
	}
	i, err := identify(resp.Body())
	if err != nil {
		return err
	}
	if i.ResourceType+"/"+i.ID != ref {
		return fmt.Errorf("%s came back as %s/%s", ref, i.ResourceType, i.ID)
	}
	if err := versioned(resp, i.Meta.VersionID); err != nil {
		return fmt.Errorf("read %s: %w", ref, err)
	}
	if err := same(sent, resp.Body(), e.Exact); err != nil {
		return fmt.Errorf("read %s: %w", ref, err)
	}
	return nil
}
