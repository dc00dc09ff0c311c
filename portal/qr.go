package portal

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// QR is a QR code as the path of an SVG: one square per dark module.
type QR struct {
	Size int // modules along a side, with the quiet zone
	Path string
}

// quiet is the margin that readers want, in modules (ISO/IEC 18004, 5.3.8).
const quiet = 4

// newQR encodes a text. The page draws it itself, so that the secret in it
// goes nowhere else.
func newQR(text string) (QR, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return QR{}, fmt.Errorf("qr: %w", err)
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	return QR{code.Size + 2*quiet, path.String()}, nil
}
