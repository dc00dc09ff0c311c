package b100

import "strconv"

// Object is a JSON object whose members keep the order they are written in:
// a server that promises to return the bytes it was sent can be held to it
// only by bytes that do not depend on the encoder.
type Object []Member

// Member is one name and its value: an Object, an Array, a string, an int, a
// bool, a [Decimal] or a [Ref].
type Member struct {
	Name  string
	Value any
}

// Array is a JSON array.
type Array []any

// Decimal is a number given by its digits: "72.0" stays "72.0".
type Decimal string

// Ref stands where a reference string belongs. It names the resource by its
// position in the bundle, because the string differs by use: a urn inside a
// transaction, a literal reference elsewhere.
type Ref int

// Get is the value of the member of that name, nil if there is none.
func (o Object) Get(name string) any {
	for _, m := range o {
		if m.Name == name {
			return m.Value
		}
	}
	return nil
}

// Type is the resourceType of the object, "" if it has none.
func (o Object) Type() string {
	s, _ := o.Get("resourceType").(string)
	return s
}

// tenths is n/10 as a decimal with one digit after the point.
func tenths(n int) Decimal {
	return Decimal(strconv.Itoa(n/10) + "." + strconv.Itoa(n%10))
}

// cents is n/100 as a decimal with two digits after the point.
func cents(n int) Decimal {
	d := strconv.Itoa(n % 100)
	if len(d) == 1 {
		d = "0" + d
	}
	return Decimal(strconv.Itoa(n/100) + "." + d)
}
