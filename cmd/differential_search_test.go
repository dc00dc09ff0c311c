package cmd

// The law of fences for searches: random URLs out of every feature of search,
// aimed at what is visible and at what is hidden, answer the same whether the
// hidden records are there or not.

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
)

// ward is the records of a small ward: patient 1 may be seen, patient 2 is
// hidden. The two have values in common, so that every kind of condition has
// something hidden to stumble over.
func ward() (visible, hidden []request) {
	add := func(format string) {
		for _, p := range []string{"1", "2"} {
			id, body, _ := strings.Cut(strings.ReplaceAll(format, "#", p), " ")
			r := request("PUT " + id + "\n\n" + body)
			if p == "1" {
				visible = append(visible, r)
			} else {
				hidden = append(hidden, r)
			}
		}
	}
	visible = append(visible,
		`PUT Organization/org`+"\n\n"+`{"resourceType":"Organization","id":"org","name":"Clinic","address":[{"city":"Bern"}]}`,
		`PUT Practitioner/doc`+"\n\n"+`{"resourceType":"Practitioner","id":"doc","name":[{"family":"House","given":["Greg"]}]}`,
		`PUT Location/loc`+"\n\n"+`{"resourceType":"Location","id":"loc","name":"Ward","position":{"latitude":46.9,"longitude":7.4},"managingOrganization":{"reference":"Organization/org"}}`)
	hidden = append(hidden,
		`PUT Basic/b`+"\n\n"+`{"resourceType":"Basic","id":"b","code":{"text":"heart"},"subject":{"reference":"Patient/1"}}`)
	add(`Patient/# {"resourceType":"Patient","id":"#","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">likes heart of palm, row #</div>"},"identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]},"system":"urn:mrn","value":"m#"}],"name":[{"family":"Family#","given":["Ann"]}],"birthDate":"198#-02-03","gender":"female","deceasedBoolean":false,"generalPractitioner":[{"reference":"Practitioner/doc"}],"managingOrganization":{"reference":"Organization/org"}}`)
	for i := range 4 {
		add(fmt.Sprintf(`Encounter/e#-%d {"resourceType":"Encounter","id":"e#-%d","status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},"subject":{"reference":"Patient/#"},"participant":[{"individual":{"reference":"Practitioner/doc"}}],"serviceProvider":{"reference":"Organization/org"},"period":{"start":"2020-0%d-01","end":"2020-0%d-02"}}`, i, i, i+1, i+1))
		add(fmt.Sprintf(`Observation/o#-%d {"resourceType":"Observation","id":"o#-%d","meta":{"tag":[{"system":"urn:tag","code":"t%d"}]},"status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs","display":"Vital Signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"8867-4","display":"Heart rate"}],"text":"Heart rate"},"subject":{"reference":"Patient/#"},"encounter":{"reference":"Encounter/e#-%d"},"performer":[{"reference":"Practitioner/doc"}],"effectiveDateTime":"2020-0%d-01","valueQuantity":{"value":7%d,"unit":"/min","system":"http://unitsofmeasure.org","code":"/min"},"note":[{"text":"patient # felt well"}]}`, i, i, i%2, i, i+1, i))
	}
	add(`Observation/bp# {"resourceType":"Observation","id":"bp#","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},"subject":{"reference":"Patient/#"},"hasMember":[{"reference":"Observation/o1-0"},{"reference":"Observation/o2-0"}],"effectiveDateTime":"2021-01-01","component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":120,"system":"http://unitsofmeasure.org","code":"mm[Hg]"}},{"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":80,"system":"http://unitsofmeasure.org","code":"mm[Hg]"}}]}`)
	add(`Condition/c# {"resourceType":"Condition","id":"c#","code":{"coding":[{"system":"http://snomed.info/sct","code":"44054006","display":"Diabetes type 2"}]},"subject":{"reference":"Patient/#"},"asserter":{"reference":"Practitioner/doc"},"encounter":{"reference":"Encounter/e#-0"}}`)
	add(`MedicationRequest/m# {"resourceType":"MedicationRequest","id":"m#","status":"active","intent":"order","medicationCodeableConcept":{"text":"Aspirin #"},"subject":{"reference":"Patient/#"},"requester":{"reference":"Practitioner/doc"},"authoredOn":"2020-05-0#"}`)
	add(`List/l# {"resourceType":"List","id":"l#","status":"current","mode":"working","subject":{"reference":"Patient/#"},"entry":[{"item":{"reference":"Observation/o1-0"}},{"item":{"reference":"Observation/o2-0"}},{"item":{"reference":"Observation/o1-1"}}]}`)
	add(`DiagnosticReport/d# {"resourceType":"DiagnosticReport","id":"d#","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"58410-2"}]},"subject":{"reference":"Patient/#"},"result":[{"reference":"Observation/o#-0"},{"reference":"Observation/o2-1"}]}`)
	return visible, hidden
}

