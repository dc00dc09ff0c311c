package clinic

// Median heights and weights of children at the ages of 1 to 18, as known to
// anybody who has raised one: near enough for a demonstration, and not for
// judging a child.
var (
	boyHeights  = []float64{76, 87.5, 95, 102.5, 109, 115.5, 121.5, 127.5, 133, 138.5, 143.5, 149, 156, 163.5, 170, 173.5, 175.5, 176.5}
	girlHeights = []float64{74.5, 86, 94, 101, 108, 115, 121, 127, 132.5, 138, 144.5, 151.5, 157, 160.5, 162, 162.5, 163, 163}
	boyWeights  = []float64{9.8, 12.4, 14.4, 16.4, 18.5, 20.8, 23.2, 25.8, 28.7, 32, 36, 40.5, 45.7, 51.2, 56.5, 61.1, 64.7, 67.3}
	girlWeights = []float64{9.2, 11.9, 13.9, 15.9, 18, 20.3, 22.9, 25.9, 29.2, 33, 37.3, 41.8, 46, 49.6, 52.1, 53.9, 55.2, 56.2}
)

// A child's pulse, breath and pressure at the ages of 2, 6, 10, 14 and 18.
var (
	youngHeartRates = []float64{108, 95, 85, 78, 72}
	youngRespRates  = []float64{26, 22, 19, 17, 15}
	youngSystolics  = []float64{89, 96, 103, 111, 117}
	youngDiastolics = []float64{51, 58, 64, 67, 72}
)

const youngFirst, youngStep = 2, 4

// between interpolates in a row of values that starts at first and has a fixed
// distance; outside it stays at the ends.
func between(row []float64, first, step, x float64) float64 {
	at := (x - first) / step
	switch {
	case at <= 0:
		return row[0]
	case at >= float64(len(row)-1):
		return row[len(row)-1]
	}
	i := int(at)
	return row[i] + (row[i+1]-row[i])*(at-float64(i))
}
