package accounts

import (
	"strings"

	"golang.org/x/net/idna"
)

// Mailbox is the form in which addresses are compared: in lower case, with
// the domain as the DNS has it. Strictly the part before the @ may distinguish
// cases; no provider of today does, and people do not remember how they typed.
// An address that cannot be one is refused.
func Mailbox(email string) (string, error) {
	local, domain, ok := strings.Cut(email, "@")
	if !ok || local == "" || len(local) > 64 || len(email) > 254 || strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return "", refuse("email", "email.invalid")
	}
	for _, c := range []byte(local) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~.", rune(c)) {
			return "", refuse("email", "email.invalid")
		}
	}
	domain, err := idna.Lookup.ToASCII(domain)
	if err != nil || domain == "" || len(domain) > 253 || strings.HasPrefix(domain, ".") || strings.Contains(domain, "..") || strings.HasSuffix(domain, ".") {
		return "", refuse("email", "email.invalid")
	}
	return strings.ToLower(local) + "@" + domain, nil
}

// guess is the mailbox of whatever was typed into a form that does not say
// whether it is one.
func guess(email string) string {
	if m, err := Mailbox(strings.TrimSpace(email)); err == nil {
		return m
	}
	return strings.ToLower(email[:min(len(email), 254)])
}
