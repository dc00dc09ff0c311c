package main

// question is one kind of search, as one asks it of a FHIR server.
type question struct {
	name, request string
	ordered       bool // designs must agree on the order, too
	count         bool // one number, not a page
	change        bool // no search: one code of one resource changes
}

// questions are asked in this order. The change comes last, because it
// changes the data.
var questions = []question{
	{name: "identifier", request: "Patient?identifier={system}|{value}"},
	{name: "name", request: "Patient?name={family}"},
	{name: "patient+code", request: "Observation?patient={id}&code={system}|{code}"},
	{name: "patient+category", request: "Observation?patient={id}&category={code}&_sort=-date", ordered: true},
	{name: "code", request: "Observation?code={system}|{code}"},
	{name: "code+date", request: "Observation?code={system}|{code}&date=ge{y}&date=lt{y+1}&_sort=-date", ordered: true},
	{name: "code+value", request: "Observation?code={system}|{code}&value-quantity=gt{70 %}"},
	{name: "chain", request: "Observation?subject:Patient.name={family}&code={system}|{code}"},
	{name: "has", request: "Patient?_has:Condition:patient:code={system}|{code}"},
	{name: "include", request: "Encounter?patient={id}&_include=Encounter:patient&_include=Encounter:service-provider"},
	{name: "count", request: "Observation?code={system}|{code}&_summary=count", count: true},
	{name: "change", request: "PUT an Observation with another status", change: true},
}
