// Package ucum reads units of measure by the case-sensitive codes of UCUM
// (https://ucum.org/ucum) and converts values between them.
//
// [Parse] makes of a code a [Unit]: a factor and the dimension it stands for,
// as powers of base units. Units of equal [Unit.Dimension] can be converted,
// by exact rational numbers. Special units do not stand for a multiple: the
// temperatures have an origin of their own and are exact as well; logarithms,
// angles by their tangent and roots are converted to about 15 digits.
//
// It departs from UCUM in two ways. A mole is a base unit, as in the SI, and
// not the number 6.02·10²³: else each count per litre could be compared with
// amounts of substance. And special units stand alone, with a prefix at most:
// UCUM lets numbers multiply them.
//
// The units stand in units.tsv, made by internal/generate; SOURCE.md says
// from what, and who holds the rights.
package ucum

//go:generate go run ./internal/generate
