package clinic

import (
	"math"
	"math/rand/v2"
)

// ecgWave is one deflection of a heart beat: its time after the beat in
// seconds, its width, and its height in millivolts.
type ecgWave struct{ at, width, height float64 }

// beat is an ordinary beat of lead II; the first wave is the atria's.
var beat = []ecgWave{{-.16, .022, .14}, {-.028, .009, -.09}, {0, .0105, 1.15}, {.026, .010, -.24}, {.25, .045, .29}}

// drawECG draws six seconds of lead II at 25 mm/s and 10 mm/mV, on paper of
// five pixels a millimetre.
func drawECG(rate float64, fibrillates bool, r *rand.Rand) []byte {
	const perMM, seconds = 5, 6.0
	const width, height = int(seconds * 25 * perMM), 40 * perMM
	s := newSheet(width, height)
	s.rule(perMM, faint)
	s.rule(5*perMM, grid)

	var beats []float64
	for t := .3; t < seconds+1; {
		beats = append(beats, t)
		interval := 60 / rate * (1 + noise(r, .012))
		if fibrillates {
			interval = 60 / rate * (1 + noise(r, .17))
		}
		t += interval
	}
	lastX, lastY := 0.0, 0.0
	for x := range width {
		t := float64(x) / (25 * perMM)
		mv := noise(r, .006)
		if fibrillates {
			mv += .035*math.Sin(2*math.Pi*6.3*t) + .028*math.Sin(2*math.Pi*8.9*t+1)
		}
		for _, b := range beats {
			for i, w := range beat {
				if i == 0 && fibrillates || math.Abs(t-b-w.at) > 5*w.width {
					continue
				}
				z := (t - b - w.at) / w.width
				mv += w.height * math.Exp(-z*z/2)
			}
		}
		y := float64(height)*.62 - mv*10*perMM
		if x > 0 {
			s.stroke(lastX, lastY, float64(x), y, black)
		}
		lastX, lastY = float64(x), y
	}
	return s.png()
}
