package fhir

// Rules say, as data, what resources do to the fences around others. All
// expressions are FHIRPath on the resource.
type Rules struct {
	Relations []RelationRule `json:"relations"`
	Consents  []ConsentRule  `json:"consents"`
}

// RelationRule says what makes a care relation: between each of the patients
// and each of the holders that a resource refers to.
type RelationRule struct {
	Source  string   `json:"source"`  // what it is called
	Type    string   `json:"type"`    // of the resource
	When    string   `json:"when"`    // true of a resource that makes one
	Patient string   `json:"patient"` // references, or $this for the resource itself
	Holder  string   `json:"holder"`  // references
	Holders []string `json:"holders"` // the types that can hold it
	Starts  string   `json:"starts"`  // a date or time; empty: when it is written
	Ends    string   `json:"ends"`    // a date or time; empty: never
}

// ConsentRule says which resources withhold, and how to read them. The
// expressions after Provision are on a provision.
type ConsentRule struct {
	Type      string `json:"type"`
	When      string `json:"when"`
	Patient   string `json:"patient"`
	Provision string `json:"provision"` // the outermost one
	Deny      string `json:"deny"`      // true of a provision that denies
	Permit    string `json:"permit"`    // true of one that permits
	Actor     string `json:"actor"`     // references
	Class     string `json:"class"`     // names of resource types
	Label     string `json:"label"`     // codes of security labels
	Starts    string `json:"starts"`
	Ends      string `json:"ends"`
	Inner     string `json:"inner"` // provisions that are exceptions
}
