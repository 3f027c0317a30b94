package models

import (
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"
)

// FactorKind is what a role asks for beside the password.
type FactorKind string

// What a role can ask for.
const (
	AnyFactor     FactorKind = "any"     // a code app or a passkey
	PasskeyFactor FactorKind = "passkey" // a passkey, which cannot be phished
)

// RoleFactor is what one role asks for.
type RoleFactor struct {
	Role Role
	Kind FactorKind
}

// Requirement is what roles ask for, in the order of Roles; a role that is not in it asks for nothing.
type Requirement []RoleFactor

// Of is what a role asks for, "" for nothing.
func (r Requirement) Of(role Role) FactorKind {
	for _, f := range r {
		if f.Role == role {
			return f.Kind
		}
	}
	return ""
}

// String writes it as events have it: agent lead:passkey.
func (r Requirement) String() string {
	words := make([]string, len(r))
	for i, f := range r {
		words[i] = f.word()
	}
	return strings.Join(words, " ")
}

// word is one role of it. Events from before there were kinds have bare roles, which mean any
// factor. What no program of ours has put there is quoted, so that it passes for nothing else.
func (f RoleFactor) word() string {
	role, kind := string(f.Role), ":"+string(f.Kind)
	if !slices.Contains(Roles, f.Role) {
		role = strconv.Quote(role)
	}
	switch f.Kind {
	case "", AnyFactor: // an export from before there were kinds has none
		return role
	case PasskeyFactor:
		return role + kind
	}
	return role + strconv.Quote(kind)
}

// ReadRequirement reads what String has written.
func ReadRequirement(text string) Requirement {
	var r Requirement
	for _, word := range strings.Fields(text) {
		role, kind, said := strings.Cut(word, ":")
		if !said {
			kind = string(AnyFactor)
		}
		r = append(r, RoleFactor{Role(role), FactorKind(kind)})
	}
	return r.sorted()
}

// sorted is in the order in which roles are always named.
func (r Requirement) sorted() Requirement {
	out := slices.Clone(r)
	slices.SortStableFunc(out, func(a, b RoleFactor) int { return slices.Index(Roles, a.Role) - slices.Index(Roles, b.Role) })
	return out
}

// check refuses roles and kinds that there are not, a role that is named twice, and asking for
// passkeys where none can be used. What stands so already may stay, so that the rest can be changed.
func (r Requirement) check(now Requirement, p *RelyingParty) error {
	refused := func(why string) error {
		return &Error{Kind: Invalid, Code: "invalid", Fields: []FieldError{{Field: "roles", Code: why}}}
	}
	for i, f := range r {
		switch {
		case !slices.Contains(Roles, f.Role) || r[:i].Of(f.Role) != "":
			return refused("unknown_role")
		case f.Kind != AnyFactor && f.Kind != PasskeyFactor:
			return refused("unknown_factor")
		case f.Kind == PasskeyFactor && now.Of(f.Role) != PasskeyFactor && !p.Works():
			return refused("passkeys_need_https")
		}
	}
	return nil
}

// requirement reads how it stands.
func requirement(db *gorm.DB) (Requirement, error) {
	var r Requirement
	err := db.Raw(`SELECT role, kind FROM factor_roles`).Scan(&r).Error
	return r.sorted(), err
}
