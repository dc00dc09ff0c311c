package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// answer is what a FHIR server says to a command.
type answer struct {
	url    string
	status string
	code   int
	body   []byte
}

// answerMax bounds an answer.
const answerMax = 64 << 20

// ask sends a request, with a body of FHIR JSON if there is one.
func ask(ctx context.Context, client *http.Client, method, url string, body []byte) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if len(body) > 0 {
		r.Header.Set("Content-Type", "application/fhir+json")
	}
	resp, err := client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, answerMax))
	return answer{url, resp.Status, resp.StatusCode, text}, err
}

// good says whether the server did what it was asked for.
func (a answer) good() bool { return a.code/100 == 2 }

// into reads the body. What is not JSON does not come from a FHIR server.
func (a answer) into(v any) error {
	if err := json.Unmarshal(a.body, v); err != nil {
		return a.stranger()
	}
	return nil
}

// why is what the server has against the request: the text of its
// OperationOutcome.
func (a answer) why() (string, error) {
	var o struct {
		Issue []struct {
			Diagnostics string
			Expression  []string
		}
	}
	if err := a.into(&o); err != nil {
		return "", err
	}
	if len(o.Issue) == 0 {
		return "", a.stranger()
	}
	var list []string
	for _, i := range o.Issue {
		list = append(list, strings.TrimSpace(i.Diagnostics+" "+strings.Join(i.Expression, " ")))
	}
	return strings.Join(list, "; "), nil
}

func (a answer) stranger() error {
	url, _, _ := strings.Cut(a.url, "?")
	return fmt.Errorf("what answers at %s is no FHIR server: %s", url, a.status)
}
