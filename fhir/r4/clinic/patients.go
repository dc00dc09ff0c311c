package clinic

// cast is one row of the list of patients. age is what the patient turns this
// year; problems and allergies are keys; native is the name in the script it
// is at home in.
type cast struct {
	given, family string
	sex           byte // f, m, or o for other
	age           int
	language      string
	problems      string
	allergies     string
	native        string
	diedDaysAgo   int
}

// patients are invented people of invented families. Their order is their
// number, so rows may be changed but not moved.
var patients = []cast{
	{"Amara Ngozi", "Okelabi", 'f', 34, "en", "asthma allergic-rhinitis", "grass-pollen", "", 0},
	{"Liam Patrick", "Brennagh", 'm', 58, "en", "hypertension hyperlipidemia", "", "", 0},
	{"Mei-Lin", "Chenyao", 'f', 46, "zh", "hypothyroidism migraine", "", "陈瑶 美琳", 0},
	{"Diego Alonso", "Marindale", 'm', 63, "es", "diabetes-2 hypertension hyperlipidemia", "penicillin", "", 0},
	{"Sofía", "Quintavera", 'f', 29, "es", "pregnancy", "", "", 0},
	{"Ananya", "Deshpati", 'f', 41, "hi", "depression iron-deficiency-anemia", "", "अनन्या देशपति", 0},
	{"Yusuf", "Demirkale", 'm', 52, "tr", "low-back-pain reflux", "", "", 0},
	{"Helga Margareta", "Lindqvarn", 'f', 71, "sv", "coronary hypertension osteoporosis", "shellfish", "", 0},
	{"Noah", "Whitcombe-Lee", 'm', 9, "en", "asthma", "peanut", "", 0},
	{"Fatoumata", "Diallovar", 'f', 26, "fr", "acne", "", "", 0},
	{"Oskar", "Wieringen", 'm', 67, "de", "copd hypertension", "", "", 0},
	{"Leilani Kaiya", "Makoanui", 'f', 38, "en", "rheumatoid-arthritis", "", "", 0},
	{"Jamal Isaiah", "Kessington", 'm', 44, "en", "hypertension obesity", "", "", 0},
	{"Ingrid", "Solbakkvik", 'f', 55, "en", "knee-osteoarthritis hyperlipidemia", "penicillin", "", 0},
	{"Minh Anh", "Tranvuong", 'f', 33, "vi", "allergic-rhinitis", "dust-mite", "", 0},
	{"Arturo", "Belgrandi", 'm', 76, "es", "heart-failure atrial-fibrillation kidney-disease-3", "", "", 0},
	{"Chloé", "Marchenoir", 'f', 6, "fr", "atopic-dermatitis", "egg", "", 0},
	{"Dmytro", "Kovalchenda", 'm', 49, "uk", "low-back-pain anxiety", "", "Дмитро Ковальченда", 0},
	{"Hannah Grace", "Ellingsworth", 'f', 31, "en", "endometriosis iron-deficiency-anemia", "", "", 0},
	{"Rashid", "Al-Qasimar", 'm', 60, "ar", "diabetes-2 coronary", "", "رشيد القاسمار", 0},
	{"Zofia", "Brzezana", 'f', 23, "pl", "migraine", "", "", 0},
	{"Ethan", "Corrowade", 'm', 15, "en", "diabetes-1", "", "", 0},
	{"Beatriz", "Almeirante", 'f', 68, "pt", "hypertension hypothyroidism osteoporosis", "", "", 0},
	{"Kwame", "Antobiri", 'm', 37, "en", "reflux", "", "", 0},
	{"Soo-Jin", "Parkhwa", 'f', 42, "ko", "psoriasis", "", "박화 수진", 0},
	{"Gareth", "Llewelthorpe", 'm', 81, "en", "copd coronary hyperlipidemia", "penicillin", "", 0},
	{"Isla Rose", "Farquhanan", 'f', 4, "en", "", "", "", 0},
	{"Mateo", "Villarosa", 'm', 12, "es", "allergic-rhinitis", "grass-pollen", "", 0},
	{"Nadia", "Haddadine", 'f', 47, "ar", "diabetes-2 obesity", "", "نادية حدادين", 0},
	{"Peter", "Zwanenveld", 'm', 56, "en", "atrial-fibrillation hypertension", "", "", 0},
	{"Aroha", "Ngatirau", 'f', 19, "en", "asthma anxiety", "", "", 0},
	{"Vikram", "Sundaresh", 'm', 50, "hi", "diabetes-2 hyperlipidemia", "", "विक्रम सुन्दरेश", 0},
	{"Eleni", "Papadorou", 'f', 73, "el", "knee-osteoarthritis hypertension", "", "Ελένη Παπαδώρου", 0},
	{"Caleb", "Thornquist", 'm', 28, "en", "epilepsy", "", "", 0},
	{"Marisol", "Ibarrondo", 'f', 36, "es", "crohn", "", "", 0},
	{"Takumi", "Hoshikage", 'm', 65, "ja", "hypertension kidney-disease-3", "", "星影 匠", 0},
	{"Freya", "Dunmarrow", 'f', 8, "en", "atopic-dermatitis asthma", "peanut", "", 0},
	{"Samuel", "Oyelarin", 'm', 53, "en", "prediabetes hypertension", "", "", 0},
	{"Giulia", "Fontanesca", 'f', 40, "it", "depression reflux", "", "", 0},
	{"Robert Allen", "Pemberwick", 'm', 86, "en", "heart-failure coronary", "", "", 41},
	{"Ximena", "Carrascosa", 'f', 25, "es", "irritable-bowel", "", "", 0},
	{"Tariq", "Mahmoodi", 'm', 45, "ur", "low-back-pain", "", "", 0},
	{"Agnieszka", "Borowiak-Hill", 'f', 59, "pl", "rheumatoid-arthritis hypertension", "aspirin", "", 0},
	{"Jordan", "Aldersgate", 'o', 30, "en", "depression anxiety", "", "", 0},
	{"Bao", "Nguyendo", 'm', 70, "vi", "diabetes-2 hypertension coronary", "", "", 0},
	{"Wren", "Holloway-Finch", 'f', 13, "en", "acne", "", "", 0},
	{"Casimir", "Dubrovnic", 'm', 62, "en", "reflux hyperlipidemia", "", "", 0},
	{"Thandiwe", "Mokgathi", 'f', 51, "en", "hypertension obesity", "shellfish", "", 0},
	{"Oliver James", "Stanmoreland", 'm', 5, "en", "", "", "", 0},
	{"Layla", "Ben-Aroush", 'f', 32, "en", "pregnancy", "", "", 0},
	{"Heinrich", "Oberwalden", 'm', 78, "de", "atrial-fibrillation hypertension hyperlipidemia", "", "", 0},
	{"Priya", "Ramanujar", 'f', 35, "hi", "hypothyroidism", "", "", 0},
	{"Connor", "MacAlrick", 'm', 21, "en", "", "dust-mite", "", 0},
	{"Rosalind", "Everhartley", 'f', 64, "en", "copd anxiety", "", "", 0},
	{"Abdi", "Warsameh", 'm', 39, "so", "prediabetes allergic-rhinitis", "", "", 0},
	{"Paloma", "Estévara", 'f', 16, "es", "migraine", "", "", 0},
	{"Edwin", "Castellmar", 'm', 48, "en", "psoriasis hyperlipidemia", "", "", 0},
	{"Naomi", "Katzenholt", 'f', 57, "en", "knee-osteoarthritis reflux", "penicillin", "", 0},
	{"Sven", "Aaltoranta", 'm', 33, "en", "irritable-bowel allergic-rhinitis", "grass-pollen", "", 0},
	{"Valentina", "Morosini-Clay", 'f', 74, "it", "hypertension diabetes-2 knee-osteoarthritis", "", "", 0},
}

// languages are the BCP 47 codes of the cast and their names.
var languages = map[string]string{
	"ar": "Arabic", "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "fa": "Persian", "fr": "French",
	"hi": "Hindi", "it": "Italian", "ja": "Japanese", "ko": "Korean", "pl": "Polish", "pt": "Portuguese", "so": "Somali",
	"sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}

// kin are the given names of the people to call in an emergency.
var kin = []string{"Alex", "Robin", "Morgan", "Casey", "Quinn", "Rowan", "Sasha", "Noor", "Kai", "Ariel", "Jules", "Dana"}

// streets of a town that is on no map.
var streets = []string{"Quarry Lane", "Lantern Street", "Old Ferry Road", "Juniper Court", "Millrace Avenue", "Saltmarsh Way", "Orchard Rise", "Beacon Hill"}

const town, state, postalCode, country = "Wexcombe Harbor", "NH", "03000", "US"
