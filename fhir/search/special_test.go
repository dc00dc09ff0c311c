package search_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
)

// TestNearIsBounded: whatever lies within the distance lies in the box, by
// which the index is read, be it over a pole or the antimeridian.
func TestNearIsBounded(t *testing.T) {
	t.Parallel()
	r := search.NewRegistry(spec.R4())
	random := rand.New(rand.NewPCG(1, 2))
	const degree = math.Pi / 180
	for range 20_000 {
		latitude, longitude := random.Float64()*180-90, random.Float64()*360-180
		km := math.Pow(10, random.Float64()*5-1)
		if random.IntN(10) == 0 {
			latitude = math.Copysign(90-random.Float64()/100, latitude)
		}
		q, err := r.Parse(search.Request{Type: "Location", Query: fmt.Sprintf("near=%.9f%%7C%.9f%%7C%f", latitude, longitude, km)})
		if err != nil {
			t.Fatal(err)
		}
		a := q.Filters[0].Values[0].Area
		// Where one arrives from the centre with a bearing.
		bearing, angle := random.Float64()*2*math.Pi, math.Sqrt(random.Float64())*a.Metres/search.EarthRadius
		lat, lon := a.Latitude*degree, a.Longitude*degree
		north := math.Asin(math.Sin(lat)*math.Cos(angle) + math.Cos(lat)*math.Sin(angle)*math.Cos(bearing))
		east := lon + math.Atan2(math.Sin(bearing)*math.Sin(angle)*math.Cos(lat), math.Cos(angle)-math.Sin(lat)*math.Sin(north))
		y, x := north/degree, math.Remainder(east/degree, 360)
		if y < a.South || y > a.North || x < a.West || x > a.East {
			t.Fatalf("%v, %v is near %+v and not in its box", y, x, a)
		}
	}
}
