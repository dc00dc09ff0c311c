package b100

// Code is the code of the first coding of a resource's code.
func Code(o Object) string {
	concept, _ := o.Get("code").(Object)
	codings, _ := concept.Get("coding").(Array)
	if len(codings) == 0 {
		return ""
	}
	first, _ := codings[0].(Object)
	code, _ := first.Get("code").(string)
	return code
}

// Diagnoses are the SNOMED CT codes of the conditions.
func Diagnoses() (codes []string) {
	for _, d := range diagnoses {
		codes = append(codes, d.code)
	}
	return codes
}

// Medications are the RxNorm codes of the prescriptions.
func Medications() (codes []string) {
	for _, m := range medications {
		codes = append(codes, m.code)
	}
	return codes
}

// Positions are where the resources of a type stand in every bundle.
func Positions(typ string) (all []int) {
	for at, e := range New(0).Entries {
		if e.Template.Type == typ {
			all = append(all, at)
		}
	}
	return all
}
