package search

import (
	"math"
	"strconv"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// special says how a parameter is read that its type does not describe.
type special int

const (
	usual    special = iota
	phonetic         // by the sound of words (phonetic.go)
	nearby           // by distance
	named            // _query, which names a query that the server defines
)

// http://hl7.org/fhir/R4/location.html#positional

// addNear compiles a parameter that finds positions near one.
func (c *compiler) addNear(p *Param, expression string) bool {
	e, err := path.Parse(expression)
	if err != nil {
		return false
	}
	places, ok := c.allPlaces(e)
	if !ok || len(places) == 0 {
		return false
	}
	p.special = nearby
	for i := range places {
		s := c.step(&places[i])
		s.emits = append(s.emits, emit{param: p, read: readPosition})
	}
	return true
}

// readPosition reads latitude and longitude as the two ends of one interval,
// so that a position is one row.
func readPosition(x *extraction, e *emit, n tree.Node) {
	latitude, err1 := parseDecimal(x.member(n, "latitude"))
	longitude, err2 := parseDecimal(x.member(n, "longitude"))
	if err1 != nil || err2 != nil || !within(latitude, 90) {
		return
	}
	east := longitude.String()
	if !within(longitude, 180) {
		f, _ := strconv.ParseFloat(east, 64)
		east = strconv.FormatFloat(onGlobe(f), 'f', -1, 64)
	}
	x.present.add(e.param)
	x.values.Quantities = append(x.values.Quantities, Quantity{Param: e.param.Code, Low: latitude.String(), High: east})
}

func within(d decimal, most float64) bool {
	f, err := strconv.ParseFloat(d.String(), 64)
	return err == nil && math.Abs(f) <= most
}

// onGlobe is the longitude from -180 to 180.
func onGlobe(longitude float64) float64 {
	if math.Abs(longitude) <= 180 {
		return longitude
	}
	return longitude - 360*math.Round(longitude/360)
}

// Area is what lies within a distance of a position on the globe. South and
// North bound its latitudes, West and East its longitudes: all of them when
// the area has a pole or crosses the antimeridian.
type Area struct {
	Latitude, Longitude      float64 // of the centre, degrees
	Metres                   float64
	South, North, West, East float64
}

// EarthRadius is the mean radius of the Earth in metres.
const EarthRadius = 6_371_008.8

// nearDistance is what is near if the search gives no distance, which R4
// leaves to the server.
const nearDistance = 50_000

// lengths are the units of distance in metres, by their codes in UCUM.
var lengths = map[string]float64{
	"": 1000, "km": 1000, "m": 1, "cm": 0.01, "dm": 0.1, "mm": 0.001,
	"[mi_us]": 1609.347219, "mi_us": 1609.347219, "[mi_i]": 1609.344, "mi_i": 1609.344, "mi": 1609.344,
	"[nmi_i]": 1852, "nmi": 1852, "[ft_i]": 0.3048, "ft": 0.3048, "[yd_i]": 0.9144, "yd": 0.9144,
}

// parseNear reads [latitude]|[longitude]|[distance]|[units].
func parseNear(value string) (Operand, error) {
	parts := splitEscaped(value, '|')
	if len(parts) < 2 || len(parts) > 4 {
		return Operand{}, fhir.Errorf(fhir.Value, "a position is written as latitude|longitude|distance|units; distance and units may be left out")
	}
	var numbers [3]float64
	for i, text := range parts[:min(3, len(parts))] {
		if i == 2 && text == "" {
			continue
		}
		d, err := parseDecimal(text)
		if err != nil {
			return Operand{}, fhir.Errorf(fhir.Value, "latitude, longitude and distance are numbers")
		}
		numbers[i], _ = strconv.ParseFloat(d.String(), 64)
	}
	latitude, longitude, distance := numbers[0], numbers[1], numbers[2]
	if math.Abs(latitude) > 90 || math.Abs(longitude) > 360 {
		return Operand{}, fhir.Errorf(fhir.Value, "latitudes are from -90 to 90 degrees and longitudes from -180 to 180")
	}
	unit := ""
	if len(parts) == 4 {
		unit = unescape(parts[3])
	}
	length, known := lengths[unit]
	switch {
	case !known:
		return Operand{}, fhir.Errorf(fhir.NotSupported, "the unit of the distance is not known; there are km, m, [mi_us], [mi_i], [nmi_i], [ft_i] and [yd_i]")
	case distance < 0:
		return Operand{}, fhir.Errorf(fhir.Value, "the distance is negative")
	case len(parts) < 3 || parts[2] == "":
		return Operand{Area: around(latitude, onGlobe(longitude), nearDistance)}, nil
	}
	return Operand{Area: around(latitude, onGlobe(longitude), distance*length)}, nil
}

// around bounds the area.
func around(latitude, longitude, metres float64) Area {
	const degree = math.Pi / 180
	metres = min(metres, math.Pi*EarthRadius)
	angle := metres / EarthRadius
	a := Area{
		Latitude: latitude, Longitude: longitude, Metres: metres, West: -180, East: 180,
		South: max(-90, latitude-angle/degree-1e-9), North: min(90, latitude+angle/degree+1e-9),
	}
	if a.South <= -90 || a.North >= 90 {
		return a
	}
	wide := math.Asin(min(1, math.Sin(angle)/math.Cos(latitude*degree)))/degree + 1e-9
	if longitude-wide > -180 && longitude+wide < 180 {
		a.West, a.East = longitude-wide, longitude+wide
	}
	return a
}
