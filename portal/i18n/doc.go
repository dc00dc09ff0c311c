// Package i18n says what the pages say, in the language of the reader.
//
// A catalogue is one JSON file per language below catalogs: texts by key,
// with {name} where a value goes, and for what is counted one text for each
// plural form of the language (unicode.org/reports/tr35, plural rules). Dates
// follow the patterns and the names of months that the catalogue gives;
// numbers and plural forms come from golang.org/x/text, which carries the
// data of CLDR. x/text has no dates, and its message catalogues are compiled
// from Go code, which translators do not read: hence the JSON.
//
// A key that a catalogue does not have is an error and never a text: the
// tests walk every page in every language, so that no reader sees one.
package i18n
