package cmd

import (
	"strings"
	"testing"
)

func TestMailServerFromTheEnvironment(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		env   map[string]string
		some  bool
		error string
	}{
		{name: "none"},
		{name: "one", env: map[string]string{"EMAIL_HOST": "mail.example", "EMAIL_FROM": "Clinic <noreply@clinic.example>", "EMAIL_HOST_USER": "u", "EMAIL_HOST_PASSWORD": "p"}, some: true},
		{name: "without host", env: map[string]string{"EMAIL_HOST_PASSWORD": "hunter2"}, error: "EMAIL_HOST is missing although other EMAIL_ variables are set"},
		{name: "without sender", env: map[string]string{"EMAIL_HOST": "mail.example"}, error: "EMAIL_FROM is missing although EMAIL_HOST is set"},
		{name: "bad sender", env: map[string]string{"EMAIL_HOST": "mail.example", "EMAIL_FROM": "hunter2"}, error: "the EMAIL_ variables: smtp: the sender is not an e-mail address"},
		{name: "bad port", env: map[string]string{"EMAIL_HOST": "mail.example", "EMAIL_FROM": "a@b.example", "EMAIL_PORT": "hunter2"}, error: "EMAIL_PORT is not a port number"},
		{name: "bad TLS", env: map[string]string{"EMAIL_HOST": "mail.example", "EMAIL_FROM": "a@b.example", "EMAIL_USE_TLS": "hunter2"}, error: "EMAIL_USE_TLS is neither true nor false"},
		{name: "password without TLS", env: map[string]string{"EMAIL_HOST": "mail.example", "EMAIL_FROM": "a@b.example", "EMAIL_USE_TLS": "false", "EMAIL_HOST_USER": "u", "EMAIL_HOST_PASSWORD": "hunter2"},
			error: "the EMAIL_ variables: smtp: a password is not sent without TLS"},
	} {
		m, err := mailer(func(name string) string { return row.env[name] })
		switch {
		case row.error == "" && (err != nil || (m != nil) != row.some):
			t.Errorf("%s: %v, %v", row.name, m, err)
		case row.error != "" && (err == nil || err.Error() != row.error || strings.Contains(err.Error(), "hunter2")):
			t.Errorf("%s: %v", row.name, err)
		}
	}
}
