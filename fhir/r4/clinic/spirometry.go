package clinic

import "math"

// drawSpirometry draws flow against volume of a forced breath out: what is
// usual for the person faintly, what was measured in blue. The more the
// airways are obstructed, the more the curve sags.
func drawSpirometry(vital, predicted, ratio float64) []byte {
	const size, margin = 420, 30
	s := newSheet(size, size)
	s.rule(30, faint)
	litre := (size - 2*margin) / (math.Ceil(math.Max(vital, predicted)) + .5)
	flow := (size - 2*margin) / 12.0
	s.stroke(margin, margin, margin, size-margin, black)
	s.stroke(margin, size-margin, size-margin, size-margin, black)

	loop := func(volume, sag float64, ink uint8) {
		peak := math.Min(11, volume*2.1) * (.55 + .45*math.Min(1, sag))
		lastX, lastY := float64(margin), float64(size-margin)
		for i := 1; i <= 200; i++ {
			share := float64(i) / 200
			f := peak * share / .12
			if share > .12 {
				f = peak * math.Pow(1-(share-.12)/.88, 1/sag)
			}
			x, y := margin+share*volume*litre, size-margin-f*flow
			s.stroke(lastX, lastY, x, y, ink)
			lastX, lastY = x, y
		}
	}
	loop(predicted, 1, grid)
	loop(vital, math.Max(.3, (ratio-.35)/.47), blue)
	return s.png()
}
