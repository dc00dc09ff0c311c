package portal

import (
	"slices"

	"github.com/webdoctor/webdoctor/authz"
)

// allRoles are the roles in the order in which they are offered.
var allRoles = []authz.Role{authz.Patient, authz.Practitioner, authz.Staff, authz.Administrator}

// rolesField offers roles, of which some are on.
func rolesField(on []authz.Role, offered ...authz.Role) *Field {
	f := &Field{Kind: "checks", Name: "roles", Label: "field.roles", Required: true}
	for _, role := range offered {
		f.Options = append(f.Options, Option{
			Value: string(role), Label: say("role." + string(role)), Hint: say("role." + string(role) + ".hint"), On: slices.Contains(on, role),
		})
	}
	return f
}
