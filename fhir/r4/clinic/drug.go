package clinic

import (
	models "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/webdoctor/webdoctor/fhir/r4"
)

// drug is an ordered medicine with its usual dose.
type drug struct {
	key, rxnorm, display string
	class                string // what an allergy is called after, and what is not given twice
	dose                 r4.Dose
	pack                 int // units dispensed at once
	refills              int
}

var (
	mg     = r4.Unit{Name: "mg", UCUM: "mg"}
	mgTen  = r4.Unit{Name: "mg", UCUM: "mg", Decimals: 2}
	puffs  = r4.Unit{Name: "puffs", UCUM: "{puff}"}
	units  = r4.Unit{Name: "units", UCUM: "[iU]"}
	films  = r4.Unit{Name: "application", UCUM: "{application}"}
	pieces = r4.Unit{Name: "units of use", UCUM: "1"}

	oral    = r4.Concept("By mouth", r4.Coding(r4.SNOMED, "26643006", "Oral route"))
	inhaled = r4.Concept("Inhaled", r4.Coding(r4.SNOMED, "447694001", "Respiratory tract route"))
	skin    = r4.Concept("On the skin", r4.Coding(r4.SNOMED, "6064005", "Topical route"))
	under   = r4.Concept("Under the skin", r4.Coding(r4.SNOMED, "34206005", "Subcutaneous route"))
)

// daily is a dose by mouth, so many times a day, that goes on.
func daily(text string, times int, amount float64) r4.Dose {
	return r4.Dose{Text: text, Times: times, Every: 1, Period: "d", Amount: amount, Unit: mg, Route: oral}
}

// course is a dose by mouth for a number of days.
func course(text string, times, days int, amount float64) r4.Dose {
	d := daily(text, times, amount)
	d.Days = days
	return d
}

// needed is a dose by mouth at most so many times a day.
func needed(text string, times int, amount float64) r4.Dose {
	d := daily(text, times, amount)
	d.AsNeeded = true
	return d
}

