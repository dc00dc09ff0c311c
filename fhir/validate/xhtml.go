package validate

import (
	"strings"

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
			i := strings.Index(s[4:], "-->")
			if i < 0 {
				return "txt-1 does not hold: a comment does not end"
			}
			s = s[4+i+3:]
			continue
		case strings.HasPrefix(s, "<![CDATA["):
			i := strings.Index(s, "]]>")
			if i < 0 || len(open) == 0 {
				return "txt-1 does not hold: a CDATA section does not end"
			}
			content = content || i > len("<![CDATA[")
			s = s[i+3:]
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
		name, empty, rest, problem := readTag(s)
		if problem != "" {
			return problem
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

// readTag reads <name attribute="value"...> or the same with />.
func readTag(s string) (name string, empty bool, rest, problem string) {
	i := 1
	for i < len(s) && isName(s[i]) {
		i++
	}
	name, s = s[1:i], s[i:]
	if !xhtmlElements[name] {
		return "", false, "", "txt-1 does not hold: the narrative has an element that is not allowed"
	}
	for {
		s = strings.TrimLeft(s, " \t\r\n")
		switch {
		case strings.HasPrefix(s, "/>"):
			return name, true, s[2:], ""
		case strings.HasPrefix(s, ">"):
			return name, false, s[1:], ""
		}
		i = 0
		for i < len(s) && isName(s[i]) {
			i++
		}
		attribute := s[:i]
		s = strings.TrimLeft(s[i:], " \t\r\n")
		value, found := strings.CutPrefix(s, "=")
		value = strings.TrimLeft(value, " \t\r\n")
		if attribute == "" || !found || value == "" || value[0] != '"' && value[0] != '\'' {
			return "", false, "", "txt-1 does not hold: a tag of the narrative is not well formed"
		}
		end := strings.IndexByte(value[1:], value[0])
		if end < 0 || strings.IndexByte(value[1:1+end], '<') >= 0 || !references(value[1:1+end]) {
			return "", false, "", "txt-1 does not hold: a tag of the narrative is not well formed"
		}
		text := value[1 : 1+end]
		s = value[end+2:]
		if !xhtmlAttributes[attribute] && !strings.HasPrefix(attribute, "xmlns:") {
			return "", false, "", "txt-1 does not hold: the narrative has an attribute that is not allowed"
		}
		if (attribute == "href" || attribute == "src") && script(text) {
			return "", false, "", "txt-1 does not hold: a link of the narrative must not run a script"
		}
	}
}

// script says whether a link would run something. Browsers overlook white
// space and control characters in it.
func script(link string) bool {
	link = strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, link)
	link = strings.ToLower(link)
	return strings.HasPrefix(link, "javascript:") || strings.HasPrefix(link, "vbscript:") || strings.HasPrefix(link, "data:text/html") ||
		strings.HasPrefix(link, "&")
}

func isName(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || isDigit(c) || c == ':' || c == '-' || c == '_' || c == '.'
}

// references says whether every & begins a character reference or an entity.
// HTML 4 has 252 entities; any name that could be one is let pass.
func references(s string) bool {
	for {
		i := strings.IndexByte(s, '&')
		if i < 0 {
			return true
		}
		s = s[i+1:]
		end := strings.IndexByte(s, ';')
		if end < 1 || end > 10 {
			return false
		}
		for j := 0; j < end; j++ {
			if c := s[j]; !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'z') && (c != '#' || j > 0) {
				return false
			}
		}
		s = s[end+1:]
	}
}
