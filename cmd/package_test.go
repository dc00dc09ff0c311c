package cmd

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

// TestPackagesOfAllPages: a server may show fewer at once than were asked for,
// and calls itself by another name than the one it was reached by.
func TestPackagesOfAllPages(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch page := r.URL.Query().Get("_page"); {
		case r.URL.Path != "/fhir/ImplementationGuide" || page == "3":
			w.WriteHeader(http.StatusNotFound)
		case page == "":
			fmt.Fprint(w, `{"resourceType":"Bundle","link":[{"relation":"self","url":"https://ehr.example.org/fhir/ImplementationGuide"},`+
				`{"relation":"next","url":"https://ehr.example.org/fhir/ImplementationGuide?_page=2"}],`+
				`"entry":[{"resource":{"resourceType":"ImplementationGuide","packageId":"b","version":"2"}},{"resource":{"resourceType":"ImplementationGuide"}}]}`)
		default:
			fmt.Fprint(w, `{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"ImplementationGuide","packageId":"a","version":"1"}}]}`)
		}
	}))
	t.Cleanup(server.Close)
	list, err := packages(t.Context(), server.Client(), server.URL+"/fhir")
	if err != nil || !slices.Equal(list, []string{"a#1", "b#2"}) {
		t.Errorf("%v %v", list, err)
	}
	if _, err := packages(t.Context(), server.Client(), server.URL); err == nil {
		t.Error("what is no FHIR server is taken for one")
	}
}
