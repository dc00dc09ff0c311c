package accounts

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// What NIST SP 800-63B-4 asks of passwords: length, and that they are not
// among those which are tried first. No classes of characters, no expiry.
const (
	alone    = 15  // code points of a password that is all there is
	beside   = 8   // of one beside a second factor
	mostSize = 256 // bytes; more than any text that a person types
)

// normal is the form in which passwords are hashed: the same text typed on
// another keyboard is the same password.
func normal(password string) (string, bool) {
	if len(password) > 4*mostSize || !utf8.ValidString(password) {
		return "", false
	}
	p := norm.NFKC.String(password)
	for _, r := range p {
		if unicode.IsControl(r) {
			return "", false
		}
	}
	return p, len(p) <= mostSize
}

// least is how many code points a password of an account must have.
func (s *Service) least(held []Held, hasFactor bool) int {
	if hasFactor || grave(held) && !s.SingleFactor {
		return beside
	}
	return alone
}

// accept is the normal form of a password that somebody chose, or what is
// wrong with it. Context is what others know of the person.
func (s *Service) accept(password string, least int, context ...string) (string, error) {
	p, ok := normal(password)
	switch n := utf8.RuneCountInString(p); {
	case !ok && utf8.ValidString(password) && len(norm.NFKC.String(password[:min(len(password), 8*mostSize)])) > mostSize:
		return "", refuse("password", "password.long")
	case !ok:
		return "", refuse("password", "password.characters")
	case n < least:
		return "", refuse("password", "password.short")
	}
	if madeOf(p, nil) {
		return "", refuse("password", "password.common")
	}
	if madeOf(p, personal(append(context, s.Name, "webdoctor"))) {
		return "", refuse("password", "password.personal")
	}
	return p, nil
}

// personal are the words of texts, in the form of the list.
func personal(texts []string) map[string]bool {
	words := map[string]bool{}
	for _, text := range texts {
		for _, w := range strings.FieldsFunc(plain(text), func(r rune) bool { return !unicode.IsLetter(r) }) {
			if utf8.RuneCountInString(w) >= 3 {
				words[w] = true
			}
		}
		// "ann.weber" is typed as one word too.
		if whole := letters(plain(text)); utf8.RuneCountInString(whole) >= 4 {
			words[whole] = true
		}
	}
	return words
}

//go:embed blocklist.txt
var blocklist string

// common are the words that lists of stolen passwords begin with.
var common = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for line := range strings.Lines(blocklist) {
		for _, w := range strings.Fields(line) {
			if strings.HasPrefix(w, "#") {
				break
			}
			words[letters(plain(w))] = true
		}
	}
	delete(words, "")
	return words
})

// most listed words that a password may be made of and still be refused. A
// sentence of many of them is not among those that are tried first.
const mostWords = 2

// madeOf says whether a password is nothing but a few words that everybody
// tries, with digits and signs around and between them, or a run, or a short
// text again and again.
func madeOf(password string, more map[string]bool) bool {
	p := []rune(plain(password))
	if p = shortest(p); len(p) <= 3 {
		return true
	}
	// cost is 0 for a word of the person, of which there may be any number, 1
	// for one that everybody tries, and never for one that is neither.
	const never = 1 << 20
	cost := func(word []rune) int {
		least := never
		for _, one := range [...]rune{'l', 'i'} {
			switch w := unmask(word, one); {
			case more[w]:
				return 0
			case common()[w]:
				least = 1
			}
		}
		if least == never && run(word) {
			least = 1
		}
		return least
	}
	// words[i] is the least number of listed words that the first i runes are
	// made of.
	words := make([]int, len(p)+1)
	for i := 1; i <= len(p); i++ {
		if words[i] = never; !unicode.IsLetter(p[i-1]) {
			words[i] = words[i-1]
		}
		for from := max(0, i-24); from <= i-3; from++ {
			if words[from] <= mostWords {
				words[i] = min(words[i], words[from]+cost(p[from:i]))
			}
		}
	}
	if words[len(p)] > mostWords {
		return false
	}
	// Digits that are no run are worth something, and so are signs, but not
	// again and again: a long number is a password, a date is not.
	loose, signs := 0, map[rune]bool{}
	for i, r := range p {
		switch {
		case unicode.IsLetter(r):
		case !unicode.IsDigit(r):
			signs[r] = true
		case i == 0 || p[i-1] != r && r-p[i-1] != 1:
			loose++
		}
	}
	return loose+len(signs) < 12
}

// plain is a text without what a keyboard makes of it: no capitals, no wide
// letters.
func plain(s string) string { return strings.ToLower(norm.NFKC.String(s)) }

// letters are those of a text.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, s)
}

// unmask puts letters in the place of digits and signs that look like them; 1
// looks like two.
func unmask(word []rune, one rune) string {
	out := make([]rune, len(word))
	for i, r := range word {
		switch out[i] = r; r {
		case '0':
			out[i] = 'o'
		case '1', '!':
			out[i] = one
		case '3', '€':
			out[i] = 'e'
		case '4', '@':
			out[i] = 'a'
		case '5', '$':
			out[i] = 's'
		case '7':
			out[i] = 't'
		}
	}
	return string(out)
}

// rows are how fingers run over a keyboard.
var rows = []string{"1234567890", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "1q2w3e4r5t6y7u8i9o0p"}

// run says whether a text is one key held down, neighbours in the alphabet,
// or neighbours on a keyboard, in either direction.
func run(word []rune) bool {
	same, up, down := true, true, true
	for i := 1; i < len(word); i++ {
		d := word[i] - word[i-1]
		same, up, down = same && d == 0, up && d == 1, down && d == -1
	}
	if same || up || down {
		return true
	}
	back := slices.Clone(word)
	slices.Reverse(back)
	return slices.ContainsFunc(rows, func(row string) bool {
		return strings.Contains(row, string(word)) || strings.Contains(row, string(back))
	})
}

// shortest is the text that p says again and again, or p.
func shortest(p []rune) []rune {
	for n := 1; n <= len(p)/2; n++ {
		again := true
		for i := n; i < len(p) && again; i++ {
			again = p[i] == p[i-n]
		}
		if again {
			return p[:n]
		}
	}
	return p
}
