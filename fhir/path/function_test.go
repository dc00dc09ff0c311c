package path_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

func TestFunctions(t *testing.T) {
	t.Parallel()
	table{
		// existence
		"{}.empty() and {}.exists().not() and {}.count() = 0": "true",
		"name.exists(use = 'usual')":                          "true",
		"name.all(given.exists())":                            "false",
		"{}.all(false)":                                       "true",
		"name.select(use.exists()).allTrue()":                 "false",
		"name.select(use.exists()).anyTrue()":                 "true",
		"name.select(use.exists()).anyFalse()":                "true",
		"name.select(use.exists()).allFalse()":                "false",
		"{}.allTrue() and {}.allFalse()":                      "true",
		"name.given.subsetOf('A' | 'B' | 'C')":                "false",
		"name.use.subsetOf('usual' | 'official' | 'old')":     "true",
		"('usual' | 'official' | 'old').supersetOf(name.use)": "true",
		"(1 | 2 | 2.0).count()":                               "2",
		"telecom.rank.isDistinct()":                           "true",
		"1.combine(1.0).isDistinct()":                         "false",
		"active.not()":                                        "false",
		"{}.not()":                                            "",
		// filtering and combining
		"telecom.where(rank > 1).value":                        "1",
		"telecom.where($index = 1).value":                      "2",
		"name.select(given.first() & '-' & use)":               "A-official, C-usual, -",
		"name.select($index)":                                  "0, 1, 2",
		"(1 | 2 | 3 | 4).where($this mod 2 = 0)":               "2, 4",
		"1.repeat(iif($this < 5, $this + 1, {}))":              "2, 3, 4, 5",
		"(3 | 1 | 2).sort()":                                   "1, 2, 3",
		"telecom.sort(-rank).value":                            "1, 2",
		"name.sort(use, -family).select(use | text)":           "official, usual, T",
		"(1 | 2 | 3).aggregate($this + $total, 0)":             "6",
		"(1 | 2 | 3).aggregate($total & $this.toString(), '')": "123",
		"name.given.first()":                                   "A",
		"name.given.last()":                                    "C",
		"name.use.tail()":                                      "usual",
		"name.use.skip(1)":                                     "usual",
		"name.use.skip(-1)":                                    "official, usual",
		"name.use.take(1)":                                     "official",
		"name.use.take(0)":                                     "",
		"name.take(1).single().use":                            "official",
		"{}.single()":                                          "",
		"(1 | 2).intersect(2 | 3)":                             "2",
		"1.combine(1).combine(2).exclude(2)":                   "1, 1",
		"(1 | 2).union(2 | 3)":                                 "1, 2, 3",
		"name.use | gender":                                    "official, usual, female",
		"contained | contained":                                "Patient.contained[0], Patient.contained[1]",
		"iif(active, 'yes', 'no')":                             "yes",
		"iif({}, 1, 2)":                                        "2",
		"iif(false, 1)":                                        "",
		"gender.iif($this = 'female', 1, 2)":                   "1",
		"gender.trace('g', length())":                          "female",
		// conversion
		"'True'.toBoolean() and '1.0'.toBoolean() and 'y'.toBoolean()": "true",
		"'no'.toBoolean() or 0.0.toBoolean() or 'F'.toBoolean()":       "false",
		"'maybe'.toBoolean()":      "",
		"'+5'.toInteger()":         "5",
		"'5000000000'.toInteger()": "",
		"'1e3'.toDecimal()":        "",
		"'1.50'.toDecimal()":       "1.50",
		"true.toDecimal()":         "1.0",
		"1.50.toString() & true.toString() & @2014-01.toString()": "1.50true2014-01",
		"name.toString()":                      "!",
		"'2014-05-06T10:00'.toDate()":          "@2014-05-06",
		"@2014-05-06T10:00.toDate()":           "@2014-05-06",
		"@2014.toDateTime() is DateTime":       "true",
		"'2014-02-30'.toDate()":                "",
		"'T10:30'.toTime()":                    "@T10:30",
		"'10:61'.convertsToTime()":             "false",
		"'5 mg'.toQuantity()":                  "",
		"'5 \\'mg\\''.toQuantity()":            "5 'mg'",
		"'-2.5 days'.toQuantity()":             "-2.5 days",
		"1 'kg'.toQuantity('g')":               "1000 'g'",
		"2 'h'.toQuantity('minute')":           "120 minutes",
		"1 'kg'.toQuantity('m')":               "",
		"contained.first().convertsToString()": "false",
		// strings
		"'h\u00e9llo'.length()":         "5",
		"'h\u00e9llo'.indexOf('l')":     "2",
		"'h\u00e9llo'.lastIndexOf('l')": "3",
		"'h\u00e9llo'.substring(1, 2)":  "\u00e9l",
		"'hello'.substring(9)":          "",
		"'hello'.substring(1, -1)":      "",
		"'a,b,,c'.split(',')":           "a, b, , c",
		"name.use.join('/')":            "official/usual",
		"name.use.join()":               "officialusual",
		"{}.join(',')":                  "",
		"'  a b '.trim().upper()":       "A B",
		"'AbC'.lower().toChars()":       "a, b, c",
		"'2020-01-02'.replaceMatches('(\\\\d+)-(\\\\d+)-(\\\\d+)', '$3.$2.$1x')": "02.01.2020x",
		"'aXbX'.replace('X', '--')":                                                    "a--b--",
		"'abc'.matches('b') and 'abc'.matchesFull('b').not()":                          "true",
		"'a\nb'.matches('^a.b$')":                                                      "true",
		"gender.startsWith('fe') and gender.endsWith('le') and gender.contains('mal')": "true",
		"'a'.encode('nothing')":                                                        "",
		"'zz'.decode('hex')":                                                           "",
		"'a/b?'.encode('urlbase64').decode('urlbase64')":                               "a/b?",
		"'<&>'.escape('html').unescape('html')":                                        "<&>",
		"'a\"b\\n'.escape('json')":                                                     `a\"b\n`,
		// mathematics
		"2 + 3 * 4 - 1":     "13",
		"7 div 2 & '' = ''": "!",
		"(-7) div 2":        "-3",
		"(-7) mod 2":        "-1",
		"1 / 3 = 0.3333333333333333333333333333333333333333": "true",
		"0.1 + 0.2 = 0.3": "true",
		"1.10 * 1.10":     "1.2100",
		"2147483647 + 1":  "",
		"5 / 0":           "",
		"-(3).abs()":      "-3",
		"(-3.5).abs() + (-3.5).ceiling() + (-3.5).floor()": "-3.5",
		"2.5.round()":                    "3",
		"(-2.5).round()":                 "-3",
		"3.14159.round(2)":               "3.14",
		"16.sqrt()":                      "4.0",
		"100.log(10) + 1.ln() + 0.exp()": "3.0",
		"2.power(10)":                    "1024",
		"2.power(-1)":                    "0.5",
		"2.power(40)":                    "1099511627776",
		"3 'mg'.abs()":                   "3 'mg'",
		"-3.7.truncate()":                "-3",
		// quantities
		"1 'm' + 1 'cm'":               "101 'cm'",
		"1 'm' - 1 's'":                "",
		"3 'm' * 2 'm'":                "6 'm2'",
		"6 'm' / 2 's'":                "3 'm.s-1'",
		"6 'mg' / 2":                   "3 'mg'",
		"1 'h' = 60 minutes":           "true",
		"12 months = 1 year":           "true",
		"1 month = 30 days":            "",
		"1 year ~ 1 'a'":               "true",
		"1 'mm[Hg]' < 1 'kPa'":         "true",
		"10 'mmol/L' = 0.01 'mol/dm3'": "true",
		"1 '10*3/uL' = 1 '10*9/L'":     "true",
		"1 '[iU]/mL' = 1000 '[iU]/L'":  "true",
		"37 'Cel' = 37 'K'":            "",
		"1 'nonsense' = 1 'm'":         "",
		"100 '%' = 1":                  "true",
		"6 '[in_i]' = 0.5 '[ft_i]'":    "true",
		"5 'mg{total}' = 5 'mg'":       "true",
		"1 'cm'.comparable(1 'm') and 1 'g'.comparable(1 'm').not()": "true",
	}.runOr(t, person)
}

