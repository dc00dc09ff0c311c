package search

import (
	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// http://hl7.org/fhir/R4/search.html#quantity

// currency is the system of the code of a Money (datatypes.html#Money).
const currency = "urn:iso:std:iso:4217"

func readQuantity(x *extraction, e *emit, n tree.Node) {
	text := x.member(n, "value")
	d, err := parseDecimal(text)
	if err != nil {
		return
	}
	plain := d.String()
	q := Quantity{Param: e.param.Code, Value: text, Low: plain, High: plain}
	switch x.member(n, "comparator") {
	case "<", "<=":
		q.Low = ""
	case ">", ">=":
		q.High = ""
	}
	x.unit(&q, n)
	x.quantity(e.param, q)
}

func (x *extraction) unit(q *Quantity, n tree.Node) {
	q.System, q.Code, q.Unit = x.member(n, "system"), x.member(n, "code"), x.member(n, "unit")
}

func readMoney(x *extraction, e *emit, n tree.Node) {
	text := x.member(n, "value")
	if d, err := parseDecimal(text); err == nil {
		plain := d.String()
		x.quantity(e.param, Quantity{Value: text, Low: plain, High: plain, System: currency, Code: x.member(n, "currency")})
	}
}

// parseQuantity reads [prefix][number], [prefix][number]|[system]|[code] and
// [prefix][number]||[code]. In the last form the code is that of the unit or
// its text.
func parseQuantity(value string) (Operand, error) {
	parts := splitEscaped(value, '|')
	if len(parts) != 1 && len(parts) != 3 {
		return Operand{}, fhir.Errorf(fhir.Value, "a quantity is written as number, number|system|code or number||code")
	}
	o, err := parseNumber(parts[0])
	if err != nil || len(parts) == 1 {
		return o, err
	}
	o.Quantity.System, o.Quantity.Code = unescape(parts[1]), unescape(parts[2])
	if o.Quantity.Code == "" && o.Quantity.System != "" {
		return Operand{}, fhir.Errorf(fhir.Value, "a quantity with a system needs the code of a unit")
	}
	return o, nil
}
