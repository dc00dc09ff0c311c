package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// small is a package of a few definitions with all the prose that real ones
// have.
var small = source{
	"profiles-types.json": []byte(`{"entry":[
		{"resource":{"resourceType":"StructureDefinition","name":"Element","kind":"complex-type","abstract":true,"description":"prose","snapshot":{"element":[
			{"path":"Element","min":0,"max":"*","short":"prose","constraint":[{"key":"ele-1","severity":"error","human":"prose","expression":"hasValue()"}]},
			{"path":"Element.id","min":0,"max":"1","type":[{"code":"http://hl7.org/fhirpath/System.String","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type","valueUrl":"string"}]}]}]}}},
		{"resource":{"resourceType":"StructureDefinition","name":"integer","kind":"primitive-type","baseDefinition":"http://hl7.org/fhir/StructureDefinition/Element","snapshot":{"element":[
			{"path":"integer"},
			{"path":"integer.value","min":0,"max":"1","maxLength":9,"type":[{"code":"http://hl7.org/fhirpath/System.Integer","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/regex","valueString":"-?[0-9]+"}]}]}]}}},
		{"resource":{"resourceType":"StructureDefinition","name":"positiveInt","kind":"primitive-type","baseDefinition":"http://hl7.org/fhir/StructureDefinition/integer","snapshot":{"element":[
			{"path":"positiveInt"},
			{"path":"positiveInt.value","min":0,"max":"1","type":[{"code":"http://hl7.org/fhirpath/System.String"}]}]}}}]}`),
	"profiles-resources.json": []byte(`{"entry":[
		{"resource":{"resourceType":"StructureDefinition","name":"Thing","kind":"resource","baseDefinition":"http://hl7.org/fhir/StructureDefinition/DomainResource","snapshot":{"element":[
			{"path":"Thing","min":0,"max":"*","constraint":[{"key":"thi-1","severity":"warning","human":"prose","expression":"part.exists()"}]},
			{"path":"Thing.id","min":0,"max":"1","isSummary":true,"type":[{"code":"http://hl7.org/fhirpath/System.String"}]},
			{"path":"Thing.value[x]","min":1,"max":"1","isSummary":true,"isModifier":true,"isModifierReason":"prose","type":[
				{"code":"Quantity","profile":["http://hl7.org/fhir/StructureDefinition/SimpleQuantity"]},
				{"code":"Reference","targetProfile":["http://hl7.org/fhir/StructureDefinition/Thing","https://example.org/StructureDefinition/Bot"]}],
				"binding":{"strength":"required","valueSet":"http://example.org/vs|1","description":"prose"}},
			{"path":"Thing.part","min":0,"max":"*","type":[{"code":"BackboneElement"}],"definition":"prose","constraint":[
				{"key":"ele-1","severity":"error","human":"prose","expression":"hasValue()"},{"key":"thi-2","severity":"error","expression":"part.empty()"},{"key":"que-7","severity":"error","expression":"wrong"}]},
			{"path":"Thing.part.part","min":0,"max":"*","contentReference":"#Thing.part"}]}}},
		{"resource":{"resourceType":"StructureDefinition","name":"MetadataResource","kind":"logical","snapshot":{"element":[{"path":"MetadataResource"}]}}},
		{"resource":{"resourceType":"CompartmentDefinition","url":"http://example.org/c","code":"Thing","search":true,"resource":[
			{"code":"Other","param":["b","a"],"documentation":"prose"},{"code":"Thing","param":["{def}"]},{"code":"Third"}]}},
		{"resource":{"resourceType":"OperationDefinition","url":"http://example.org/o","kind":"operation","code":"do","system":true,"type":false,"instance":true,"resource":["Thing","Other"]}}]}`),
	"extension-definitions.json": []byte(`{"entry":[
		{"resource":{"resourceType":"StructureDefinition","url":"http://example.org/e","context":[{"type":"element","expression":"Thing"},{"type":"extension","expression":"http://example.org/f"}],"snapshot":{"element":[
			{"id":"Extension","path":"Extension","isModifier":true},
			{"id":"Extension.extension:a","path":"Extension.extension","sliceName":"a","min":1,"max":"1","type":[{"code":"Extension"}]},
			{"id":"Extension.extension:a.url","path":"Extension.extension.url","fixedUri":"a"},
			{"id":"Extension.extension:a.value[x]","path":"Extension.extension.value[x]","max":"1","type":[{"code":"code"},{"code":"Reference","targetProfile":["http://hl7.org/fhir/StructureDefinition/Thing"]}],"binding":{"strength":"example","valueSet":"http://example.org/vs"}},
			{"id":"Extension.value[x]","path":"Extension.value[x]","max":"0","type":[{"code":"string"}]}]}}}]}`),
	"search-parameters.json": []byte(`{"entry":[
		{"resource":{"resourceType":"SearchParameter","url":"http://example.org/s2","code":"b","type":"composite","base":["Thing","Other"],"multipleOr":false,"xpathUsage":"normal","expression":"Thing","description":"prose",
			"component":[{"definition":"http://example.org/s1","expression":"x"}]}},
		{"resource":{"resourceType":"SearchParameter","url":"http://example.org/s1","code":"a","type":"reference","base":["Thing"],"target":["Thing"],"comparator":["ne","eq"],"xpathUsage":"normal","expression":"Thing.a"}}]}`),
	"valuesets.json": []byte(`{"entry":[
		{"resource":{"resourceType":"CodeSystem","url":"cs","content":"complete","concept":[
			{"code":"b","display":"prose","concept":[{"code":"b1"},{"code":"b2","concept":[{"code":"b21"}]}]},
			{"code":"a","property":[{"code":"child","valueCode":"b2"}]}]}},
		{"resource":{"resourceType":"CodeSystem","url":"parts","content":"fragment","concept":[{"code":"x"}]}},
		{"resource":{"resourceType":"ValueSet","url":"whole","version":"1","compose":{"include":[{"system":"cs"}]}}},
		{"resource":{"resourceType":"ValueSet","url":"under-a","compose":{"include":[{"system":"cs","filter":[{"property":"concept","op":"is-a","value":"a"}]}]}}},
		{"resource":{"resourceType":"ValueSet","url":"below-b","compose":{"include":[{"system":"cs","filter":[{"property":"concept","op":"descendent-of","value":"b"}]}]}}},
		{"resource":{"resourceType":"ValueSet","url":"not-b","compose":{"include":[{"system":"cs","filter":[{"property":"concept","op":"is-not-a","value":"b"}]}]}}},
		{"resource":{"resourceType":"ValueSet","url":"both","compose":{"include":[{"valueSet":["under-a","below-b|"]}],"exclude":[{"system":"cs","concept":[{"code":"b21"}]}]}}},
		{"resource":{"resourceType":"ValueSet","url":"listed","compose":{"include":[{"system":"elsewhere","concept":[{"code":"z","display":"prose"},{"code":"y"}]},{"system":"cs"}]}}},
		{"resource":{"resourceType":"ValueSet","url":"no-system","compose":{"include":[{"system":"elsewhere"}]}}},
		{"resource":{"resourceType":"ValueSet","url":"no-fragment","compose":{"include":[{"system":"parts"}]}}},
		{"resource":{"resourceType":"ValueSet","url":"no-version","compose":{"include":[{"valueSet":["whole|2"]}]}}},
		{"resource":{"resourceType":"ValueSet","url":"no-filter","compose":{"include":[{"system":"cs","filter":[{"property":"status","op":"=","value":"a"}]}]}}},
		{"resource":{"resourceType":"ValueSet","url":"no-exclude","compose":{"include":[{"system":"cs"}],"exclude":[{"system":"elsewhere"}]}}},
		{"resource":{"resourceType":"ValueSet","url":"no-end","compose":{"include":[{"valueSet":["no-end"]}]}}},
		{"resource":{"resourceType":"ValueSet","url":"no-code","compose":{"include":[{"system":"cs"}],"exclude":[{"system":"cs"}]}}}]}`),
	"v3-codesystems.json": []byte(`{}`),
	"v2-tables.json":      []byte(`{}`),
}

