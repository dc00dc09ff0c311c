package r4

import (
	"encoding/base64"
	"slices"
	"time"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/webdoctor/webdoctor/fhir"
)

// Subject is the type of the resources whose records are looked at, and by
// which references a resource belongs to one rather than only mentions it.
const Subject = "Patient"

// SubjectParams are those references, as search parameters.
var SubjectParams = []string{"patient", "subject", "beneficiary", "individual"}

// The systems of what identifies who has no resource.
const (
	accountSystem = "urn:webdoctor:account"
	clientSystem  = "urn:webdoctor:client"
	deedSystem    = "urn:webdoctor:deed"
	policySystem  = "urn:webdoctor:policy:"
	tokenSystem   = "urn:webdoctor:token:"
)

// AuditEvent is how an event is told, after IHE BALP. site is the host by
// which the server is known, updated is when the resource comes to be.
// https://hl7.org/fhir/R4/auditevent.html
func AuditEvent(e fhir.Event, site string, updated time.Time) ([]byte, error) {
	d, known := deeds[e.Deed]
	if !known {
		d = other
	}
	a := models.AuditEvent{
		Id: &e.ID, Meta: &models.Meta{VersionId: new("1"), LastUpdated: new(fhir.Instant(updated))}, Type: d.event.coding(), Recorded: fhir.Instant(e.At),
		Action: action(d.action), Outcome: new(outcome(e.Failure)),
		Source: models.AuditEventSource{Observer: models.Reference{Display: &site}, Type: []models.Coding{code{auditSource, "4", "Application Server"}.coding()}},
	}
	if d.pattern != "" && e.Failure == "" && e.Request.Address != "" {
		a.Meta.Profile = []string{balp + "StructureDefinition/IHE.BasicAudit." + pattern(d, e)}
	}
	if d.kind.code != "" {
		a.Subtype = []models.Coding{d.kind.coding()}
	} else {
		a.Subtype = []models.Coding{code{deedSystem, e.Deed, ""}.coding()}
	}
	if e.Name != "" {
		a.Subtype = append(a.Subtype, code{deedSystem, e.Name, ""}.coding())
	}
	if e.Failure != "" {
		a.OutcomeDesc = new(string(e.Failure))
	}
	a.Agent = agents(d, e, site)
	a.Entity = entities(d, e)
	return Marshal(a)
}

// pattern is the name of the profile of BALP that an event follows.
func pattern(d deed, e fhir.Event) string {
	if e.Patient.ID != "" {
		return "Patient" + d.pattern
	}
	return d.pattern
}

// agents are who asked, by what, and who answered.
func agents(d deed, e fhir.Event, site string) []models.AuditEventAgent {
	client := models.AuditEventAgent{Type: d.client.concept(), Who: &models.Reference{}}
	switch c := e.Actor.Client; {
	case c != "":
		client.Who.Identifier = &models.Identifier{System: new(clientSystem), Value: &c}
	case e.Request.Account != "" || e.Actor.Reference != "":
		client.Who.Display = &site // our own pages
	default:
		client.Who.Display = new("nobody known")
	}
	if e.Request.Address != "" {
		client.Network = &models.AuditEventAgentNetwork{Address: &e.Request.Address, Type: new(models.AuditEventAgentNetworkType2)}
	}
	server := models.AuditEventAgent{
		Type: d.server.concept(), Who: &models.Reference{Display: &site},
		Network: &models.AuditEventAgentNetwork{Address: &site, Type: new(models.AuditEventAgentNetworkType1)},
	}
	list := []models.AuditEventAgent{client, server}
	asked := &list[0]
	if e.Actor.Reference != "" || e.Request.Account != "" {
		user := models.AuditEventAgent{Type: code{participation, "IRCP", "information recipient"}.concept(), Who: &models.Reference{}}
		if e.Actor.Reference != "" {
			user.Who.Reference = &e.Actor.Reference
		} else {
			user.Who.Identifier = &models.Identifier{System: new(accountSystem), Value: &e.Request.Account}
		}
		if e.Request.Account != "" {
			user.AltId = &e.Request.Account
		}
		list = append(list, user)
		asked = &list[2]
	}
	asked.Requestor = true
	if e.Request.Purpose != "" {
		asked.PurposeOfUse = []models.CodeableConcept{*code{purposes, e.Request.Purpose, ""}.concept()}
	}
	if e.Request.Token != "" {
		asked.Policy = append(asked.Policy, tokenSystem+e.Request.Token)
	}
	for _, name := range e.Reasons {
		asked.Policy = append(asked.Policy, policySystem+name)
	}
	if e.Actor.OnBehalfOf != "" {
		list = append(list, models.AuditEventAgent{
			Type: code{participation, "PRCP", "primary information recipient"}.concept(), Who: &models.Reference{Reference: &e.Actor.OnBehalfOf},
		})
	}
	return list
}

