package rest

import (
	"bytes"
	"encoding/json"
)

// indent lays JSON out for people (_pretty=true). Only white space changes:
// numbers and strings keep their spelling. What is no JSON stays as it is.
func indent(src []byte) []byte {
	var out bytes.Buffer
	out.Grow(2 * len(src))
	if json.Indent(&out, src, "", "  ") != nil {
		return src
	}
	out.WriteByte('\n')
	return out.Bytes()
}
