package clinic

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
)

// sheet is a small picture in few colours.
type sheet struct{ *image.Paletted }

// The inks, as indexes into the palette.
const (
	white uint8 = iota
	faint
	grid
	black
	blue
)

var inks = color.Palette{
	color.White, color.RGBA{0xfb, 0xe3, 0xe3, 0xff}, color.RGBA{0xec, 0xb4, 0xb4, 0xff},
	color.RGBA{0x16, 0x1c, 0x22, 0xff}, color.RGBA{0x12, 0x54, 0x9e, 0xff},
}

func newSheet(width, height int) sheet {
	return sheet{image.NewPaletted(image.Rect(0, 0, width, height), inks)}
}

// rule draws a grid with a line every step pixels.
func (s sheet) rule(step int, ink uint8) {
	b := s.Bounds()
	for x := 0; x < b.Dx(); x += step {
		for y := range b.Dy() {
			s.SetColorIndex(x, y, ink)
		}
	}
	for y := 0; y < b.Dy(); y += step {
		for x := range b.Dx() {
			s.SetColorIndex(x, y, ink)
		}
	}
}

// stroke draws a line two pixels wide.
func (s sheet) stroke(x0, y0, x1, y1 float64, ink uint8) {
	steps := math.Max(1, math.Ceil(math.Max(math.Abs(x1-x0), math.Abs(y1-y0))))
	for i := 0.0; i <= steps; i++ {
		x, y := int(math.Round(x0+(x1-x0)*i/steps)), int(math.Round(y0+(y1-y0)*i/steps))
		s.SetColorIndex(x, y, ink)
		s.SetColorIndex(x, y+1, ink)
	}
}

// png encodes the picture.
func (s sheet) png() []byte {
	var out bytes.Buffer
	if err := png.Encode(&out, s.Paletted); err != nil {
		panic(err)
	}
	return out.Bytes()
}
