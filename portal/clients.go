package portal

import (
	"strings"
	"time"
)

// ClientsPage is the list of registered apps, for administrators.
type ClientsPage struct {
	Notice Message
	List   []OneClient
}

// OneClient is one of them.
type OneClient struct {
	ID, Name, Site, State string
	Method                string
	Redirects             []string
	Scopes                []string
	Since                 time.Time
	Approve               *Confirm
	Disable               *Confirm
}

func (*ClientsPage) name() string   { return "clients" }
func (*ClientsPage) Title() Message { return say("clients.title") }
func (*ClientsPage) wide()          {}

func (s *server) clients(r *request) (reply, error) {
	list, err := s.Apps.Clients(r.ctx)
	if err != nil {
		return reply{}, err
	}
	p := &ClientsPage{Notice: notice(r, "clients", "active", "disabled")}
	for _, c := range list {
		p.List = append(p.List, oneClient(r, c))
	}
	return show(p)
}

func oneClient(r *request, c Client) OneClient {
	one := OneClient{ID: c.ID, Name: c.Name, Site: c.Site, State: c.State, Method: c.Method, Redirects: c.Redirects, Scopes: strings.Fields(c.Scopes), Since: c.Created}
	if c.State != "active" {
		one.Approve = &Confirm{"clients.approve", say("clients.approve.ask", "app", c.Name), r.button("/admin/clients/state", "clients.approve", "", c.Name, "client", c.ID, "state", "active")}
	}
	if c.State != "disabled" {
		one.Disable = &Confirm{"clients.disable", say("clients.disable.ask", "app", c.Name), r.button("/admin/clients/state", "clients.disable", "danger", c.Name, "client", c.ID, "state", "disabled")}
	}
	return one
}

func (s *server) doClient(r *request) (reply, error) {
	f := r.take(r.button("", "", "", "", "client", "", "state", ""))
	state := f.value("state")
	if f.Failed() || state != "active" && state != "disabled" {
		return to("/admin/clients")
	}
	if err := s.Apps.SetState(r.ctx, f.value("client"), state); err != nil {
		return reply{}, err
	}
	return to("/admin/clients?done=" + state)
}
