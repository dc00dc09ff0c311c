package accounts

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func policy(t *testing.T) *Service {
	s, err := New(Config{Key: make([]byte, KeySize), Base: "https://clinic.example", Name: "Clinic Example", Hashing: Hashing{64, 1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPasswordPolicy(t *testing.T) {
	t.Parallel()
	s := policy(t)
	context := []string{"ann.weber@example.org", "Anna-Lena Weber"}
	for _, tc := range []struct {
		password string
		least    int
		key      string // "" for accepted
	}{
		{"correct horse of the battery", alone, ""},
		{"apfelkuchen mit senf", alone, ""},
		{"vierzehn buchs", alone, "password.short"},
		{"fünfzehn zeichn", alone, ""},
		{"gut genug 7", beside, ""},
		{"kurz es", beside, "password.short"},
		{"日本語のとても長い合言葉です。", alone, ""},              // 15 code points
		{"日本語のとても長い合言葉です", alone, "password.short"}, // 14, though 42 bytes
		{"ﬁﬁﬁﬁ-kelvin", beside, ""},
		{strings.Repeat("wort für wort ", 18), alone, "password.long"},
		{strings.Repeat("x", 100_000), alone, "password.long"},
		{"mit\tTabulator darin", alone, "password.characters"},
		{"mit\x00Null darin und mehr", alone, "password.characters"},
		{"kein \xff utf-8 in diesem", alone, "password.characters"},
		{"password", beside, "password.common"},
		{"P4ssw0rd!", beside, "password.common"},
		{"p@$$w0rd2026", beside, "password.common"},
		{"Password123456789", alone, "password.common"},
		{"passwordpassword", alone, "password.common"},
		{"passwordpasswordpassword", alone, "password.common"},
		{"123456789012345", alone, "password.common"},
		{"111111111111111", alone, "password.common"},
		{"abcabcabcabcabc", alone, "password.common"},
		{"abcdefghijklmno", alone, "password.common"},
		{"qwertyuiopasdfghjkl", alone, "password.common"},
		{"1qaz2wsx3edc4rfv", alone, "password.common"},
		{"iloveyou iloveyou 1", alone, "password.common"},
		{"sunshine-princess", alone, "password.common"},
		{"Sommer2026!", beside, "password.common"},
		{"letmein!!!!!!!!!!", alone, "password.common"},
		{"WebDoctor2026", beside, "password.personal"},
		{"clinic example 1", alone, "password.personal"},
		{"ann.weber@example", alone, "password.personal"},
		{"AnnaLenaWeber1980", alone, "password.personal"},
		{"weber1980-02-29", alone, "password.personal"},
		{"8317406259174038", alone, ""}, // a number that nobody guesses
		{"!%&(§)=?+*;:_#<>", alone, ""},
	} {
		_, err := s.accept(tc.password, tc.least, context...)
		if tc.key == "" && err != nil || tc.key != "" && !IsProblem(err, tc.key) {
			t.Errorf("%.40q: got %v, want %q", tc.password, err, tc.key)
		}
	}
}

// The same text is the same password, however it is typed.
func TestPasswordsAreNormalised(t *testing.T) {
	t.Parallel()
	composed, decomposed := "schöner großer garten", "scho\u0308ner großer garten"
	a, _ := normal(composed)
	b, _ := normal(decomposed)
	if a != b {
		t.Error("composed and decomposed letters differ")
	}
	if w, _ := normal("ｗｉｄｅ letters here"); w != "wide letters here" {
		t.Errorf("got %q", w)
	}
}

func TestCostOfPolicyIsBounded(t *testing.T) {
	t.Parallel()
	s := policy(t)
	for _, p := range []string{strings.Repeat("password", 32), strings.Repeat("a1", 128), strings.Repeat("qwertz", 42)} {
		_, _ = s.accept(p, alone, strings.Repeat("word ", 60))
	}
}

func FuzzAccept(f *testing.F) {
	f.Add("apfelkuchen mit senf")
	f.Add("\u0130\u0130\u0130 \xff")
	s, err := New(Config{Key: make([]byte, KeySize), Base: "https://clinic.example", Hashing: Hashing{64, 1, 1}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, password string) {
		p, err := s.accept(password, alone, "ann@example.org")
		if err != nil {
			return
		}
		if n := utf8.RuneCountInString(p); n < alone || len(p) > mostSize {
			t.Errorf("%q has %d characters and %d bytes", p, n, len(p))
		}
		if again, ok := normal(p); !ok || again != p {
			t.Errorf("%q is not its own normal form", p)
		}
	})
}

func TestMailbox(t *testing.T) {
	t.Parallel()
	for email, want := range map[string]string{
		"Ann@Example.ORG":                        "ann@example.org",
		"a+b@x.example":                          "a+b@x.example",
		"ann@müller.example":                     "ann@xn--mller-kva.example",
		"ann@MÜLLER.example":                     "ann@xn--mller-kva.example",
		"root@localhost":                         "root@localhost",
		"":                                       "",
		"@example.org":                           "",
		"ann@":                                   "",
		"ann":                                    "",
		"a@b@c.example":                          "",
		"ann @example.org":                       "",
		"ann@exam ple.org":                       "",
		"ann@example.org\n":                      "",
		"ann@-example.org":                       "",
		"ann@example..org":                       "",
		".ann@example.org":                       "",
		"an..n@example.org":                      "",
		"\"a b\"@example.org":                    "",
		"änn@example.org":                        "",
		"ann<x>@example.org":                     "",
		strings.Repeat("a", 65) + "@example.org": "",
	} {
		got, err := Mailbox(email)
		if want == "" && !IsProblem(err, "email.invalid") || want != "" && got != want {
			t.Errorf("%q: got %q, %v", email, got, err)
		}
		if want != "" {
			if again, err := Mailbox(got); err != nil || again != got {
				t.Errorf("%q is not its own mailbox", got)
			}
		}
	}
}
