package portal

import "github.com/webdoctor/webdoctor/authz/accounts"

// Register is the page on which somebody becomes a patient.
type Register struct{ Form *Form }

func (*Register) name() string   { return "register" }
func (*Register) Title() Message { return say("register.title") }
func (p *Register) form() *Form  { return p.Form }

// Told is the page after a form that is answered alike whatever it said.
type Told struct {
	Key     string // of the texts: told.<Key>.title, .text
	Next    string // where to go on to
	Mailbox bool   // messages are shown on a page of ours
}

func (*Told) name() string     { return "told" }
func (p *Told) Title() Message { return say("told." + p.Key + ".title") }

// Text is what happens now.
func (p *Told) Text() Message { return say("told." + p.Key + ".text") }

// Link is what the way on is called.
func (p *Told) Link() Message { return say("told." + p.Key + ".link") }

func registerForm(r *request) *Form {
	given := &Field{Kind: "text", Name: "given", Label: "field.given", Complete: "given-name", Required: true, Max: 100}
	given.Focus = true
	return r.form("/register", "register.submit",
		given,
		&Field{Kind: "text", Name: "family", Label: "field.family", Complete: "family-name", Required: true, Max: 100},
		&Field{Kind: "date", Name: "birth", Label: "field.birth", Complete: "bday", Required: true, Max: 10},
		emailField("field.email"),
		newPassword(),
	)
}

// newPassword is the field of a password that is chosen.
func newPassword() *Field {
	f := passwordField("password", "field.password.new", "new-password")
	f.Hint = say("password.hint")
	return f
}

func (s *server) register(r *request) (reply, error) { return show(&Register{registerForm(r)}) }

// doRegister answers alike whether or not the address has an account: what
// happens next is said in a letter to it.
func (s *server) doRegister(r *request) (reply, error) {
	f := r.take(registerForm(r))
	if f.Failed() {
		return again(&Register{f})
	}
	err := s.Accounts.Register(r.ctx, accounts.Newcomer{
		Email: f.value("email"), Password: f.value("password"), Language: r.language.Code,
		Profile: accounts.Profile{Given: f.value("given"), Family: f.value("family"), Birth: f.value("birth")},
	}, r.origin())
	if err != nil {
		return refused(f, &Register{f}, err)
	}
	return to("/told/registered")
}

// tellings are the pages after a form, and where each leads to.
var tellings = map[string]string{"registered": "/login", "forgot": "/login", "email": "/account"}

func (s *server) told(r *request) (reply, error) {
	what := r.params["what"]
	next, ok := tellings[what]
	if !ok {
		return s.lost(r)
	}
	return show(&Told{Key: what, Next: next, Mailbox: s.Mailbox && s.Demo})
}