// runOr is run, where "!" stands for an error.
func (x table) runOr(t *testing.T, src string) {
	t.Helper()
	for expression, want := range x {
		if want == "!" {
			d := document(t, src)
			e, err := path.Parse(expression)
			if err == nil {
				_, err = e.Eval(d, d.Root(), path.Env{})
			}
			if err == nil {
				t.Errorf("%s: no error", expression)
			}
			delete(x, expression)
		}
	}
	x.run(t, src, path.Env{})
}

func TestDates(t *testing.T) {
	t.Parallel()
	table{
		"now()":                                         "@2024-02-29T23:30:05.678+01:00",
		"today()":                                       "@2024-02-29",
		"timeOfDay()":                                   "@T23:30:05.678",
		"now() = now()":                                 "true",
		"birthDate < today()":                           "true",
		"birthDate + 1 year":                            "@1981-02-28",
		"birthDate + 4 years":                           "@1984-02-29",
		"@2024-01-31 + 1 month":                         "@2024-02-29",
		"@2024-03-31 - 1 month":                         "@2024-02-29",
		"@2024-02-29 - 1 week":                          "@2024-02-22",
		"@2014 + 23 months":                             "@2015",
		"@2016 + 365 days":                              "@2017",
		"@2014-01 + 59 days":                            "@2014-02",
		"@2014-01-01T10 + 90 minutes":                   "@2014-01-01T11",
		"@2014-01-01T10:00:00 + 1.5 seconds":            "@2014-01-01T10:00:01.500",
		"@2014-01-01T10:00:00 + 1.5 hours":              "@2014-01-01T11:00:00",
		"@2014-01-01T23:59:59.999+02:00 + 1 'ms'":       "@2014-01-02T00:00:00.000+02:00",
		"@T23:30 + 45 minutes":                          "@T00:15",
		"@T00:00:01 - 2 seconds":                        "@T23:59:59",
		"@9999 + 1 year":                                "",
		"@0001-01-01 - 1 day":                           "",
		"@0001-01-01 - 1 month":                         "",
		"@2014-01-01 + 1 'a'":                           "!",
		"@2014-01-01 + 1 hour":                          "!",
		"@T10:00 + 1 day":                               "!",
		"@2014-01-01 + 1 'kg'":                          "!",
		"@2014-01-01 + 1":                               "!",
		"@2014 = @2014-01":                              "",
		"@2014 < @2015-01":                              "true",
		"@2014-01 > @2014":                              "",
		"@2014-01-01 = @2014-01-01T00:00":               "",
		"@2014-01-01 = @2014-01-02T00:00":               "false",
		"@2014-01-01T10:00Z = @2014-01-01T12:00+02:00":  "true",
		"@2014-01-01T10:00Z = @2014-01-01T10:00":        "",
		"@2014-01-01T10:00Z < @2014-01-02T10:00":        "true",
		"@2014-01-01T10:00:00 = @2014-01-01T10:00:00.0": "true",
		"@2014-01-01T10:00:00 ~ @2014-01-01T10:00":      "false",
		"@T10:00 = @2014":                               "false",
		"@2014.lowBoundary()":                           "@2014-01-01",
		"@2014.highBoundary()":                          "@2014-12-31",
		"@2014-02.highBoundary(8)":                      "@2014-02-28",
		"@2014-01-01T08:05+08:00.lowBoundary(17)":       "@2014-01-01T08:05:00.000+08:00",
		"@T10:30.highBoundary()":                        "@T10:30:59.999",
		"@2014.lowBoundary(7)":                          "",
		"1.587.lowBoundary()":                           "1.58650000",
		"(-1.587).highBoundary(2)":                      "-1.58",
		"1.5 'm'.highBoundary(2)":                       "1.55 'm'",
		"@2014-01.precision() + @T10:30.precision()":    "10",
		"1.500.precision()":                             "3",
	}.runOr(t, person)
}

