package authz

import (
	"context"
	"strings"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
)

// Glass is the way to a record without a care relation, in an emergency: it
// makes one, for hours, and leaves a trace that is reviewed.
type Glass struct {
	Gate  *Gate
	Begin func(ctx context.Context, holder, patient fhir.Key, source, reason string, opens []string, lasts time.Duration) (id int64, err error)
	// Told tells the patient and those who review, after the relation began.
	Told func(ctx context.Context, holder, patient fhir.Key, reason string, relation int64)
}

// The terms of a broken glass. Labels of psychotherapy stay closed.
const (
	GlassSource = "break-glass"
	GlassLasts  = 4 * time.Hour
	GlassFactor = 5 * time.Minute // how fresh the second factor must be
	glassReason = 2000            // most bytes of a reason
)

// GlassOpens are the labels that it opens, and what consents deny.
var GlassOpens = []string{"R", "V", "consent"}

// Break opens a patient's record to the verified practitioner who asks. It
// answers alike whether there is such a patient or not.
func (b *Glass) Break(ctx context.Context, patient fhir.Key, reason string) (relation int64, err error) {
	p := From(ctx)
	if p.Client != "" || p.Plugin != "" {
		return 0, fhir.Errorf(fhir.Forbidden, "an application cannot do this")
	}
	if _, err := b.Gate.Permit(ctx, fhir.Access{Action: "operate", Name: "break-glass"}); err != nil {
		return 0, err
	}
	q := question{Gate: b.Gate, force: b.Gate.force.Load(), Principal: p, now: time.Now()}
	if b.Gate.Now != nil {
		q.now = b.Gate.Now()
	}
	if b.Gate.Factor != 0 && !q.shown(GlassFactor) {
		return 0, stepUp()
	}
	reason = strings.TrimSpace(reason)
	switch {
	case reason == "" || len(reason) > glassReason:
		return 0, fhir.Errorf(fhir.Unprocessable, "say why, in up to %d bytes", glassReason).At("reason")
	case patient.Type != q.set.words.Launch || !fhir.ValidID(patient.ID):
		return 0, fhir.Errorf(fhir.Unprocessable, "say whose record").At("patient")
	}
	for _, holder := range p.Self {
		if homes := q.own(holder.Type); len(homes) == 0 || holder.Type == q.set.words.Launch {
			continue
		}
		if relation, err = b.Begin(ctx, holder, patient.Current(), GlassSource, reason, GlassOpens, GlassLasts); err != nil {
			return 0, err
		}
		if b.Told != nil {
			b.Told(ctx, holder, patient.Current(), reason, relation)
		}
		return relation, nil
	}
	return 0, fhir.Errorf(fhir.Forbidden, "you may not do this")
}
