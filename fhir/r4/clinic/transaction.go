package clinic

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/webdoctor/webdoctor/fhir/r4"
)

// transaction writes a transaction Bundle entry by entry (http.html#transaction).
// There is no fullUrl: every entry is a PUT, and references are relative.
type transaction struct{ buf bytes.Buffer }

// put adds a resource under its own id. A resource that cannot be written is a
// mistake in this package and not something a caller could mend, so it panics.
func (t *transaction) put(resource any) {
	b, err := r4.Marshal(resource)
	if err != nil {
		panic(err)
	}
	// {"resourceType":"Patient","id":"demo-patient-01", as Marshal begins.
	head := strings.SplitN(string(b[:min(len(b), 200)]), `"`, 9)
	if len(head) < 9 || head[5] != "id" {
		panic(fmt.Sprintf("clinic: a %T without an id", resource))
	}
	if t.buf.Len() == 0 {
		t.buf.WriteString(`{"resourceType":"Bundle","type":"transaction","entry":[`)
	} else {
		t.buf.WriteString(",\n")
	}
	t.buf.WriteString(`{"resource":`)
	t.buf.Write(b)
	t.buf.WriteString(`,"request":{"method":"PUT","url":"` + head[3] + "/" + head[7] + `"}}`)
}

// close ends the Bundle and returns it.
func (t *transaction) close() []byte {
	t.buf.WriteString("]}\n")
	return t.buf.Bytes()
}
