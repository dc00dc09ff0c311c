package validate

// ReadDiv is readDiv.
func ReadDiv(s string) string { return readDiv(s) }
