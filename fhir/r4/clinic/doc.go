// Package clinic makes up a whole clinic: 12 doctors of 12 specialties, their
// calendars, and 60 patients with conditions, two years of vital signs and
// laboratory results, reports, prescriptions and appointments. Nobody in it
// exists: names are combined from invented lists, telephone numbers are of the
// range kept for fiction (555-0100 to 555-0199), mail goes to example.org, and
// provider numbers begin with a digit no real one has.
//
// [Bundles] yields transaction Bundles in the order in which they can be
// loaded one by one: the organisation, the slots of the next four weeks, then
// one Bundle per patient. Every entry is a PUT of an id that begins with
// "demo-", so loading twice changes nothing, and loading on a later day moves
// the whole clinic to that day.
//
// How it is made: patients.go and doctors.go are the cast, problem.go,
// drug.go, lab.go and vaccine.go the medical facts. calendar.go and plan.go
// decide who sees whom when. body.go knows how a body with those problems
// measures on a day, blood.go what its blood shows. The remaining files turn a
// planned visit into resources; pdf.go, ecg.go and spirometry.go draw the
// reports.
//
// The same calendar day in the same time zone gives the same bytes: every
// draw comes from a PCG seeded by the patient's number and the purpose, and
// nothing depends on the time of day.
package clinic
