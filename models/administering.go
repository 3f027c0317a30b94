package models

import "slices"

// Who administers a side hears what one of them does to its accounts, so that
// nobody makes themself a second person unseen (docs/adr/0022).

// administrationRole is the role of whoever is written to about an account they administer.
const administrationRole = "administration"

// deciding are the roles that approve, or that give others their roles.
var deciding = []Role{Approver, TenantAdmin, Lead, Admin}

// decides tells whether one of the roles does.
func decides(roles []Role) bool {
	return slices.ContainsFunc(roles, func(r Role) bool { return slices.Contains(deciding, r) })
}

// tellAdministration writes to the others who administer an account's side; where
// there is no other, to the provider's administration.
func (t *tx) tellAdministration(e Event, actor User, m *Member, kind MailKind) error {
	sides := []struct {
		ags  string
		role Role
	}{{m.AGS, TenantAdmin}, {"", Admin}}
	if m.AGS == "" {
		sides = sides[1:]
	}
	for _, side := range sides {
		to, err := t.holders(administrationRole, side.ags, side.role, nil)
		if err != nil {
			return err
		}
		to = slices.DeleteFunc(to, func(r recipient) bool { return r.Email == actor.Email || r.Email == m.Email })
		for _, r := range to {
			t.post(e, kind, r, nil)
		}
		if len(to) > 0 {
			return nil
		}
	}
	return nil
}
