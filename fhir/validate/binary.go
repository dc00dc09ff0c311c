package validate

// The classes of a byte in a base64 text; anything else is foreign to it.
const (
	foreign = iota
	letter
	pad
	space
)

var base64Class = func() (class [256]byte) {
	for c := range class {
		switch b := byte(c); {
		case isDigit(b), b|0x20 >= 'a' && b|0x20 <= 'z', b == '+', b == '/':
			class[c] = letter
		case b == '=':
			class[c] = pad
		case isSpace(b):
			class[c] = space
		}
	}
	return class
}()

// isBase64 reads groups of four letters with white space between the groups,
// the last one padded. Nothing is decoded, so that megabytes pass at the speed
// of reading them.
func isBase64(s []byte) bool {
	letters, pads := 0, 0
	for _, c := range s {
		switch base64Class[c] {
		case letter:
			if pads > 0 {
				return false
			}
			letters++
		case pad:
			pads++
		case space:
			if (letters+pads)%4 != 0 {
				return false
			}
		default:
			return false
		}
	}
	return letters > 0 && (letters+pads)%4 == 0 && pads <= 2
}
