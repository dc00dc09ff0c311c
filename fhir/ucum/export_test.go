package ucum

// Table is the table as it is embedded.
func Table() string { return units }
