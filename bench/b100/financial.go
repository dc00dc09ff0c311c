package b100

import (
	"math/rand/v2"
	"time"
)

var professional = bare(hl7+"claim-type", "professional")

// claim draws the i-th claim: for the i-th prescription, condition and
// procedure.
func claim(r *rand.Rand, enc Ref, i int) Object {
	t := care(r)
	return Object{
		{"resourceType", "Claim"},
		{"status", "active"},
		{"type", professional},
		{"use", "claim"},
		{"patient", reference(patientAt)},
		{"billablePeriod", period(t, 15*time.Minute)},
		{"created", stamp(t)},
		{"provider", reference(organizationAt)},
		{"priority", bare(hl7+"processpriority", "normal")},
		{"prescription", reference(medicationRequestAt + Ref(i))},
		{"diagnosis", Array{Object{{"sequence", 1}, {"diagnosisReference", reference(conditionAt + Ref(i))}}}},
		{"procedure", Array{Object{{"sequence", 1}, {"procedureReference", reference(procedureAt + Ref(i))}}}},
		{"insurance", Array{Object{{"sequence", 1}, {"focal", true}, {"coverage", Object{{"display", "Medicare"}}}}}},
		{"item", Array{Object{{"sequence", 1}, {"productOrService", codeable(SNOMED, "162673000", visit)},
			{"encounter", Array{reference(enc)}}}}},
		{"total", money(12916)},
	}
}

// amounts are the five adjudications of every billed item.
var amounts = []string{
	"line_bene_ptb_ddctbl_amt", "line_prvdr_pmt_amt", "line_coinsrnc_amt", "line_sbmtd_chrg_amt", "line_alowd_chrg_amt",
}

// explanationOfBenefit draws the answer to the i-th claim: four items of five
// adjudications each, the largest resource of the set.
func explanationOfBenefit(r *rand.Rand, enc func() Ref, i int) Object {
	t := care(r)
	var items Array
	for k := range 4 {
		items = append(items, billed(r, t, enc(), k+1))
	}
	return Object{
		{"resourceType", "ExplanationOfBenefit"},
		{"identifier", Array{Object{{"system", bluebtn + "clm_id"}, {"value", UUID(r)}}}},
		{"status", "active"},
		{"type", professional},
		{"use", "claim"},
		{"patient", reference(patientAt)},
		{"billablePeriod", Object{{"start", stamp(t)}, {"end", stamp(t.AddDate(1, 0, 0))}}},
		{"created", stamp(t)},
		{"insurer", Object{{"display", "Medicare"}}},
		{"provider", reference(practitionerAt)},
		{"claim", reference(claimAt + Ref(i))},
		{"outcome", "complete"},
		{"careTeam", Array{Object{{"sequence", 1}, {"provider", reference(practitionerAt)},
			{"role", codeable(hl7+"claimcareteamrole", "primary", "Primary provider")}}}},
		{"insurance", Array{Object{{"focal", true}, {"coverage", Object{{"display", "Medicare"}}}}}},
		{"item", items},
		{"total", Array{Object{{"category", codeable(hl7+"adjudication", "submitted", "Submitted Amount")}, {"amount", money(12916)}}}},
		{"payment", Object{{"amount", money(10330)}}},
	}
}

func billed(r *rand.Rand, t time.Time, enc Ref, sequence int) Object {
	var adjudication Array
	for _, a := range amounts {
		adjudication = append(adjudication, Object{
			{"category", Object{{"coding", Array{coding(bluebtn+a, bluebtn+a, "Line "+a)}}}},
			{"amount", money(r.IntN(30000))},
		})
	}
	return Object{
		{"sequence", sequence},
		{"category", Object{{"coding", Array{coding(bluebtn+"line_cms_type_srvc_cd", "1", "Medical care")}}}},
		{"productOrService", codeable(SNOMED, "162673000", visit)},
		{"servicedPeriod", period(t, 15*time.Minute)},
		{"locationCodeableConcept", codeable(hl7+"ex-serviceplace", "21", "Inpatient Hospital")},
		{"encounter", Array{reference(enc)}},
		{"adjudication", adjudication},
	}
}