// pieces are conditions on a type; {x} is replaced by one of its alternatives.
var pieces = map[string][]string{
	"Patient": {
		"_id=1,2", "_id=2", "identifier=urn:mrn|m{1,2}", "identifier=m2", "identifier=urn:mrn|", "identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|m{1,2}",
		"name=family", "family:exact=Family{1,2}", "name:contains=ly2", "given=ann", "phonetic=family", "birthdate=198{1,2}", "birthdate=gt1981-06", "birthdate:missing={true,false}", "gender=female", "gender:not=male", "gender:missing=false",
		"_text=heart", "_text=row 2", "_content=palm", "_content=family2", "deceased=false", "general-practitioner.name=house", "organization.address-city=bern",
		"_has:Observation:patient:code=8867-4", "_has:Observation:subject:value-quantity=gt72", "_has:Condition:patient:code:text=diab", "_has:Encounter:patient:_has:Observation:encounter:code=8867-4", "_has:Basic:patient:code:text=heart",
		"_has:MedicationRequest:patient:authoredon=2020-05-02", "_filter=name co \"amily\" and birthdate gt 1980", "_filter=not (gender eq male) or identifier eq \"m2\"", "general-practitioner=doc", "_lastUpdated=gt2020", "link:missing=true", "_has:List:subject:item=Observation/o2-0",
	},
	"Observation": {
		"code=8867-4", "code=http://loinc.org|8867-4", "code=http://loinc.org|", "code:text=heart", "code:not=8867-4", "code:missing=false", "status=final", "status:not=amended", "category=vital-signs", "category:missing={true,false}", "category:in=http://hl7.org/fhir/ValueSet/observation-category",
		"patient={1,2}", "subject=Patient/{1,2}", "subject:Patient={1,2}", "subject:Patient.name=family", "subject:Patient.name=Family2", "patient.birthdate=1982", "patient.identifier=urn:mrn|m{1,2}", "subject.name=family{1,2}", "encounter.participant.name=house",
		"encounter.subject.gender=female", "encounter:Encounter.subject:Patient.general-practitioner:Practitioner.name=house", "performer:Practitioner.name=house", "has-member=Observation/o{1,2}-0", "has-member.code=8867-4", "has-member.subject:Patient.family=family2", "_has:DiagnosticReport:result:code=58410-2",
		"_has:DiagnosticReport:result:patient.family=family{1,2}", "_has:Observation:has-member:date=2021", "_has:List:item:subject=Patient/{1,2}", "date=2020", "date=ge2020-02&date=lt2020-04", "date=2020-0{1,2,3}", "date=ap2020-02-01", "value-quantity=7{0,1,2}", "value-quantity=gt71|http://unitsofmeasure.org|/min",
		"value-quantity=gt1|http://unitsofmeasure.org|/s", "code-value-quantity=8867-4$gt71", "component-code-value-quantity=8480-6$gt100", "combo-code-value-quantity=http://loinc.org|8480-6$120", "combo-code=8480-6", "_tag=urn:tag|t1", "_tag:not=t0", "_content=well", "_content=patient -2", "_content=\"patient 2\"",
		"_list=l{1,2}", "_filter=code eq 8867-4 and (date ge 2020-02 or patient eq Patient/2)", "_filter=subject.family sw \"family2\"", "encounter=Encounter/e{1,2}-0", "encounter:missing=true", "specimen:missing=true",
	},
	"Encounter": {
		"status=finished", "class=AMB", "patient={1,2}", "patient.name=family", "subject:Patient._id={1,2}", "date=2020-01", "date=sa2020-02-01", "participant.name=house", "service-provider.name=clinic", "_has:Observation:encounter:value-quantity=ge72", "_has:Condition:encounter:code=44054006", "length:missing=true",
	},
	"Practitioner": {
		"name=house", "_has:Condition:asserter:code=44054006", "_has:Condition:asserter:patient.name=family2", "_has:Encounter:practitioner:patient={1,2}", "_has:Patient:general-practitioner:identifier=m2", "_has:Patient:general-practitioner:_id=2", "_has:MedicationRequest:requester:authoredon=2020-05-0{1,2}", "_has:Observation:performer:_has:DiagnosticReport:result:code=58410-2",
	},
	"Organization": {"name=clinic", "_has:Patient:organization:family=family{1,2}", "_has:Encounter:service-provider:subject:Patient.name=family2", "_has:Location:organization:near=46.9|7.4|5|km", "address-city=bern"},
	"Condition":    {"code=44054006", "code:text=diab", "patient={1,2}", "patient.family=family{1,2}", "asserter.name=house", "encounter.date=2020", "code:below=http://snomed.info/sct|44054006"},
	"DiagnosticReport": {
		"result=Observation/o{1,2}-1", "result.subject:Patient.name=family2", "result.value-quantity=71", "patient={1,2}", "result.encounter.date=2020-02", "result._tag=t1",
	},
	"List": {"item=Observation/o{1,2}-0", "item:Observation.subject:Patient.family=family{1,2}", "subject=Patient/{1,2}", "item.code=8867-4"},
}