func TestEvalRefuses(t *testing.T) {
	t.Parallel()
	d := document(t, person)
	for expression, c := range map[string]struct {
		code fhir.Code
		says string
	}{
		"nothing()":                           {fhir.Invalid, "character 1: unknown function"},
		"name.first(1)":                       {fhir.Invalid, "wrong number of arguments"},
		"name.where()":                        {fhir.Invalid, "wrong number of arguments"},
		"%unknown":                            {fhir.Invalid, "unknown constant"},
		"$index":                              {fhir.Invalid, "$index has no meaning"},
		"name.single()":                       {fhir.Invalid, "more than a single item"},
		"name is HumanName":                   {fhir.Invalid, "is needs a single item"},
		"gender is Nothing":                   {fhir.Invalid, "unknown type"},
		"name and true":                       {fhir.Invalid, "character 1: a single Boolean"},
		"name.given = 1 or name":              {fhir.Invalid, "a single Boolean"},
		"'a' < 1":                             {fhir.Invalid, "cannot be compared"},
		"@2014 < @T10":                        {fhir.Invalid, "cannot be compared"},
		"active > false":                      {fhir.Invalid, "cannot be compared"},
		"name + 1":                            {fhir.Invalid, "a single value is needed"},
		"name[0] + 1":                         {fhir.Invalid, "not a complex element"},
		"'a' + 1":                             {fhir.Invalid, "only strings"},
		"'a' * 2":                             {fhir.Invalid, "not defined"},
		"-'a'":                                {fhir.Invalid, "only numbers have a sign"},
		"'a' & 1":                             {fhir.Invalid, "joined by &"},
		"(1 | 2) in (1 | 2)":                  {fhir.Invalid, "membership"},
		"name['x']":                           {fhir.Invalid, "an integer is needed"},
		"'a'.substring('b')":                  {fhir.Invalid, "an integer is needed"},
		"'a'.startsWith(1)":                   {fhir.Invalid, "a string is needed"},
		"1.startsWith('a')":                   {fhir.Invalid, "needs a string"},
		"name.given.upper()":                  {fhir.Invalid, "needs a single item"},
		"name[0].upper()":                     {fhir.Invalid, "needs a string"},
		"'a'.matches('(')":                    {fhir.Invalid, "regular expression"},
		"'a'.matches('(?=a)')":                {fhir.Invalid, "regular expression"},
		"'a'.matches('((a{100}){100}){100}')": {fhir.Invalid, "regular expression"},
		"'a'.abs()":                           {fhir.Invalid, "needs a number"},
		"1.5.round(-1)":                       {fhir.Invalid, "must not be negative"},
		"name.use.allTrue()":                  {fhir.Invalid, "needs Booleans"},
		"iif('a', 1, 2)":                      {fhir.Invalid, "must be a Boolean"},
		"name.iif(true, 1, 2)":                {fhir.Invalid, "iif needs a single item"},
		"name.join(',')":                      {fhir.Invalid, "join needs strings"},
		"(1 | 'a').sort()":                    {fhir.Invalid, "cannot be sorted"},
		"(name | name.given).count().memberOf('x')": {fhir.NotSupported, "memberOf is not supported"},
		"conformsTo('x')":   {fhir.NotSupported, "conformsTo"},
		"text.htmlChecks()": {fhir.NotSupported, "htmlChecks"},
		"(1 | 2 | 3 | 4 | 5 | 6).aggregate($total.combine($total).combine($total).combine($total).combine($total).combine($total).combine($total).combine($total).combine($total).combine($total).combine($total), name.given)": {fhir.TooCostly, "too much work"},
		"name.given.repeat($this & 'x')":                                                {fhir.TooCostly, "too much work"},
		"(1 | 2 | 3 | 4 | 5 | 6 | 7).aggregate($total.replace('', $total), 'xxxxxxxx')": {fhir.Invalid, "grows beyond"},
	} {
		e, err := path.Parse(expression)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		_, err = e.Eval(d, d.Root(), path.Env{})
		var fe *fhir.Error
		if !errors.As(err, &fe) || fe.Code != c.code || !strings.Contains(fe.Message, c.says) {
			t.Errorf("%.60s: got %v, want %s saying %q", expression, err, c.code, c.says)
		}
	}
}

