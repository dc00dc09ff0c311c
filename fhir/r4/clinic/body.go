package clinic

import (
	"math"
	"math/rand/v2"

	"github.com/webdoctor/webdoctor/fhir/r4"
)

// body is what a person measures, and how that changes with time.
type body struct {
	*person
	r      *rand.Rand
	height float64 // of a grown up, in cm
	size   float64 // of a child: standard deviations from the median height
	build  float64 // of a child: the same of the weight; of a grown up the body mass index at the end
	trend  float64 // body mass index gained in a year
	base   vitals  // what the person has without problems
}

// vitals are the vital signs of one moment, rounded as they are written.
type vitals struct {
	systolic, diastolic, heartRate, respRate, spo2, temperature, weight, height, bmi float64
}

func newBody(p *person) *body {
	b := &body{person: p, r: lots(p.n, forBody)}
	b.height = 164 + b.noise(6)
	if p.sex == 'm' {
		b.height = 177 + b.noise(7)
	}
	b.size, b.build = b.noise(.8), b.noise(.8)
	if p.grown() {
		b.build = 23.5 + math.Abs(b.noise(2.6)) + math.Min(float64(p.age), 60)*.03
		b.trend = b.noise(.5)
	}
	years := math.Min(float64(p.age), 75)
	b.base = vitals{systolic: 106 + years*.22 + b.noise(4), diastolic: 70 + years*.06 + b.noise(3), heartRate: 71 + b.noise(6), respRate: 14.6 + b.noise(.6), spo2: 98.2, temperature: 36.7}
	return b
}

// noise is normally distributed and never beyond two and a half deviations.
func (b *body) noise(deviation float64) float64 { return noise(b.r, deviation) }

func noise(r *rand.Rand, deviation float64) float64 {
	return math.Max(-2.5, math.Min(2.5, r.NormFloat64())) * deviation
}

// age is the exact age in years on a day.
func (b *body) age(c *calendar, day int) float64 {
	return c.date(day).Sub(b.born).Hours() / 24 / 365.25
}

// force is how strongly an ailment shows on a day: not at all before it began
// and after it is over, fully until treatment begins, and then less and less.
func (a *ailment) force(day int) float64 {
	switch {
	case day < a.began || a.visit != nil && day > a.visit.day+10:
		return 0
	case a.treated == 0 || day <= a.treated:
		return 1
	}
	return 1 - a.effect.controlled*math.Min(1, float64(day-a.treated)/180)
}

// measure takes the vital signs on a day.
func (b *body) measure(c *calendar, day int) vitals {
	v, age := b.base, b.age(c, day)
	if age < 18 {
		v.heartRate = between(youngHeartRates, youngFirst, youngStep, age) + v.heartRate - 71
		v.respRate = between(youngRespRates, youngFirst, youngStep, age)
		v.systolic = between(youngSystolics, youngFirst, youngStep, age) + b.size*3
		v.diastolic = between(youngDiastolics, youngFirst, youngStep, age) + b.size*2
	}
	bmi := b.build + b.trend*float64(day)/365
	for _, a := range b.ailments {
		f := a.force(day)
		v.systolic += f * a.effect.systolic
		v.diastolic += f * a.effect.diastolic
		v.heartRate += f * a.effect.heartRate
		v.respRate += f * a.effect.respRate
		v.spo2 += f * a.effect.spo2
		v.temperature += f * a.effect.temperature
		bmi += f * a.effect.bmi
		if a.key == "pregnancy" && f > 0 {
			bmi += 4.5 * float64(day-a.began) / 280
		}
	}
	v.height, v.weight = b.height, bmi*b.height*b.height/1e4
	if !b.grown() {
		v.height, v.weight = b.growth(age)
	}
	v.systolic, v.diastolic = v.systolic+b.noise(4.5), v.diastolic+b.noise(3)
	v.heartRate, v.respRate = v.heartRate+b.noise(4), v.respRate+b.noise(.8)
	v.spo2, v.temperature = math.Min(100, v.spo2+b.noise(.6)), v.temperature+b.noise(.18)
	return v.rounded()
}

// growth is the height and weight of a child of an age.
func (b *body) growth(age float64) (height, weight float64) {
	heights, weights := girlHeights, girlWeights
	if b.sex == 'm' {
		heights, weights = boyHeights, boyWeights
	}
	return between(heights, 1, 1, age) * (1 + .042*b.size), between(weights, 1, 1, age) * (1 + .08*b.size + .06*b.build)
}

// rounded writes the values as precisely as they are measured; the body mass
// index follows from the written height and weight.
func (v vitals) rounded() vitals {
	v.diastolic = math.Min(v.diastolic, v.systolic-25)
	v.systolic, v.diastolic = math.Round(v.systolic), math.Round(v.diastolic)
	v.heartRate, v.respRate, v.spo2 = math.Round(v.heartRate), math.Round(v.respRate), math.Round(v.spo2)
	v.temperature, v.weight, v.height = to(v.temperature, 1), to(v.weight, r4.Weight.Unit.Decimals), to(v.height, r4.Height.Unit.Decimals)
	v.bmi = v.weight / (v.height * v.height / 1e4)
	return v
}

// to rounds to a number of decimals.
func to(x float64, decimals int) float64 {
	scale := math.Pow10(decimals)
	return math.Round(x*scale) / scale
}
