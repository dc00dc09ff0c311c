package rest

// members writes JSON objects member by member. Arrays that would be empty
// are left out, as FHIR has none (json.html).
type members struct{ dst []byte }

// comma separates what follows from what stands before it.
func (w *members) comma() {
	if last := w.dst[len(w.dst)-1]; last != '{' && last != '[' {
		w.dst = append(w.dst, ',')
	}
}

func (w *members) name(name string) {
	w.comma()
	w.dst = append(append(append(w.dst, '"'), name...), `":`...)
}

// raw writes a member whose value is JSON already.
func (w *members) raw(name, json string) {
	w.name(name)
	w.dst = append(w.dst, json...)
}

func (w *members) text(name, value string) {
	w.name(name)
	w.dst = appendString(w.dst, value)
}

// optional writes a text unless it is empty.
func (w *members) optional(name, value string) {
	if value != "" {
		w.text(name, value)
	}
}

func (w *members) texts(name string, values ...string) {
	w.array(name, func() {
		for _, v := range values {
			w.comma()
			w.dst = appendString(w.dst, v)
		}
	})
}

func (w *members) object(name string, inside func()) {
	w.name(name)
	w.dst = append(w.dst, '{')
	inside()
	w.dst = append(w.dst, '}')
}

func (w *members) array(name string, items func()) {
	before := len(w.dst)
	w.name(name)
	w.dst = append(w.dst, '[')
	start := len(w.dst)
	items()
	if len(w.dst) == start {
		w.dst = w.dst[:before]
		return
	}
	w.dst = append(w.dst, ']')
}

// item writes an object as the next item of an array.
func (w *members) item(inside func()) {
	w.comma()
	w.dst = append(w.dst, '{')
	inside()
	w.dst = append(w.dst, '}')
}
