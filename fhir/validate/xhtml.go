package validate

import (
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// words makes a set of names.
func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// What a narrative may hold (narrative.html#xhtml): the elements of chapters
// 7 to 11 (but 9.4) and 15 of HTML 4.0, links, images and style attributes.
var (
	xhtmlElements = words(`p br div h1 h2 h3 h4 h5 h6 a span b em i strong small big tt dfn q var abbr acronym cite
		blockquote hr address bdo kbd sub sup ul ol li dl dt dd pre table caption colgroup col thead tr tfoot tbody th td
		code samp img map area strike u s font center`)
	xhtmlAttributes = words(`title style class id lang xml:lang xml:space dir accesskey tabindex align valign char charoff width height
		span rowspan colspan abbr axis headers scope border cellpadding cellspacing frame rules summary bgcolor nowrap
		href name charset type hreflang rel rev shape coords target src alt longdesc usemap ismap cite
		clear color face size noshade start value compact hspace vspace xmlns nohref`)
)

// narrative checks the text of a div (txt-1, txt-2).
func (w *walk) narrative(c tree.Node) {
	if problem := readDiv(w.d.Text(c)); problem != "" {
		w.report(c, fhir.Invariant, problem)
	}
}

// readDiv says what is wrong with the text of a narrative, "" for nothing.
func readDiv(s string) (problem string) {
	s = strings.TrimSpace(s)
	var open []string
	content := false
	for first := true; s != ""; first = false {
		if s[0] != '<' {
			i := strings.IndexByte(s, '<')
			if i < 0 {
				i = len(s)
			}
			text := s[:i]
			s = s[i:]
			blank := strings.TrimSpace(text) == ""
			if len(open) == 0 && !blank {
				return "txt-1 does not hold: the narrative is one div and nothing around it"
			}
			content = content || !blank
			if !references(text) {
				return "txt-1 does not hold: & begins an entity of HTML or a character reference"
			}
			continue
		}
		switch {
		case strings.HasPrefix(s, "<!--"):
			// Browsers end a comment where XML does not: at <!-->, <!---> and
			// --!>, and what follows would come to life.
			text, rest, found := strings.Cut(s[4:], "--")
			if !found || !strings.HasPrefix(rest, ">") || strings.HasPrefix(text, ">") || strings.HasPrefix(text, "->") {
				return "txt-1 does not hold: a comment of the narrative is not well formed"
			}
			s = rest[1:]
			continue
		case strings.HasPrefix(s, "<![CDATA["):
			// To browsers it is a comment that ends with the first >.
			text, rest, found := strings.Cut(s[len("<![CDATA["):], "]]>")
			if !found || len(open) == 0 || strings.ContainsRune(text, '>') {
				return "txt-1 does not hold: a CDATA section of the narrative does not end, or has markup in it"
			}
			content = content || strings.TrimSpace(text) != ""
			s = rest
			continue
		case strings.HasPrefix(s, "</"):
			i := strings.IndexByte(s, '>')
			if i < 0 || len(open) == 0 || strings.TrimSpace(s[2:i]) != open[len(open)-1] {
				return "txt-1 does not hold: the elements of the narrative are not nested well"
			}
			open, s = open[:len(open)-1], s[i+1:]
			if len(open) == 0 && strings.TrimSpace(s) != "" {
				return "txt-1 does not hold: the narrative is one div and nothing around it"
			}
			continue
		}
		name, namespace, empty, rest, problem := readTag(s)
		if problem != "" {
			return problem
		}
		if first && namespace == "" || namespace != "" && namespace != xhtmlNamespace {
			return "txt-1 does not hold: the div must have the namespace of XHTML, and nothing in it another one"
		}
		if first && name != "div" || !first && len(open) == 0 {
			return "txt-1 does not hold: the narrative is one div and nothing around it"
		}
		content = content || name == "img"
		if !empty {
			if len(open) >= 200 {
				return "txt-1 does not hold: the narrative is nested too deep"
			}
			open = append(open, name)
		}
		s = rest
	}
	switch {
	case len(open) > 0:
		return "txt-1 does not hold: the elements of the narrative are not nested well"
	case !content:
		return "txt-2 does not hold: the narrative must have some content that is not white space"
	}
	return ""
}

// readTag reads <name attribute="value"...> or the same with />, and the
// namespace that it declares.
func readTag(s string) (name, namespace string, empty bool, rest, problem string) {
	refuse := func(why string) (string, string, bool, string, string) {
		return "", "", false, "", "txt-1 does not hold: " + why
	}
	i := 1
	for i < len(s) && isName(s[i]) {
		i++
	}
	name, s = s[1:i], s[i:]
	if !xhtmlElements[name] {
		return refuse("the narrative has an element that is not allowed")
	}
	var seen []string
	for {
		trimmed := strings.TrimLeft(s, " \t\r\n")
		apart := len(trimmed) < len(s)
		s = trimmed
		switch {
		case strings.HasPrefix(s, "/>"):
			return name, namespace, true, s[2:], ""
		case strings.HasPrefix(s, ">"):
			return name, namespace, false, s[1:], ""
		}
		i = 0
		for i < len(s) && isName(s[i]) {
			i++
		}
		attribute := s[:i]
		s = strings.TrimLeft(s[i:], " \t\r\n")
		value, found := strings.CutPrefix(s, "=")
		value = strings.TrimLeft(value, " \t\r\n")
		if attribute == "" || !apart || len(seen) > 64 || slices.Contains(seen, attribute) || !found || value == "" || value[0] != '"' && value[0] != '\'' {
			return refuse("a tag of the narrative is not well formed")
		}
		seen = append(seen, attribute)
		end := strings.IndexByte(value[1:], value[0])
		if end < 0 || strings.IndexByte(value[1:1+end], '<') >= 0 || !references(value[1:1+end]) {
			return refuse("a tag of the narrative is not well formed")
		}
		text := value[1 : 1+end]
		s = value[end+2:]
		switch {
		case attribute == "xmlns":
			namespace = text
		case !xhtmlAttributes[attribute] && !strings.HasPrefix(attribute, "xmlns:"):
			return refuse("the narrative has an attribute that is not allowed")
		case links[attribute] && script(text):
			return refuse("a link of the narrative must not run a script")
		}
	}
}

// xhtmlNamespace is what the div must declare (narrative.html#xhtml).
const xhtmlNamespace = "http://www.w3.org/1999/xhtml"

// links are the attributes that browsers may follow.
var links = words("href src cite longdesc usemap")

// script says whether a link would run something. Browsers overlook white
// space and control characters in it, and resolve character references.
func script(link string) bool {
	link = strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, html.UnescapeString(link))
	link = strings.ToLower(link)
	if media, data := strings.CutPrefix(link, "data:"); data {
		return !strings.HasPrefix(media, "image/") || strings.HasPrefix(media, "image/svg")
	}
	return strings.HasPrefix(link, "javascript:") || strings.HasPrefix(link, "vbscript:")
}

func isName(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || isDigit(c) || c == ':' || c == '-' || c == '_' || c == '.'
}

// references says whether every & begins a character reference or an entity
// of HTML.
func references(s string) bool {
	for {
		i := strings.IndexByte(s, '&')
		if i < 0 {
			return true
		}
		s = s[i:]
		end := strings.IndexByte(s, ';')
		if end < 2 || end > 10 || !means(s[1:end]) {
			return false
		}
		s = s[end+1:]
	}
}

// means says whether there is a character for what stands between & and ;.
func means(name string) bool {
	if number, ok := strings.CutPrefix(name, "#"); ok {
		base := 10
		if hex, ok := strings.CutPrefix(number, "x"); ok {
			number, base = hex, 16
		}
		code, err := strconv.ParseUint(number, base, 32)
		return err == nil && code <= utf8.MaxRune && (code >= ' ' || code == '\t' || code == '\n' || code == '\r')
	}
	return !strings.HasSuffix(html.UnescapeString("&"+name+";"), ";") || name == "semi"
}
