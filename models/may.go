package models

import "slices"

// May tells whether the table of rights lets somebody do something with what is a municipality's; ""
// stands for what is the provider's own. What needs a municipality's grant is not told here: see Store.Granted.
func (u User) May(r Right, ags string) bool {
	return u.refused(r, ags) == nil && (u.AGS != "" || rights[r].Under == "")
}

// MaySomewhere tells whether somebody holds a right over anything at all, a grant provided.
func (u User) MaySomewhere(r Right) bool { return u.refused(r, u.AGS) == nil }

// refused says why the table does not let somebody do something, grants aside: not their role, or not with this token.
func (u User) refused(r Right, ags string) error {
	held, ok := u.holds(r, ags)
	switch {
	case u.IsClock():
		return nil
	case !ok:
		return forbidden("not_your_role", "action", string(r))
	case u.TokenID == 0 || u.carries(held):
		return nil
	case held == inPerson:
		return forbidden("not_by_token")
	}
	return forbidden("token_scope", "scope", string(held))
}

// holds tells whether one of somebody's roles has a right over what is a municipality's, and the scope that a token needs.
// An account that is switched off holds none, whoever has let it in.
func (u User) holds(r Right, ags string) (Scope, bool) {
	a := rights[r]
	if !u.Active {
		return "", false
	}
	if u.AGS != "" {
		return a.Own.Scope, u.AGS == ags && ags != Installation && agsPattern.MatchString(ags) && u.Has(a.Own.Roles...)
	}
	return a.House.Scope, u.IsProvider() && u.Has(a.House.Roles...)
}

// carries tells whether the token that somebody came with is good for a scope. Every token reads.
func (u User) carries(s Scope) bool {
	return s != inPerson && (s == ScopeRead && len(u.Scopes) > 0 || slices.Contains(u.Scopes, s) || slices.Contains(u.Scopes, ScopeAll))
}

// known refuses what is foreign as missing.
func (u User) known(ags, missing string) error {
	if _, own := u.holds(SeeRequests, ags); !own && !u.IsClock() {
		return notFound(missing)
	}
	return nil
}

// reach refuses what is foreign as missing, and what is one's own but not one's task as forbidden.
func (u User) reach(r Right, ags, missing string) error {
	if err := u.known(ags, missing); err != nil {
		return err
	}
	return u.refused(r, ags)
}

// ScopesFor are the scopes that a token of somebody's can have: those that their roles make anything of.
func (u User) ScopesFor() []Scope {
	of := func(a Allowance) Holders {
		if u.AGS != "" {
			return a.Own
		}
		return a.House
	}
	return slices.DeleteFunc(slices.Clone(Scopes), func(s Scope) bool {
		for _, a := range rights {
			if h := of(a); h.Scope == s && u.Has(h.Roles...) {
				return false
			}
		}
		return true
	})
}
