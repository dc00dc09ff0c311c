package terminology

// Answer is what can be said about membership.
type Answer int

// The answers. Unknown is the zero value: nothing is asserted that was not
// looked up.
const (
	Unknown Answer = iota
	No
	Yes
)

// Membership is an answer with what goes with it.
type Membership struct {
	Answer  Answer
	Reason  string // why not, or why it cannot be told: a sentence without its full stop that quotes no code
	Display string // what the code is called, "" when that is not known
	System  string // of a code that was asked for without one
	// Inactive and Abstract are what the code system says of the code.
	Inactive, Abstract bool
}

// Coding is a code of a code system.
type Coding struct{ System, Version, Code, Display string }

// and is true of both, or as much as can be said of that.
func (m Membership) and(o Membership) Membership {
	switch {
	case m.Answer == No || m.Answer == Unknown && o.Answer != No:
		return m
	case o.Answer != Yes:
		return o
	}
	if m.Display == "" {
		m.Display = o.Display
	}
	m.Inactive, m.Abstract = m.Inactive || o.Inactive, m.Abstract || o.Abstract
	return m
}

// or is true of one of them.
func (m Membership) or(o Membership) Membership {
	if m.Answer == Yes || m.Answer == Unknown && o.Answer != Yes {
		return m
	}
	return o
}

// not turns the answer around.
func (m Membership) not() Membership {
	switch m.Answer {
	case Yes:
		return no("the value set excludes the code")
	case No:
		return Membership{Answer: Yes}
	}
	return m
}

func no(reason string) Membership { return Membership{Answer: No, Reason: reason} }

func unknown(reason string) Membership { return Membership{Reason: reason} }