// results are what a search says about its results; {x} as above, # is a
// reference parameter of the type.
var results = map[string][]string{
	"": {"_count={1,2,3}", "_total=accurate", "_total=estimate", "_summary=count", "_summary={true,text,data}", "_elements=id,status", "_sort={,-}_lastUpdated", "_sort={,-}_id", "_include=*", "_include:iterate=*", "_count=0"},
	"Patient": {"_sort={,-}name", "_sort={,-}birthdate,-_id", "_sort=gender,-birthdate", "_sort={,-}identifier", "_sort=organization", "_revinclude=Observation:patient", "_revinclude=Observation:*", "_revinclude=Condition:patient&_revinclude:iterate=Encounter:patient",
		"_include=Patient:organization&_include=Patient:general-practitioner", "_revinclude=Basic:patient", "_revinclude=List:subject&_include:iterate=List:item"},
	"Observation": {"_sort={,-}date", "_sort={,-}code,date", "_sort={,-}subject", "_sort=encounter,-date", "_sort={,-}value-quantity", "_sort=has-member", "_include=Observation:subject", "_include=Observation:has-member", "_include:iterate=Observation:has-member&_include:iterate=Observation:encounter",
		"_revinclude=DiagnosticReport:result", "_revinclude=List:item", "_revinclude:iterate=DiagnosticReport:result&_include:iterate=DiagnosticReport:result", "_include=Observation:subject:Patient&_include:iterate=Patient:organization"},
	"Encounter":    {"_sort={,-}date", "_sort={,-}patient", "_include=Encounter:patient", "_revinclude=Observation:encounter"},
	"Practitioner": {"_sort={,-}name", "_revinclude=Patient:general-practitioner", "_revinclude=Condition:asserter&_include:iterate=Condition:patient", "_revinclude=Observation:performer"},
	"Organization": {"_sort=name", "_revinclude=Patient:organization", "_revinclude=Encounter:service-provider"},
	"List":         {"_include=List:item", "_sort=subject"},
}

