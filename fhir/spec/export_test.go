package spec

// Parse and ParseCodes read tables given as text.
func Parse(text string) error { _, err := parse(text); return err }

func ParseCodes(text string) error { _, err := parseCodes(text); return err }

// ReadDefinitions and ReadCodes read the embedded tables anew, for the
// benchmarks.
func ReadDefinitions() *Definitions { return mustRead(definitionsGZ, parse) }

func ReadCodes() *terminology { return mustRead(codesGZ, parseCodes) }
