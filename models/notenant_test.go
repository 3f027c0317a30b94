package models_test

import (
	"database/sql"
	"fmt"
	"slices"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// someone is who tries to see rows, and why they may see none.
type someone struct {
	what string
	models.User
	own bool // has a municipality whose rows are theirs: only others' are not
}

// strangers are people that no row tells of: without a tenant, with an empty one, with one that is no municipality, without a role.
func strangers() []someone {
	return []someone{
		{"nobody", models.User{}, false}, {"no role", models.User{ID: 901, Active: true}, false}, {"a clerk of nobody", models.User{ID: 902, Active: true, Roles: []models.Role{models.Clerk}}, false},
		{"tenant 00000000", models.User{ID: 903, AGS: "00000000", Active: true, Roles: models.Roles}, false}, {"tenant 0", models.User{ID: 904, AGS: "0", Active: true, Roles: models.Roles}, false},
		{"a tenant that never was", models.User{ID: 905, AGS: "14999999", Active: true, Roles: models.Roles}, false}, {"a blank tenant", models.User{ID: 906, AGS: " ", Active: true, Roles: models.Roles}, false},
	}
}

// outcasts had an account that let them in: it is switched off, forgotten, or has the roles of another side.
func (b *behind) outcasts() []someone {
	b.Helper()
	out := []someone{b.switchedOff(b.Clerk2), b.switchedOff(b.Lead2), b.forgotten(b.Deputy)}
	for _, foreign := range []models.User{b.LeipzigClerk, b.LeipzigApprover} { // roles that its side does not have, and all of them
		roles := models.Roles
		if foreign.ID == b.LeipzigClerk.ID {
			roles = []models.Role{models.Agent, models.Lead, models.Admin, models.Auditor}
		}
		out = append(out, b.withRoles("of Leipzig, with foreign roles", foreign, roles))
	}
	return append(out, b.withRoles("of the provider, with a municipality's roles", b.Agent2, []models.Role{models.Clerk, models.Approver, models.TenantAdmin}))
}

// shutOut asserts that neither a token nor a session lets somebody in.
func (b *behind) shutOut(what, token, secret string) {
	b.Helper()
	if _, err := b.s.Authenticate(ctx, token); kindOf(err) != models.Unauthorized {
		b.Errorf("%s: the token: %v", what, err)
	}
	if _, _, err := b.s.Resume(ctx, secret); kindOf(err) != models.Unauthorized {
		b.Errorf("%s: the session: %v", what, err)
	}
}

// switchedOff switches somebody off who is signed in and has a token: what they came with lets them in no more, and as they stand in their row they see nothing.
func (b *behind) switchedOff(u models.User) someone {
	b.Helper()
	token, secret := b.comesWith(u)
	admin := b.TenantAdmin
	if u.AGS == "" {
		admin = b.Admin
	}
	m, err := b.s.Person(ctx, admin, u.ID)
	b.must(err)
	b.must(b.s.SwitchPerson(ctx, admin, u.ID, m.Version, false, nil))
	b.shutOut("switched off", token, secret)
	return someone{"switched off", b.row(u.Email), false}
}

// forgotten does the same with somebody who is forgotten.
func (b *behind) forgotten(u models.User) someone {
	b.Helper()
	token, secret := b.comesWith(u)
	b.switchedOff(u)
	m, err := b.s.Person(ctx, b.TenantAdmin, u.ID)
	b.must(err)
	b.must(b.s.Pseudonymise(ctx, b.TenantAdmin, u.ID, m.Version, nil))
	b.shutOut("forgotten", token, secret)
	return someone{"forgotten", b.row(fmt.Sprint(b.column("SELECT email FROM users WHERE id = ?", u.ID)[0])), false}
}

// comesWith gives somebody a token and a session, and sees them let in.
func (b *behind) comesWith(u models.User) (token, secret string) {
	b.Helper()
	token, err := b.s.CreateToken(ctx, u.Email, "test", 1<<50)
	b.must(err)
	secret, _, err = b.s.SignIn(ctx, u, models.Proof{Method: "password"}, models.Visit{})
	b.must(err)
	_, err = b.s.Authenticate(ctx, token)
	b.must(err)
	_, _, err = b.s.Resume(ctx, secret)
	b.must(err)
	return token, secret
}

// row is an account as it stands in the database, roles and all.
func (b *behind) row(email string) models.User {
	b.Helper()
	u, err := b.s.Account(ctx, email)
	b.must(err)
	return u
}

// withRoles gives somebody roles past the program, and reads who they are by a token of theirs.
func (b *behind) withRoles(what string, u models.User, roles []models.Role) someone {
	b.Helper()
	b.exec("DELETE FROM user_roles WHERE user_id = ?", u.ID)
	for _, r := range roles {
		b.exec("INSERT INTO user_roles (user_id, role) VALUES (?, ?)", u.ID, string(r))
	}
	return someone{what, SignIn(b, b.s, u.Email), u.AGS != ""}
}

// bereft takes the municipality from under somebody's account: neither database allows that, so it is done where keys do not hold.
func (b *behind) bereft(u models.User) someone {
	b.Helper()
	if _, err := b.db.Exec(b.dollars("DELETE FROM municipalities WHERE ags = ?"), u.AGS); err == nil && !b.sqlite() { // this connection to SQLite minds no keys
		b.Error("a municipality with accounts was deleted")
	}
	if pool, _ := b.s.Pools(); b.sqlite() {
		if _, err := pool.Exec("DELETE FROM municipalities WHERE ags = ?", Bautzen); err == nil {
			b.Error("a municipality with accounts was deleted")
		}
	}
	b.loose(func(c *sql.Conn) error {
		_, err := c.ExecContext(ctx, "DELETE FROM municipalities WHERE ags = '"+u.AGS+"'")
		return err
	})
	return someone{"without a municipality's row", SignIn(b, b.s, u.Email), true}
}

// TestNobodyHasRowsWithoutATenant: no tenant, an empty one, one that is no municipality, no role, no account any more (S32).
func TestNobodyHasRowsWithoutATenant(t *testing.T) {
	look(t, func(b *behind) {
		thing := b.staged()
		n := 0
		isOut := func(err error) bool {
			return models.IsKind(err, models.Forbidden) || models.IsKind(err, models.NotFound)
		}
		tries := func(u someone) {
			n += b.seesNothing(u)
			for name, door := range doors {
				n++
				if err := door(b.s, u.User, thing); !isOut(err) {
					b.Errorf("%s goes through %s: %v", u.what, name, err)
				}
			}
		}
		who := append(strangers(), b.outcasts()...)
		before := b.rows()
		for _, u := range who {
			tries(u)
		}
		if after := b.rows(); after != before {
			b.Errorf("before %s\nafter  %s", before, after)
		}
		tries(b.bereft(b.LeipzigApprover))
		for name, door := range doors { // it is there, and open to somebody: else the others were refused for want of it
			if !slices.ContainsFunc([]models.User{b.Auditor, b.Clerk, b.TenantAdmin, b.Approver, b.Agent, b.Lead, b.Admin}, func(u models.User) bool { return !isOut(door(b.s, u, thing)) }) {
				b.Errorf("nobody goes through %s", name)
			}
		}
		Score(t, "S32", "verbs called for nobody, for tenant 0, empty, missing, without roles, with the roles of another side, for accounts that are switched off or forgotten, from a municipality whose row is gone (both databases refuse that as long as it has an account, so past their keys; a municipality cannot be switched off)", n, "0 rows of anybody else")
	})
}

// seesNothing asserts that every list is empty for somebody, but for what is their own municipality's; it tells how many it has asked for.
func (b *behind) seesNothing(u someone) int {
	b.Helper()
	rs, _, err := b.s.Requests(ctx, u.User, models.Filter{})
	fs, _, errForms := b.s.Forms(ctx, u.User, "", "", "", 0)
	ps, _, errPeople := b.s.People(ctx, u.User, models.PeopleFilter{})
	fs = slices.DeleteFunc(fs, func(f models.FormEntry) bool { return u.own && f.AGS == Leipzig })
	ps = slices.DeleteFunc(ps, func(m models.Member) bool { return u.own && m.AGS == Leipzig })
	if len(rs)+len(fs)+len(ps) > 0 {
		b.Errorf("%s sees %d requests, %d forms, %d people (%v, %v, %v)", u.what, len(rs), len(fs), len(ps), err, errForms, errPeople)
	}
	return 3
}