// searches makes random URLs.
type searches struct{ random *rand.Rand }

func (s searches) pick(list []string) string { return list[s.random.IntN(len(list))] }

// choose replaces each {a,b} by one of its alternatives, and escapes values.
func (s searches) choose(piece string) string {
	for {
		before, rest, open := strings.Cut(piece, "{")
		if !open {
			break
		}
		alternatives, after, _ := strings.Cut(rest, "}")
		piece = before + s.pick(strings.Split(alternatives, ",")) + after
	}
	parts := strings.Split(piece, "&")
	for i, p := range parts {
		name, value, _ := strings.Cut(p, "=")
		parts[i] = name + "=" + url.QueryEscape(value)
	}
	return strings.Join(parts, "&")
}

var types = []string{"Patient", "Patient", "Observation", "Observation", "Observation", "Encounter", "Practitioner", "Organization", "Condition", "DiagnosticReport", "List"}

func (s searches) next() request {
	typ := s.pick(types)
	var params []string
	for range 1 + s.random.IntN(3) {
		params = append(params, s.choose(s.pick(pieces[typ])))
	}
	for range s.random.IntN(3) {
		params = append(params, s.choose(s.pick(append(results[""], results[typ]...))))
	}
	path := typ
	if (typ == "Observation" || typ == "Encounter" || typ == "Condition") && s.random.IntN(5) == 0 {
		path = s.pick([]string{"Patient/1/", "Patient/2/", "Encounter/e1-0/", "Practitioner/doc/"}) + typ
	}
	query := strings.Join(params, "&")
	switch s.random.IntN(12) {
	case 0:
		return request("POST " + path + "/_search\nContent-Type: application/x-www-form-urlencoded\n\n" + query)
	case 1:
		return request("GET " + s.pick([]string{"Patient/1/$everything", "Patient/2/$everything", "Patient/3/$everything", "Patient/$everything", "Observation/$lastn?code=8867-4&patient=" + s.pick([]string{"1", "2"}), "Patient/1/$everything?_count=2", "Patient/1/$everything?_type=Observation,Basic"}))
	case 2:
		return request("GET ?_type=" + s.pick([]string{"Observation,Condition", "Patient,Basic", "Encounter,Observation,Condition"}) + "&" + s.choose(s.pick([]string{"patient={1,2}", "_id=2,1,o2-0", "_tag=t1", "_lastUpdated=gt2020", "_content=heart", "patient.name=family{1,2}", "_total=accurate&_count=2"})))
	}
	return request("GET " + path + "?" + query)
}

func TestSearchesLeaveNoTrace(t *testing.T) {
	t.Parallel()
	visible, hidden := ward()
	p := policy{refused: []string{"Basic"}, open: []string{"Organization", "Practitioner", "Location"}, within: []string{"Patient/1"}}
	all, some := worldsOf(t, p, visible, hidden)
	for typ, list := range pieces { // each feature alone, so that none is never tried
		for _, piece := range list {
			s := searches{rand.New(rand.NewPCG(7, 7))}
			same(t, all, some, request("GET "+typ+"?_total=accurate&"+s.choose(piece)))
		}
		for _, piece := range append(results[""], results[typ]...) {
			s := searches{rand.New(rand.NewPCG(8, 8))}
			same(t, all, some, request("GET "+typ+"?"+s.choose(piece)))
		}
	}
	const seed, n = 20261124, 400
	s, found := searches{rand.New(rand.NewPCG(seed, 1))}, 0
	for range n {
		if strings.Contains(same(t, all, some, s.next()), `"mode":"match"`) {
			found++
		}
	}
	if found < n/5 {
		t.Errorf("only %d of %d random searches found anything: the comparison is worth little", found, n)
	}
}
