package portal

import (
	"net/url"

	"github.com/webdoctor/webdoctor/fhir"
)

// exhibit is one page in one state that a person can meet, with prepared data.
type exhibit struct {
	page, state string
	as          *Person // who looks at it, nil for a stranger
	make        func(r *request) (page, error)
}

// GalleryPage lists what there is to see.
type GalleryPage struct{ List []Link }

func (*GalleryPage) name() string   { return "gallery" }
func (*GalleryPage) Title() Message { return say("gallery.title") }
func (*GalleryPage) wide()          {}

// gallery shows every page in every state, for those who work on them.
func (s *server) gallery(*request) (reply, error) {
	p := &GalleryPage{}
	for _, x := range s.exhibits() {
		p.List = append(p.List, Link{To: "/gallery/" + url.PathEscape(x.page) + "/" + url.PathEscape(x.state), Label: x.page + " · " + x.state})
	}
	return show(p)
}

func (s *server) exhibited(r *request) (reply, error) {
	for _, x := range s.exhibits() {
		if x.page != r.params["page"] || x.state != r.params["state"] {
			continue
		}
		s.pose(r, x)
		p, err := x.make(r)
		if err != nil {
			return reply{}, err
		}
		return show(p)
	}
	return reply{}, fhir.Errorf(fhir.NotFound, "there is no such exhibit")
}

// pose makes a request that of the person who looks at an exhibit. Its forms
// are good for nothing.
func (s *server) pose(r *request, x exhibit) {
	r.person, r.token, r.number = x.as, "token", func() string { return "number" }
	r.here = "/gallery"
	r.nav = s.links(r)
}