// TestEvalWide: objects as no FHIR has them end in an error, not in time that
// grows with the square of their width.
func TestEvalWide(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 30000 {
		fmt.Fprintf(&b, `,"_value%d":{"id":"a"}`, i)
	}
	for _, typ := range []string{"Observation", "Unheard"} {
		d := document(t, `{"resourceType":"`+typ+`"`+b.String()+`}`)
		for _, expression := range []string{"value", "children()", "descendants()", "$this ~ %resource | $this.children()"} {
			if _, err := path.MustParse(expression).Eval(d, d.Root(), path.Env{}); fhir.CodeOf(err) != fhir.TooCostly {
				t.Errorf("%s of %s: %v", expression, typ, err)
			}
		}
	}
}

func TestStrict(t *testing.T) {
	t.Parallel()
	d := document(t, person)
	for expression, ok := range map[string]bool{
		"name.given":                    true,
		"name.nickname":                 false,
		"Observation.status":            false,
		"deceasedBoolean":               false,
		"deceased":                      true,
		"maritalStatus.text":            true,
		"children().given":              true,
		"children().nothing":            false,
		"name.as(HumanName)":            false,
		"name.first().as(HumanName)":    true,
		"contained.name":                true,
		"birthDate.extension.valueCode": false,
	} {
		_, err := path.MustParse(expression).Eval(d, d.Root(), path.Env{Strict: true})
		if ok != (err == nil) {
			t.Errorf("%s: %v", expression, err)
		}
	}
}

