package clinic

import (
	"math"
	"math/rand/v2"
)

// blood draws one sample: what every test of the laboratory would show on a
// day, with the values that hang together computed from one another.
func (b *body) blood(c *calendar, day int, r *rand.Rand) map[string]float64 {
	n := func(mean, deviation float64) float64 { return mean + noise(r, deviation) }
	// less is a value that goes from bad to good while an ailment is treated.
	less := func(key string, good, bad float64) float64 {
		a := b.has(key)
		if a == nil || day < a.began {
			return good
		}
		share := 1.0
		if a.treated != 0 && day > a.treated {
			share = 1 - .85*math.Min(1, float64(day-a.treated)/240)
		}
		return good + (bad-good)*share
	}
	v := map[string]float64{}

	a1c := math.Max(less("diabetes-2", 5.3, 8.9), less("diabetes-1", 5.3, 9.4))
	if b.has("diabetes-1") != nil {
		a1c = math.Max(a1c, 7.2)
	} else if b.has("diabetes-2") != nil {
		a1c = math.Max(a1c, 6.4)
	} else if b.has("prediabetes") != nil {
		a1c = 6.0
	}
	v["hba1c"] = n(a1c, .12)
	v["glucose"] = n((28.7*v["hba1c"]-46.7)*.86, 5)

	creatinine := .82
	if b.sex == 'm' {
		creatinine = .98
	}
	if b.has("kidney-disease-3") != nil {
		creatinine += .55
	}
	v["creatinine"] = to(n(creatinine, .06), test("creatinine").unit.Decimals)
	v["egfr"] = filtration(v["creatinine"], b.age(c, day), b.sex == 'm')
	v["urea-nitrogen"] = n(6+9*creatinine, 1.5)
	v["sodium"], v["potassium"], v["chloride"] = n(140, 1.6), n(4.2, .25), n(102, 1.6)
	v["bicarbonate"], v["calcium"] = n(25, 1.2), n(9.4, .25)

	hemoglobin := 13.7
	if b.sex == 'm' {
		hemoglobin = 15.2
	}
	v["mcv"] = n(less("iron-deficiency-anemia", 90, 73), 1.6)
	v["hemoglobin"] = n(hemoglobin-less("iron-deficiency-anemia", 0, 3.6)-less("pregnancy", 0, 1.6)-less("rheumatoid-arthritis", 0, 1), .35)
	v["hematocrit"] = v["hemoglobin"] * 2.95
	v["erythrocytes"] = v["hematocrit"] * 10 / v["mcv"]
	v["leukocytes"] = n(6.8+less("rheumatoid-arthritis", 0, 1.6)+less("crohn", 0, 2.4), .8)
	v["platelets"] = n(248+less("crohn", 0, 110), 28)
	v["ferritin"] = math.Max(4, n(less("iron-deficiency-anemia", 62, 6), 1.5))

	ldl := less("hyperlipidemia", 108, 176)
	if b.has("coronary") != nil {
		ldl = less("coronary", 78, 158)
	}
	v["ldl"] = math.Round(n(ldl, 7))
	v["triglycerides"] = math.Round(n(112+less("diabetes-2", 0, 70)+less("obesity", 0, 45), 14))
	v["hdl"] = math.Round(n(map[bool]float64{true: 47, false: 57}[b.sex == 'm'], 5))
	v["cholesterol"] = v["ldl"] + v["hdl"] + math.Round(v["triglycerides"]/5)

	v["tsh"] = math.Max(.5, n(less("hypothyroidism", 1.9, 9.2), .35))
	v["free-t4"] = n(less("hypothyroidism", 1.25, .62), .08)
	inflamed := math.Max(less("rheumatoid-arthritis", 0, 1), less("crohn", 0, 1))
	v["crp"] = math.Max(.3, n(2+26*inflamed, 1))
	v["esr"] = math.Max(2, n(9+34*inflamed, 3))
	v["nt-probnp"] = math.Max(40, n(less("heart-failure", 120, 1900), 30))
	return v
}

// filtration is the CKD-EPI equation of 2021 for the estimated glomerular
// filtration rate, from creatinine in mg/dL and age in years.
func filtration(creatinine, age float64, male bool) float64 {
	kappa, alpha, factor := .7, -.241, 1.012
	if male {
		kappa, alpha, factor = .9, -.302, 1
	}
	ratio := creatinine / kappa
	return 142 * math.Pow(math.Min(ratio, 1), alpha) * math.Pow(math.Max(ratio, 1), -1.2) * math.Pow(.9938, age) * factor
}
