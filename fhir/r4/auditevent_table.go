package r4

// The code systems of AuditEvents.
const (
	DICOM = "http://dicom.nema.org/resources/ontology/DCM"

	auditType     = Terminology + "audit-event-type"
	auditEntity   = Terminology + "audit-entity-type"
	auditRole     = Terminology + "object-role"
	auditSource   = Terminology + "security-source-type"
	participation = Terminology + "v3-ParticipationType"
	purposes      = Terminology + "v3-ActReason"
	interaction   = "http://hl7.org/fhir/restful-interaction"
	balp          = "https://profiles.ihe.net/ITI/BALP/"
)

// code is a Coding without what is the same for all.
type code struct{ system, code, display string }

// deed is how a kind of event is told: a row of the table of IHE BALP, or one
// like them for what BALP has no pattern for.
type deed struct {
	event, kind    code
	action         string // C, R, U, D or E
	client, server code   // the parts that the two sides play
	pattern        string // name of the BALP profile, "" for none; Patient stands before it when the record is somebody's
	entity         string // of the BALP profile what the data are: "data" or "query"
}

// The parts of the table that recur.
var (
	restful     = code{auditType, "rest", "RESTful Operation"}
	security    = code{DICOM, "110113", "Security Alert"}
	application = code{DICOM, "110100", "Application Activity"}

	sourceRole  = code{DICOM, "110153", "Source Role ID"}
	destination = code{DICOM, "110152", "Destination Role ID"}
	program     = code{DICOM, "110150", "Application"}
	custodian   = code{Terminology + "provenance-participant-type", "custodian", "Custodian"}
)

// deeds is the table, by fhir.Event.Deed.
// https://profiles.ihe.net/ITI/BALP/content.html
var deeds = map[string]deed{
	"create": {restful, code{interaction, "create", "create"}, "C", sourceRole, destination, "Create", "data"},
	"read":   {restful, code{interaction, "read", "read"}, "R", destination, sourceRole, "Read", "data"},
	"vread":  {restful, code{interaction, "vread", "vread"}, "R", destination, sourceRole, "Read", "data"},
	"update": {restful, code{interaction, "update", "update"}, "U", sourceRole, destination, "Update", "data"},
	"patch":  {restful, code{interaction, "patch", "patch"}, "U", sourceRole, destination, "Update", "data"},
	"delete": {restful, code{interaction, "delete", "delete"}, "D", program, custodian, "Delete", "data"},

	"search-type":   {restful, code{interaction, "search-type", "search-type"}, "E", sourceRole, destination, "Query", "query"},
	"search-system": {restful, code{interaction, "search-system", "search-system"}, "E", sourceRole, destination, "Query", "query"},

	"history-instance": {restful, code{interaction, "history-instance", "history-instance"}, "R", destination, sourceRole, "", "data"},
	"history-type":     {restful, code{interaction, "history-type", "history-type"}, "R", destination, sourceRole, "", "query"},
	"history-system":   {restful, code{interaction, "history-system", "history-system"}, "R", destination, sourceRole, "", "query"},
	"operation":        {restful, code{interaction, "operation", "operation"}, "E", sourceRole, destination, "", "query"},
	"transaction":      {restful, code{interaction, "transaction", "transaction"}, "E", sourceRole, destination, "", "data"},

	"login":       {code{DICOM, "110114", "User Authentication"}, code{DICOM, "110122", "Login"}, "E", sourceRole, destination, "", "data"},
	"logout":      {code{DICOM, "110114", "User Authentication"}, code{DICOM, "110123", "Logout"}, "E", sourceRole, destination, "", "data"},
	"factor":      {code{DICOM, "110114", "User Authentication"}, code{}, "E", sourceRole, destination, "", "data"},
	"token":       {code{DICOM, "110114", "User Authentication"}, code{DICOM, "110126", "Node Authentication"}, "E", sourceRole, destination, "", "data"},
	"credentials": {security, code{DICOM, "110137", "User Security Attributes Changed"}, "U", sourceRole, destination, "", "data"},
	"account":     {security, code{DICOM, "110137", "User Security Attributes Changed"}, "U", sourceRole, destination, "", "data"},
	"policy":      {security, code{DICOM, "110129", "Security Configuration"}, "U", sourceRole, destination, "", "data"},
	"consent":     {security, code{balp + "CodeSystem/BasicAuditEntityType", "AuthZ-Consent", ""}, "E", sourceRole, destination, "", "data"},
	"break-glass": {security, code{DICOM, "110127", "Emergency Override Started"}, "E", sourceRole, destination, "", "data"},
	"erase":       {security, code{DICOM, "110132", "Use of Restricted Function"}, "D", program, custodian, "", "data"},
	"export":      {code{DICOM, "110106", "Export"}, code{}, "R", destination, sourceRole, "", "data"},
	"audit-log":   {code{DICOM, "110101", "Audit Log Used"}, code{}, "R", destination, sourceRole, "", "data"},
	"plugin":      {application, code{}, "E", sourceRole, destination, "", "data"},
}

// other is for deeds that the table does not name.
var other = deed{application, code{}, "E", sourceRole, destination, "", "data"}
