package path

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"strings"
	"unicode/utf8"
)

// textFunction evaluates the functions of a string
// (http://hl7.org/fhirpath/N1/#string-manipulation). Positions count
// characters.
func (r *run) textFunction(e *Expr, text string, s scope) (Collection, error) {
	answer := func(b bool) (Collection, error) { return one(Boolean(b)), nil }
	if err := r.step(e, len(text)/64); err != nil {
		return nil, err
	}
	switch e.Name {
	case "length":
		return one(Integer(utf8.RuneCountInString(text))), nil
	case "upper":
		return r.made(e, strings.ToUpper(text))
	case "lower":
		return r.made(e, strings.ToLower(text))
	case "trim":
		return r.made(e, strings.TrimSpace(text))
	case "toChars":
		out := make(Collection, 0, len(text))
		for _, c := range text {
			out = append(out, computed(String(string(c))))
		}
		return out, r.step(e, len(out))
	case "substring":
		return r.substring(e, text, s)
	}
	arg, ok, err := r.text(e.Args[0], s)
	if err != nil || !ok {
		return nil, err
	}
	switch e.Name {
	case "indexOf":
		return position(text, strings.Index(text, arg))
	case "lastIndexOf":
		return position(text, strings.LastIndex(text, arg))
	case "startsWith":
		return answer(strings.HasPrefix(text, arg))
	case "endsWith":
		return answer(strings.HasSuffix(text, arg))
	case "contains":
		return answer(strings.Contains(text, arg))
	case "split":
		var out Collection
		for _, part := range strings.Split(text, arg) {
			out = append(out, computed(String(part)))
		}
		return out, r.step(e, len(out))
	case "matches", "matchesFull":
		p, err := r.pattern(e, arg, text)
		if err != nil {
			return nil, err
		}
		return answer(p.MatchString(text))
	case "replace", "replaceMatches":
		return r.replace(e, text, arg, s)
	}
	return r.encoding(e, text, arg)
}

func position(text string, at int) (Collection, error) {
	if at > 0 {
		at = utf8.RuneCountInString(text[:at])
	}
	return one(Integer(at)), nil
}

func (r *run) substring(e *Expr, text string, s scope) (Collection, error) {
	start, ok, err := r.integer(e.Args[0], s)
	if err != nil || !ok {
		return nil, err
	}
	runes := []rune(text)
	if start < 0 || start >= len(runes) {
		return nil, nil
	}
	runes = runes[start:]
	if len(e.Args) > 1 {
		n, ok, err := r.integer(e.Args[1], s)
		if err != nil {
			return nil, err
		}
		if ok {
			runes = runes[:min(max(n, 0), len(runes))]
		}
	}
	return one(String(string(runes))), nil
}

func (r *run) replace(e *Expr, text, arg string, s scope) (Collection, error) {
	with, ok, err := r.text(e.Args[1], s)
	if err != nil || !ok {
		return nil, err
	}
	// Every reference to a group can stand for all of the text, and every
	// place in the text can be replaced.
	if (len(text)+1)*(len(with)+1)+strings.Count(with, "$")*len(text) > 16*maxText {
		return nil, invalid(e, "the text grows beyond %d bytes", maxText)
	}
	if e.Name == "replace" {
		return r.made(e, strings.ReplaceAll(text, arg, with))
	}
	if arg == "" {
		return one(String(text)), nil
	}
	p, err := r.pattern(e, arg, text)
	if err != nil {
		return nil, err
	}
	return r.made(e, p.ReplaceAllString(text, groupName.ReplaceAllString(with, `$${$1}`)))
}

// encoding evaluates encode, decode, escape and unescape. An unknown format
// and a text that is not in it have no result.
func (r *run) encoding(e *Expr, text, format string) (Collection, error) {
	var out []byte
	var err error
	switch e.Name + " " + format {
	case "encode hex":
		out = hex.AppendEncode(nil, []byte(text))
	case "encode base64":
		out = base64.StdEncoding.AppendEncode(nil, []byte(text))
	case "encode urlbase64":
		out = base64.URLEncoding.AppendEncode(nil, []byte(text))
	case "decode hex":
		out, err = hex.DecodeString(text)
	case "decode base64":
		out, err = base64.StdEncoding.DecodeString(text)
	case "decode urlbase64":
		out, err = base64.URLEncoding.DecodeString(text)
	case "escape html":
		out = []byte(htmlEscaper.Replace(text))
	case "unescape html":
		out = []byte(html.UnescapeString(text))
	case "escape json":
		var b strings.Builder
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		err = enc.Encode(text)
		out = []byte(strings.TrimSuffix(strings.TrimPrefix(b.String(), `"`), "\"\n"))
	case "unescape json":
		var s string
		if err = json.Unmarshal([]byte(`"`+text+`"`), &s); err != nil {
			s, err = text, nil
		}
		out = []byte(s)
	default:
		return nil, nil
	}
	if err != nil || !utf8.Valid(out) {
		return nil, nil
	}
	return r.made(e, string(out))
}

var htmlEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")

// join makes one string of many.
func (r *run) join(e *Expr, in Collection, s scope) (Collection, error) {
	separator := ""
	if len(e.Args) > 0 {
		var err error
		if separator, _, err = r.text(e.Args[0], s); err != nil {
			return nil, err
		}
	}
	var parts []string
	size := 0
	for _, i := range in {
		switch v := i.Value(r.doc).(type) {
		case nil:
			if !r.isPrimitive(i) {
				return nil, invalid(e, "join needs strings")
			}
		case String:
			parts = append(parts, string(v))
			size += len(v) + len(separator)
		default:
			return nil, invalid(e, "join needs strings")
		}
		if size > maxText {
			return nil, invalid(e, "the text grows beyond %d bytes", maxText)
		}
	}
	if len(parts) == 0 {
		return nil, nil
	}
	return r.made(e, strings.Join(parts, separator))
}
