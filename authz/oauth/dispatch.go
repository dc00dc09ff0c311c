package oauth

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/fhir"
)

// Step is what an authorization request waits for.
type Step string

// The steps, in the order in which they are taken.
const (
	StepSignIn  Step = "sign-in"
	StepPatient Step = "patient"
	StepConsent Step = "consent"
	StepFinish  Step = "finish" // nothing: the app gets its answer
)

// Question is what must be asked next, and what the page that asks needs.
type Question struct {
	Step          Step
	Again         bool // sign in although somebody is signed in
	Authorization Authorization
	Client        Client
	Principal     authz.Principal // who answers, unless they must sign in
	Own           []string        // ids of the patients that may be chosen without a search
}

// Next looks at a request and says what must be asked, of whom. It binds the
// request to the first person who is signed in, and chooses the patient when
// there is only one. The error is fhir.NotFound for a request that has expired
// or been answered, and fhir.Forbidden for one that another person answers.
func (s *Server) Next(ctx context.Context, id string, who Signed) (q Question, err error) {
	err = s.store.UpdateAuthorization(ctx, id, func(a *Authorization) error {
		q, err = s.next(ctx, a, who)
		q.Authorization = *a
		return err
	})
	return q, err
}

func (s *Server) next(ctx context.Context, a *Authorization, who Signed) (q Question, err error) {
	if a.Done {
		return q, fhir.Errorf(fhir.NotFound, "the authorization request has been answered")
	}
	if q.Client, err = s.client(ctx, a.Client); err != nil {
		return q, err
	}
	if a.Account != "" && who.Account != "" && who.Account != a.Account {
		return q, fhir.Errorf(fhir.Forbidden, "another person has begun to answer this request")
	}
	if a.Refused != "" {
		q.Step = StepFinish
		return q, nil
	}
	if q.Again = s.stale(*a, who); q.Again || who.Account == "" {
		if q.Step = StepSignIn; s.silent(*a) {
			q.Step = a.refuse("login_required", "")
		}
		return q, nil
	}
	if q.Principal, err = s.people.Vouch(ctx, who.Account, time.Time{}); err != nil {
		return q, err
	}
	a.Account, a.Session, a.SignedIn, a.Factor = who.Account, who.Session, who.At, who.Factor
	if a.Launch != nil && a.Launch.Account != who.Account {
		q.Step = a.refuse("invalid_request", "The launch was not made by the person who has signed in.")
		return q, nil
	}
	if a.Patient == "" && needsPatient(a.Asked) {
		if q.Step, q.Own, err = s.patient(ctx, a, q.Principal); q.Step != "" || err != nil {
			return q, err
		}
	}
	switch {
	case a.Decided:
		q.Step = StepFinish
	case s.silent(*a):
		q.Step = a.refuse("consent_required", "")
	default:
		q.Step = StepConsent
	}
	return q, nil
}

// refuse writes down that the app will be told an error.
func (a *Authorization) refuse(code, reason string) Step {
	a.Refused, a.Reason = code, reason
	return StepFinish
}

// silent says whether the app wants no page to be shown.
func (s *Server) silent(a Authorization) bool { return a.Params["prompt"] == "none" }

// stale says whether the app wants a newer sign-in than there is (OpenID
// Connect Core, 3.1.2.1).
func (s *Server) stale(a Authorization, who Signed) bool {
	if who.Account == "" || a.Account == who.Account && a.SignedIn.Equal(who.At) {
		return false // nobody, or seen and found fresh before
	}
	if slices.Contains(strings.Fields(a.Params["prompt"]), "login") && who.At.Before(a.Created) {
		return true
	}
	age, err := strconv.Atoi(a.Params["max_age"])
	return err == nil && who.At.Add(time.Duration(age)*time.Second).Before(a.Created)
}

