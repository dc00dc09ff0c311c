package portal

import "github.com/webdoctor/webdoctor/fhir"

// lost answers for what is not there.
func (s *server) lost(*request) (reply, error) {
	return reply{}, fhir.Errorf(fhir.NotFound, "there is no such page")
}