// entities are what it was done to, whose it is, what was asked, and in which
// request.
func entities(d deed, e fhir.Event) []models.AuditEventEntity {
	var list []models.AuditEventEntity
	thing := code{auditEntity, "2", "System Object"}
	if e.Entity.ID != "" {
		list = append(list, models.AuditEventEntity{
			What: &models.Reference{Reference: new(e.Entity.String())},
			Type: new(thing.coding()), Role: new(code{auditRole, "4", "Domain Resource"}.coding()),
		})
	}
	if e.Patient.ID != "" {
		list = append(list, models.AuditEventEntity{
			What: &models.Reference{Reference: new(e.Patient.Current().String())},
			Type: new(code{auditEntity, "1", "Person"}.coding()), Role: new(code{auditRole, "1", "Patient"}.coding()),
		})
	}
	if e.Account != "" || e.Detail != "" {
		account := models.AuditEventEntity{Type: new(code{auditEntity, "1", "Person"}.coding()), Role: new(code{auditRole, "11", "Security User Entity"}.coding())}
		if e.Account != "" {
			account.What = &models.Reference{Identifier: &models.Identifier{System: new(accountSystem), Value: &e.Account}}
		}
		if e.Detail != "" {
			account.Description = &e.Detail
		}
		list = append(list, account)
	}
	if d.entity == "query" || e.Query != "" {
		q := e.Type
		if e.Deed == "operation" {
			q += "/$" + e.Name
		}
		if e.Query != "" {
			q += "?" + e.Query
		}
		if q != "" {
			list = append(list, models.AuditEventEntity{
				Type: new(thing.coding()), Role: new(code{auditRole, "24", "Query"}.coding()),
				Query: new(base64.StdEncoding.EncodeToString([]byte(q))),
			})
		}
	}
	if e.Request.ID != "" {
		list = append(list, models.AuditEventEntity{
			What: &models.Reference{Identifier: &models.Identifier{Value: &e.Request.ID}},
			Type: new(code{balp + "CodeSystem/BasicAuditEntityType", "XrequestId", ""}.coding()),
		})
	}
	return list
}

// theirs are the failures that a caller can help, ours all others.
var theirs = []fhir.Code{
	fhir.Malformed, fhir.Invalid, fhir.Value, fhir.Required, fhir.CodeInvalid, fhir.NotSupported, fhir.Invariant, fhir.Extension,
	fhir.Unprocessable, fhir.BusinessRule, fhir.NotFound, fhir.Gone, fhir.Unauthorized, fhir.Forbidden, fhir.NotAllowed,
	fhir.NotAcceptable, fhir.Conflict, fhir.Precondition, fhir.MultipleMatch, fhir.TooLarge, fhir.MediaType, fhir.Unsatisfiable,
}

// outcome is how an event ended: minor failures are those of the caller,
// serious ones are ours.
func outcome(failure fhir.Code) models.AuditEventOutcome {
	switch {
	case failure == "":
		return models.AuditEventOutcome0
	case slices.Contains(theirs, failure):
		return models.AuditEventOutcome4
	}
	return models.AuditEventOutcome8
}

func action(letter string) *models.AuditEventAction {
	return new(map[string]models.AuditEventAction{
		"C": models.AuditEventActionC, "R": models.AuditEventActionR, "U": models.AuditEventActionU,
		"D": models.AuditEventActionD, "E": models.AuditEventActionE,
	}[letter])
}

func (c code) coding() models.Coding { return Coding(c.system, c.code, c.display) }

func (c code) concept() *models.CodeableConcept { return new(Concept("", c.coding())) }