func TestDefinitions(t *testing.T) {
	t.Parallel()
	e, err := readErrata()
	if err != nil {
		t.Fatal(err)
	}
	got, err := definitions(small, e)
	if err != nil {
		t.Fatal(err)
	}
	want := "I\tele-1\terror\thasValue()\n" +
		"I\tque-7\terror\toperator = 'exists' implies (answer is boolean)\n" +
		"I\tthi-1\twarning\tpart.exists()\n" +
		"I\tthi-2\terror\tpart.empty()\n" +
		"T\tElement\tc\ta\t\t\t\t\t0\n" +
		"1\tid\t0\t1\t\tstring\n" +
		"T\tThing\tr\t\tDomainResource\t\t\t\t2\n" +
		"1\tid\t0\t1\ts\tid\n" +
		"1\tvalue[x]\t1\t1\tsm\tQuantity=SimpleQuantity,Reference|Thing\trequired http://example.org/vs|1\n" +
		"1\tpart\t0\t*\t\tBackboneElement\t\t\t3,1\n" +
		"2\tpart\t0\t*\t\t\t\tThing.part\n" +
		"T\tinteger\tp\t\tElement\tnumber\t-?[0-9]+\t9\n" +
		"T\tpositiveInt\tp\t\tinteger\tnumber\n" +
		"E\thttp://example.org/e\tm\tThing,extension http://example.org/f\n" +
		"1\ta\t1\t1\tcode,Reference|Thing\texample http://example.org/vs\n" +
		"S\thttp://example.org/s1\ta\treference\tThing\tThing\t\teq,ne\t\t\tnormal\tThing.a\n" +
		"S\thttp://example.org/s2\tb\tcomposite\tOther,Thing\t\t\t\t\to\tnormal\tThing\thttp://example.org/s1\tx\n" +
		"C\thttp://example.org/c\tThing\n" +
		"M\tOther\tb\ta\n" +
		"O\thttp://example.org/o\tdo\tsi\tOther,Thing\n"
	if string(got) != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestTerminology also proves that what cannot be enumerated is not written:
// no-system, no-fragment, no-version, no-filter, no-exclude, no-end, no-code.
func TestTerminology(t *testing.T) {
	t.Parallel()
	e, err := readErrata()
	if err != nil {
		t.Fatal(err)
	}
	got, err := terminology(small, e)
	if err != nil {
		t.Fatal(err)
	}
	want := "Y\tcs\ta\tb\tb1\tb2\tb21\n" +
		"C\ta\tb2\nC\tb\tb1\tb2\nC\tb2\tb21\n" +
		"V\tbelow-b\nL\tcs\tb1\tb2\tb21\n" +
		"V\tboth\nL\tcs\tb2\n" +
		"V\tlisted\nW\t0\nL\telsewhere\ty\tz\n" +
		"V\tnot-b\nL\tcs\ta\n" +
		"V\tunder-a\nL\tcs\ta\tb2\tb21\n" +
		"V\twhole\t1\nW\t0\n"
	if string(got) != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestErrataThatCorrectNothingAreRefused(t *testing.T) {
	t.Parallel()
	e, err := readErrata()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := definitions(small, e); err != nil {
		t.Fatal(err)
	}
	if err := e.unused(); err == nil || !strings.Contains(err.Error(), "drop Meta.project corrects nothing") ||
		strings.Contains(err.Error(), "MetadataResource") {
		t.Errorf("unused errata are %v", err)
	}
}

func TestErrataOfElements(t *testing.T) {
	t.Parallel()
	e, err := readErrata()
	if err != nil {
		t.Fatal(err)
	}
	const c = "EvidenceVariable.characteristic"
	var got []string
	for _, el := range e.elements([]element{{Path: c}, {Path: c + ".linkId"}, {Path: c + ".description"},
		{Path: c + ".timeFromEvent"}, {Path: c + ".timeFromEvent.note"}, {Path: c + ".exclude"}}) {
		got = append(got, strings.TrimPrefix(el.Path, c))
	}
	want := " .description .definition[x] .usageContext .exclude .participantEffective[x] .timeFromStart .groupMeasure"
	if strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestATarballOfOtherBytesIsRefused(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "definitions.tgz")
	if err := os.WriteFile(file, []byte("not the package"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := open(file); err == nil || !strings.Contains(err.Error(), "integrity") {
		t.Errorf("opened with %v", err)
	}
}

func TestAFieldThatWouldBreakTheLineIsRefused(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"a\tb", "a\nb", "a\rb"} {
		var tab table
		tab.line("x", field)
		if _, err := tab.bytes(); err == nil {
			t.Errorf("%q was written", field)
		}
	}
}