// patient finds whose record the app will see: the one that was open in the
// portal, the only one there is, or the one that the person chooses. The step
// is "" when the patient is known.
func (s *Server) patient(ctx context.Context, a *Authorization, p authz.Principal) (Step, []string, error) {
	if a.Launch != nil && a.Launch.Patient != "" {
		reached, err := s.reaches(ctx, p, a.Launch.Patient)
		if err != nil {
			return "", nil, err
		}
		if !reached {
			return a.refuse("access_denied", "The record that was open cannot be read any more."), nil, nil
		}
		a.Patient = a.Launch.Patient
		return "", nil, nil
	}
	own, err := s.cfg.Patients.Own(ctx, p)
	if err != nil {
		return "", nil, err
	}
	others := slices.ContainsFunc(p.Roles, func(r authz.Role) bool { return r == authz.Practitioner || r == authz.Staff })
	switch {
	case !others && len(own) == 0:
		return a.refuse("access_denied", "There is no record that this person could open."), nil, nil
	case !others && len(own) == 1:
		a.Patient = own[0]
		return "", nil, nil
	case s.silent(*a):
		return a.refuse("interaction_required", ""), nil, nil
	}
	return StepPatient, own, nil
}

// reaches says whether a principal may open a patient's record to an app.
func (s *Server) reaches(ctx context.Context, p authz.Principal, patient string) (bool, error) {
	if !fhir.ValidID(patient) {
		return false, nil
	}
	own, err := s.cfg.Patients.Own(ctx, p)
	if err != nil || slices.Contains(own, patient) {
		return err == nil, err
	}
	return s.cfg.Patients.Reaches(ctx, p, patient)
}

// answering changes a request on behalf of the person who answers it.
func (s *Server) answering(ctx context.Context, id string, who Signed, step Step, change func(*Authorization, Question) error) error {
	return s.store.UpdateAuthorization(ctx, id, func(a *Authorization) error {
		q, err := s.next(ctx, a, who)
		if err != nil {
			return err
		}
		if q.Step != step {
			return fhir.Errorf(fhir.Conflict, "the request does not wait for this answer")
		}
		return change(a, q)
	})
}

// ChoosePatient is the answer to StepPatient. A patient that the person may
// not read is fhir.NotFound, whether or not there is one.
func (s *Server) ChoosePatient(ctx context.Context, id string, who Signed, patient string) error {
	return s.answering(ctx, id, who, StepPatient, func(a *Authorization, q Question) error {
		reached, err := s.reaches(ctx, q.Principal, patient)
		if err != nil {
			return err
		}
		if !reached {
			return fhir.Errorf(fhir.NotFound, "no such patient")
		}
		a.Patient = patient
		return nil
	})
}

// Decision is the answer to StepConsent.
type Decision struct {
	Approve bool
	Scopes  []string // those agreed to: of the ones asked for, or narrower
}

// Decide is the answer to StepConsent. Scopes that were not asked for are an
// error of code fhir.Value.
func (s *Server) Decide(ctx context.Context, id string, who Signed, d Decision) error {
	return s.answering(ctx, id, who, StepConsent, func(a *Authorization, q Question) error {
		if !d.Approve {
			a.refuse("access_denied", "The person did not agree.")
			return nil
		}
		var chosen []string
		for _, word := range d.Scopes {
			if _, _, err := authz.ParseScope(word); err != nil {
				return err
			}
			if !slices.Contains(chosen, word) {
				chosen = append(chosen, word)
			}
		}
		if !within(chosen, a.Asked) {
			return fhir.Errorf(fhir.Value, "more was agreed to than was asked for").At("scope")
		}
		if len(chosen) == 0 {
			a.refuse("access_denied", "The person agreed to nothing.")
			return nil
		}
		a.Chosen, a.Decided = chosen, true
		return nil
	})
}

// resume is the dispatcher over HTTP.
func (s *Server) resume(c *fiber.Ctx) error {
	private(c)
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	ctx, id := c.UserContext(), string([]byte(c.Query("authorization")))
	who, err := s.people.Signed(ctx, string([]byte(c.Cookies(s.cfg.Cookie))))
	if err != nil {
		return err
	}
	q, err := s.Next(ctx, id, who)
	if err != nil {
		return err
	}
	var to string
	switch q.Step {
	case StepSignIn:
		to = s.cfg.Pages.SignIn(id, q.Again)
	case StepPatient:
		to = s.cfg.Pages.Patient(id)
	case StepConsent:
		to = s.cfg.Pages.Consent(id)
	case StepFinish:
		if to, err = s.finish(ctx, id, addressOf(c)); err != nil {
			return err
		}
	default:
		return errors.New("an authorization request waits for nothing that we know")
	}
	return c.Redirect(to, fiber.StatusSeeOther)
}

// addressOf is where a request came from.
func addressOf(c *fiber.Ctx) string { return string([]byte(c.IP())) }
