package i18n

import (
	"golang.org/x/text/language"
)

// Match is the best language for a reader, who says what they want most
// surely first: the setting of an account, a cookie, the Accept-Language
// header. Empty wishes and ones that cannot be read say nothing.
func Match(all []*Language, wishes ...string) *Language {
	tags := make([]language.Tag, len(all))
	for i, l := range all {
		tags[i] = l.tag
	}
	matcher := language.NewMatcher(tags)
	for _, wish := range wishes {
		if len(wish) > 500 { // no browser asks for so much
			continue
		}
		wanted, _, err := language.ParseAcceptLanguage(wish)
		if err != nil || len(wanted) == 0 {
			continue
		}
		if _, i, sure := matcher.Match(wanted...); sure > language.No {
			return all[i]
		}
	}
	return all[0]
}
