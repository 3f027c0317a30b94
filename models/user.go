package models

import (
	"slices"
	"time"
)

// Role is what a person may do; the rule table speaks of nothing else.
type Role string

// The roles (product: "People and what they may do").
const (
	Clerk       Role = "clerk"
	Approver    Role = "approver"
	TenantAdmin Role = "tenant_admin"
	Agent       Role = "agent"
	Lead        Role = "lead"
	Admin       Role = "admin"
	Auditor     Role = "auditor"
)

// Roles lists every role, municipality's first.
var Roles = []Role{Clerk, Approver, TenantAdmin, Agent, Lead, Admin, Auditor}

// Side is one of the two parties that approve.
type Side string

// The sides, each with a lane of its own.
const (
	Municipal Side = "municipality"
	Provider  Side = "provider"
)

// Side tells which party a role belongs to.
func (r Role) Side() Side {
	if r == Clerk || r == Approver || r == TenantAdmin {
		return Municipal
	}
	return Provider
}

// User is a person with an account. AGS is empty for the provider's people.
type User struct {
	ID           int64
	AGS          string `gorm:"column:ags"`
	Email        string
	Name         string // the office, for example "Sachbearbeitung Bautzen"
	Locale       string // de or en
	PasswordHash string
	Active       bool
	Demo         bool
	CreatedAt    time.Time
	AddressBy    int64     // who gave the account its address without its owner's word, 0: nobody
	Roles        []Role    `gorm:"-"`
	TokenID      int64     `gorm:"-"` // the API token this call came with, 0 in a session
	Scopes       []Scope   `gorm:"-"` // of that token
	tokenIdle    bool      // its use was written down a while ago
	clock        bool      // time itself: no row says so, and no name
	SessionRef   string    `gorm:"-"` // the public name of the session this call came in, "" outside of one
	ReadAt       time.Time `gorm:"-"` // when it was read that all this is so, by this machine's clock; zero: it is read again before anything is written
	ProofUntil   time.Time `gorm:"-"` // for a step before which people show who they are: until when that counts, by the database's clock; zero: the step needs no proof
}

// userColumns are those of an account, in the order in which it takes them.
const userColumns = `id, ags, email, name, locale, password_hash, active, demo, created_at, address_by`

// takeFrom reads an account's row; its roles stand elsewhere.
func (u *User) takeFrom(x *cells) {
	*u = User{
		ID: x.number(), AGS: x.text(), Email: x.text(), Name: x.text(), Locale: x.text(), PasswordHash: x.text(), Active: x.flag(), Demo: x.flag(),
		CreatedAt: x.instant(), AddressBy: x.number(),
	}
}

// notDemo refuses what would lock others out of an account that many share.
func notDemo(u User) error {
	if u.Demo {
		return conflict("demo_account")
	}
	return nil
}

// clockUser is who acts when time does: it obeys the same table as people.
var clockUser = User{Name: "Formwandel", Locale: "de", clock: true}

// Has tells whether the user holds one of the roles.
func (u User) Has(roles ...Role) bool {
	return slices.ContainsFunc(roles, func(r Role) bool { return slices.Contains(u.Roles, r) })
}

// IsClock tells whether time itself is acting.
func (u User) IsClock() bool { return u.clock }

// IsProvider tells whether the user belongs to the provider.
func (u User) IsProvider() bool { return u.AGS == "" && !u.IsClock() }

// Sees tells whether the user may know of things of a municipality; an account that is switched off knows of none.
func (u User) Sees(ags string) bool {
	if u.IsClock() {
		return true
	}
	if !u.Active {
		return false
	}
	if u.AGS != "" {
		return u.AGS == ags
	}
	return u.Has(Agent, Lead, Admin, Auditor)
}
