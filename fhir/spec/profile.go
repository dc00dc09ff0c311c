package spec

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed profiles.gz
var profilesGZ []byte

// Profile is the StructureDefinition, as JSON, of a profile that R4 itself
// defines, such as the one of vital signs: its differential, without prose. It
// is not ok for another URL.
func (d *Definitions) Profile(url string) (text string, ok bool) {
	text, ok = profiles()[url]
	return text, ok
}

// profiles are the lines of profiles.gz by URL.
var profiles = sync.OnceValue(func() map[string]string {
	return mustRead(profilesGZ, func(text string) (map[string]string, error) {
		all := map[string]string{}
		for line := range strings.Lines(text) {
			_, rest, _ := strings.Cut(line, `"url":"`)
			url, _, _ := strings.Cut(rest, `"`)
			all[url] = strings.TrimSpace(line)
		}
		return all, nil
	})
})