func TestTrace(t *testing.T) {
	t.Parallel()
	d := document(t, person)
	var seen []string
	env := path.Env{Trace: func(name string, c path.Collection) { seen = append(seen, name+": "+show(d, c)) }}
	if _, err := path.MustParse("name.trace('uses', use).given.trace('given')").Eval(d, d.Root(), env); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(seen, "; "); got != "uses: official, usual; given: A, Patient.name[0].given[1], B, C" {
		t.Error(got)
	}
}

func TestTest(t *testing.T) {
	t.Parallel()
	d := document(t, person)
	for expression, want := range map[string]bool{
		"active": true, "active.not()": false, "deceased": false, "nothing": false, "name[0]": true, "'false'": true,
	} {
		got, err := path.MustParse(expression).Test(d, d.Root(), path.Env{})
		if err != nil || got != want {
			t.Errorf("%s: got %v, %v", expression, got, err)
		}
	}
	if _, err := path.MustParse("name").Test(d, d.Root(), path.Env{}); fhir.CodeOf(err) != fhir.Invalid {
		t.Error(err)
	}
}

// TestLocate: a node anywhere is found with the type that navigation gives
// it, and evaluation may begin there.
func TestLocate(t *testing.T) {
	t.Parallel()
	for _, src := range []string{person, observation, bundle} {
		d := document(t, src)
		all, err := path.MustParse("descendants()").Eval(d, d.Root(), path.Env{})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range all {
			n := i.Node
			if n == tree.None {
				n = i.Extra
			}
			if got := path.Locate(d, n, path.Env{}); got != i {
				t.Errorf("%s: got %v, want %v", d.Path(n), got, i)
			}
			if i.Type() == nil {
				t.Errorf("%s has no type", d.Path(n))
			}
		}
	}
	d := document(t, person)
	yes, err := path.MustParse("given.exists() and %resource.active and use is code").Test(d, d.At(d.Find("name"), 1), path.Env{})
	if !yes || err != nil {
		t.Error(yes, err)
	}
}
