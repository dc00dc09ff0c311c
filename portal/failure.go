package portal

import "net/http"

// Failure is the page of everything that goes wrong. It says what to do.
type Failure struct {
	Status int
	Key    string // of the texts: failure.<Key>.title, .text
	After  int    // seconds until another try makes sense, 0 for not known
	Home   string
}

func (f *Failure) name() string   { return "failure" }
func (f *Failure) Title() Message { return say("failure." + f.Key + ".title") }

// Text is what to do.
func (f *Failure) Text() Message { return say("failure." + f.Key + ".text") }

// Minutes is how long to wait, rounded up.
func (f *Failure) Minutes() int { return (f.After + 59) / 60 }

var failures = map[int]string{
	http.StatusBadRequest:          "bad",
	http.StatusForbidden:           "forbidden",
	http.StatusNotFound:            "missing",
	http.StatusMethodNotAllowed:    "missing",
	http.StatusConflict:            "conflict",
	http.StatusTooManyRequests:     "busy",
	http.StatusInternalServerError: "ours",
	http.StatusServiceUnavailable:  "closed",
}

func failed(status, after int) reply {
	return reply{status: status, after: after, page: &Failure{Status: status, Key: failures[status], After: after, Home: "/"}}
}
