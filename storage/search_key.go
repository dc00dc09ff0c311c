package storage

import "github.com/webdoctor/webdoctor/fhir/search"

// paramKey is the number of a parameter of a type, as search.Param.Key.
func paramKey(typ, param string) int64 { return search.Hash(typ, ".", param) }

// referenceKey is the number of a reference or uri of a parameter. With the
// number of the parameter it gives that of what it refers to, by which
// storage follows it in both directions.
func referenceKey(typ, param, target string) int64 { return paramKey(typ, param) ^ search.Hash(target) }

// nameKey is the number of what a canonical reference calls a resource
// ([search.Canonical.Names]). The resource has it among its tokens; with the
// number of a parameter it is that of a reference. No text in a resource can
// have a NUL, so that no code and no reference passes for a name.
func nameKey(name string) int64 { return search.Hash("\x00", name) }

// valueKey is the number of a token's code.
func valueKey(typ, param, value string) int64 { return search.Hash(typ, ".", param, "|", value) }

// tokenKey is the number under which a token of a resource stands: that of its
// code, or of the type and value of an identifier.
func tokenKey(typ string, t search.Token) int64 {
	if t.TypeCode != "" {
		return search.Hash(typ, ".", t.Param, ":of-type|", t.TypeCode, "|", t.Code)
	}
	return valueKey(typ, t.Param, t.Code)
}

// shortKey is the number of the system of a token or of a unit. It is 0 for
// the empty text and for no other: 0 says that the resource gives none.
func shortKey(text string) int32 {
	if text == "" {
		return 0
	}
	if h := int32(search.Hash(text) >> 32); h != 0 {
		return h
	}
	return 1
}