var drugs = []drug{
	{"lisinopril-10", "314076", "lisinopril 10 MG Oral Tablet", "", daily("Take 1 tablet by mouth once a day.", 1, 10), 90, 3},
	{"lisinopril-20", "314077", "lisinopril 20 MG Oral Tablet", "", daily("Take 1 tablet by mouth once a day.", 1, 20), 90, 3},
	{"amlodipine-5", "197361", "amlodipine 5 MG Oral Tablet", "", daily("Take 1 tablet by mouth once a day.", 1, 5), 90, 3},
	{"atorvastatin-20", "617310", "atorvastatin 20 MG Oral Tablet", "", daily("Take 1 tablet by mouth every evening.", 1, 20), 90, 3},
	{"metformin-500", "861007", "metformin hydrochloride 500 MG Oral Tablet", "", daily("Take 1 tablet by mouth twice a day with meals.", 2, 500), 180, 3},
	{"insulin-glargine", "311041", "insulin glargine 100 UNT/ML Injectable Solution", "",
		r4.Dose{Text: "Inject 18 units under the skin every evening.", Times: 1, Every: 1, Period: "d", Amount: 18, Unit: units, Route: under}, 1, 5},
	{"aspirin-81", "243670", "aspirin 81 MG Oral Tablet", "aspirin", daily("Take 1 tablet by mouth once a day.", 1, 81), 90, 3},
	{"metoprolol-50", "866436", "24 HR metoprolol succinate 50 MG Extended Release Oral Tablet", "beta blocker", daily("Take 1 tablet by mouth once a day. Do not crush.", 1, 50), 90, 3},
	{"apixaban-5", "1364445", "apixaban 5 MG Oral Tablet", "", daily("Take 1 tablet by mouth twice a day.", 2, 5), 180, 3},
	{"furosemide-40", "313988", "furosemide 40 MG Oral Tablet", "", daily("Take 1 tablet by mouth every morning.", 1, 40), 90, 3},
	{"carvedilol-6", "200031", "carvedilol 6.25 MG Oral Tablet", "beta blocker",
		r4.Dose{Text: "Take 1 tablet by mouth twice a day with food.", Times: 2, Every: 1, Period: "d", Amount: 6.25, Unit: mgTen, Route: oral}, 180, 3},
	{"fluticasone-44", "895994", "120 ACTUAT fluticasone propionate 0.044 MG/ACTUAT Metered Dose Inhaler", "",
		r4.Dose{Text: "Inhale 2 puffs twice a day. Rinse the mouth afterwards.", Times: 2, Every: 1, Period: "d", Amount: 2, Unit: puffs, Route: inhaled}, 1, 5},
	{"albuterol", "745679", "200 ACTUAT albuterol 0.09 MG/ACTUAT Metered Dose Inhaler", "",
		r4.Dose{Text: "Inhale 2 puffs every 4 hours if short of breath.", Times: 1, Every: 4, Period: "h", Amount: 2, Unit: puffs, Route: inhaled, AsNeeded: true}, 1, 2},
	{"fluticasone-salmeterol", "896209", "60 ACTUAT fluticasone propionate 0.25 MG/ACTUAT / salmeterol 0.05 MG/ACTUAT Dry Powder Inhaler", "",
		r4.Dose{Text: "Inhale 1 puff twice a day. Rinse the mouth afterwards.", Times: 2, Every: 1, Period: "d", Amount: 1, Unit: puffs, Route: inhaled}, 1, 5},
	{"levothyroxine-75", "966222", "levothyroxine sodium 0.075 MG Oral Tablet", "",
		r4.Dose{Text: "Take 1 tablet by mouth every morning on an empty stomach.", Times: 1, Every: 1, Period: "d", Amount: 75, Unit: r4.Unit{Name: "ug", UCUM: "ug"}, Route: oral}, 90, 3},
	{"sertraline-25", "312940", "sertraline 25 MG Oral Tablet", "", daily("Take 1 tablet by mouth every morning.", 1, 25), 30, 2},
	{"sertraline-50", "312941", "sertraline 50 MG Oral Tablet", "", daily("Take 1 tablet by mouth every morning.", 1, 50), 30, 5},
	{"escitalopram-10", "349332", "escitalopram 10 MG Oral Tablet", "", daily("Take 1 tablet by mouth once a day.", 1, 10), 30, 5},
	{"propranolol-40", "856519", "propranolol hydrochloride 40 MG Oral Tablet", "beta blocker", daily("Take 1 tablet by mouth twice a day to prevent attacks.", 2, 40), 180, 2},
	{"levetiracetam-500", "311289", "levetiracetam 500 MG Oral Tablet", "", daily("Take 1 tablet by mouth twice a day. Do not stop suddenly.", 2, 500), 180, 3},
	{"acetaminophen-500", "198440", "acetaminophen 500 MG Oral Tablet", "", needed("Take 2 tablets by mouth for pain, at most 3 times a day.", 3, 1000), 60, 2},
	{"naproxen-500", "198014", "naproxen 500 MG Oral Tablet", "", needed("Take 1 tablet by mouth for pain, at most twice a day with food.", 2, 500), 30, 1},
	{"methotrexate-10", "105586", "methotrexate 10 MG Oral Tablet", "",
		r4.Dose{Text: "Take 1 tablet by mouth ONCE A WEEK, always on the same day.", Times: 1, Every: 1, Period: "wk", Amount: 10, Unit: mg, Route: oral}, 12, 1},
	{"prednisone-5", "312617", "prednisone 5 MG Oral Tablet", "", daily("Take 1 tablet by mouth every morning.", 1, 5), 30, 2},
	{"alendronate-10", "904419", "alendronic acid 10 MG Oral Tablet", "", daily("Take 1 tablet by mouth on rising with plenty of water, then stay upright for half an hour.", 1, 10), 90, 3},
	{"hydrocortisone-cream", "106258", "hydrocortisone 10 MG/ML Topical Cream", "",
		r4.Dose{Text: "Apply a thin film to the affected skin twice a day for two weeks.", Times: 2, Every: 1, Period: "d", Amount: 1, Unit: films, Route: skin, Days: 14}, 1, 1},
	{"doxycycline-50", "1652673", "doxycycline monohydrate 50 MG Oral Tablet", "", daily("Take 1 tablet by mouth once a day with plenty of water.", 1, 50), 30, 2},
	{"omeprazole-20", "198051", "omeprazole 20 MG Delayed Release Oral Capsule", "", daily("Take 1 capsule by mouth every morning before breakfast.", 1, 20), 30, 5},
	{"ferrous-sulfate", "310325", "ferrous sulfate 325 MG Oral Tablet", "", daily("Take 1 tablet by mouth once a day.", 1, 325), 90, 1},
	{"loratadine-10", "311372", "loratadine 10 MG Oral Tablet", "", needed("Take 1 tablet by mouth on days with symptoms.", 1, 10), 30, 5},
	{"amoxicillin", "308182", "amoxicillin 250 MG Oral Capsule", "penicillin", course("Take 1 capsule by mouth three times a day for 7 days.", 3, 7, 250), 21, 0},
	{"azithromycin", "308460", "azithromycin 250 MG Oral Tablet", "", course("Take 1 tablet by mouth once a day for 5 days.", 1, 5, 250), 5, 0},
	{"nitrofurantoin", "1648759", "nitrofurantoin, macrocrystals 100 MG Oral Capsule", "", course("Take 1 capsule by mouth four times a day for 5 days.", 4, 5, 100), 20, 0},
	{"acetaminophen-325", "313782", "acetaminophen 325 MG Oral Tablet", "", course("Take 2 tablets by mouth three times a day for 5 days.", 3, 5, 650), 30, 0},
}

func medicine(key string) *drug {
	for i := range drugs {
		if drugs[i].key == key {
			return &drugs[i]
		}
	}
	panic("clinic: no drug called " + key)
}

func (d *drug) concept() models.CodeableConcept {
	return r4.Concept(d.display, r4.Coding(r4.RxNorm, d.rxnorm, d.display))
}
